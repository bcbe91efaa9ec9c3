import type { Clock } from "../clock.ts";

/** Time in which somebody watched, in milliseconds. A clock that leaps makes nobody watch longer. */
export interface WatchedTime {
  ms(): number;
  /** Sleeps, and counts what was slept. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Counts how long some work took, as far as it is no longer than this. */
  during<T>(mostMs: number, work: () => Promise<T>): Promise<T>;
}

/** Begins at nothing. */
export function watchedTime(clock: Clock): WatchedTime {
  let watched = 0;
  return {
    ms: () => watched,
    sleep: async (ms, signal) => {
      await clock.sleep(ms, signal);
      watched += ms;
    },
    during: async (mostMs, work) => {
      const from = clock.now();
      try {
        return await work();
      } finally {
        watched += Math.min(Math.max(0, clock.now() - from), mostMs);
      }
    },
  };
}
