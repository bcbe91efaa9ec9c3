import type { Clock } from "@handfast/core";

/** A clock on which every sleep is over at once: the time jumps to its end. */
export function jumpingClock(start = Date.UTC(2026, 0, 1)): Clock & { readonly slept: readonly number[] } {
  let time = start;
  const slept: number[] = [];
  return {
    slept,
    now: () => time,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      slept.push(ms);
      const until = time + ms;
      await Promise.resolve();
      time = Math.max(time, until);
    },
  };
}
