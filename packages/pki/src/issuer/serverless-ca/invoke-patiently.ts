import { type Clock, HandfastError, isHandfastError } from "@handfast/core";
import type { FunctionAnswer, TlsFunction } from "./port.ts";
import { withinTime } from "./within-time.ts";

/** How long and how often. */
export interface Patience {
  readonly clock: Clock;
  /** Milliseconds until one call without an answer is given up. */
  readonly timeoutMs: number;
  /** How many times it is sent at most, the first included. */
  readonly attempts: number;
  readonly signal: AbortSignal | undefined;
}

const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

/**
 * Invokes the function, and again while Lambda says that it did not run it: too many at once, or not ready. Whatever
 * leaves open whether it ran is never sent again: the CA may have issued already.
 */
export async function invokePatiently(
  target: TlsFunction,
  payload: Uint8Array,
  { clock, timeoutMs, attempts, signal }: Patience,
): Promise<FunctionAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await withinTime(
        clock,
        timeoutMs,
        signal,
        () => tooLate(target, timeoutMs),
        (given) => target.invoke(payload, given),
      );
    } catch (error) {
      if (!isHandfastError(error) || !error.retryable || error.details.outcomeUnknown === true) throw error;
      if (attempt >= attempts) throw error;
      const pause = error.details.retryAfterMs ?? firstPauseMs * 2 ** (attempt - 1);
      await clock.sleep(Math.min(pause, longestPauseMs), signal);
    }
  }
}

function tooLate({ name, region }: TlsFunction, timeoutMs: number): HandfastError {
  return new HandfastError(
    "REMOTE_UNAVAILABLE",
    `invoke function failed [function=${name}, region=${region}]: no answer within ${timeoutMs / 1000} s, and the CA may have issued all the same; look into its table or log, then ask with a new key, or with reissue for this one`,
    { operation: "Invoke", outcomeUnknown: true, facts: { function: name, region } },
  );
}
