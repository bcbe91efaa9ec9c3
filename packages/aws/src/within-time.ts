/** How long a client may wait for a connection, and then for an answer. */
export interface TimeLimits {
  readonly requestHandler: {
    readonly connectionTimeout: number;
    readonly requestTimeout: number;
    /** Without it the SDK only warns, and goes on waiting. */
    readonly throwOnRequestTimeout: true;
  };
}

const longestConnectMs = 10_000;

/** The part of an SDK client's configuration that gives a call up after so many milliseconds. */
export function withinTime(timeoutMs: number): TimeLimits {
  return {
    requestHandler: {
      connectionTimeout: Math.min(longestConnectMs, timeoutMs),
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
    },
  };
}
