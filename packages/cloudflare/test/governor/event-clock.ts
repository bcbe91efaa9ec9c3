import type { Clock } from "@handfast/core";

/** A clock that jumps from sleeper to sleeper: what takes hours on it takes no more than the work between. */
export interface EventClock extends Clock {
  /** How many sleep. */
  pending(): number;
  /** While it is above zero, something goes on that takes no time here. */
  busy: number;
  /** Jumps until nobody sleeps, or `until` was reached. */
  run(until?: number): Promise<void>;
}

export function eventClock(start: number = Date.UTC(2026, 0, 1)): EventClock {
  let time = start;
  const sleepers = new Set<{ readonly due: number; readonly wake: () => void }>();
  const clock: EventClock = {
    busy: 0,
    now: () => time,
    pending: () => sleepers.size,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const stop = (): void => {
          sleepers.delete(sleeper);
          reject(signal?.reason);
        };
        const sleeper = {
          due: time + Math.max(0, ms),
          wake: () => {
            signal?.removeEventListener("abort", stop);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", stop, { once: true });
      }),
    run: async (until = Number.POSITIVE_INFINITY) => {
      for (;;) {
        do await new Promise((resolve) => setImmediate(resolve));
        while (clock.busy > 0);
        const due = Math.min(...[...sleepers].map((sleeper) => sleeper.due));
        if (due > until || due === Number.POSITIVE_INFINITY) break;
        time = Math.max(time, due);
        for (const sleeper of [...sleepers].filter((one) => one.due <= time)) {
          sleepers.delete(sleeper);
          sleeper.wake();
        }
      }
      if (until !== Number.POSITIVE_INFINITY) time = Math.max(time, until);
    },
  };
  return clock;
}
