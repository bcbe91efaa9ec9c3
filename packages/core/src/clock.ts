/** Time, as handfast sees it. Everything that waits or dates takes one, so that a test can turn it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when that aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A timer of 2^31 ms or more ends at once, so a longer sleep is cut into slices. */
const longestTimerMs = 2 ** 30;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    for (let left = ms; left > longestTimerMs; left -= longestTimerMs) await pause(longestTimerMs, signal);
    await pause(ms % longestTimerMs, signal);
  },
};

/**
 * What comes of some work within so many milliseconds; undefined when nothing did. The work goes on all the same: whoever
 * can call it off does so.
 */
export async function inTime<T>(
  clock: Clock,
  ms: number,
  work: Promise<T>,
): Promise<{ readonly value: T } | undefined> {
  const answered = new AbortController();
  const late = clock.sleep(ms, answered.signal).then(
    () => undefined,
    () => undefined,
  );
  try {
    return await Promise.race([work.then((value) => ({ value })), late]);
  } finally {
    answered.abort();
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
