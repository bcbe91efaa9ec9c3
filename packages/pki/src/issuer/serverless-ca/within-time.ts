import type { Clock } from "@handfast/core";

/**
 * Calls some work off after so many milliseconds of the clock, or when the caller's signal says so.
 *
 * @param late makes the error for work that took too long
 */
export async function withinTime<R>(
  clock: Clock,
  ms: number,
  signal: AbortSignal | undefined,
  late: () => Error,
  work: (signal: AbortSignal) => Promise<R>,
): Promise<R> {
  const over = new AbortController();
  const done = new AbortController();
  const alarm = clock.sleep(ms, done.signal).then(
    () => over.abort(late()),
    () => undefined,
  );
  const given = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  try {
    return await Promise.race([work(given), alarm.then(() => rejectIfOver(over.signal))]);
  } catch (error) {
    throw over.signal.aborted ? over.signal.reason : error;
  } finally {
    done.abort();
  }
}

/** Never ends unless the time is over: the work decides otherwise. */
function rejectIfOver(over: AbortSignal): Promise<never> {
  return over.aborted ? Promise.reject(over.reason) : new Promise(() => undefined);
}
