import { type Clock, isHandfastError } from "@handfast/core";

/** How often and how fast to try again. */
export interface RetryLimits {
  /** How many times at most, the first try counted. */
  readonly tries: number;
  /** Milliseconds between two tries. */
  readonly everyMs: number;
}

/** What a retry waits on. */
export interface RetryContext {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Tries again while the provider answers with one of these codes of its own, and rethrows the last error when the
 * tries are used up. For what the SDK does not retry by itself (a conflict that passes, a name that is not visible yet).
 */
export async function retryOn<R>(
  codes: readonly string[],
  { tries, everyMs }: RetryLimits,
  { clock, signal }: RetryContext,
  work: () => Promise<R>,
): Promise<R> {
  for (let left = tries - 1; ; left -= 1) {
    try {
      return await work();
    } catch (error) {
      if (left <= 0 || !codes.includes(providerCode(error) ?? "")) throw error;
      await clock.sleep(everyMs, signal);
    }
  }
}

/** The provider's own code of a translated error. */
export function providerCode(error: unknown): string | undefined {
  return isHandfastError(error) ? error.details.provider?.code : undefined;
}
