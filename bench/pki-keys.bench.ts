import { setTimeout as sleep } from "node:timers/promises";
import { generateKey } from "@handfast/pki";
import type { Bench } from "./bench.ts";

const large = (): Promise<unknown> => generateKey({ type: "rsa", bits: 4096 });
const small = (): Promise<unknown> => generateKey({ type: "rsa", bits: 2048 });

async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** The longest time between two turns of a timer that is due each millisecond, while some work is done. */
async function longestHold(work: () => Promise<unknown>): Promise<number> {
  let isDone = false;
  let longest = 0;
  const watch = async (): Promise<void> => {
    let last = performance.now();
    while (!isDone) {
      await sleep(1);
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }
  };
  const watching = watch();
  await work();
  isDone = true;
  await watching;
  return longest;
}

/** Does some work many times, so many at a time. */
async function repeat(work: () => Promise<unknown>, times: number, atATime: number): Promise<void> {
  let left = times;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await work();
    }
  };
  await Promise.all(Array.from({ length: atATime }, worker));
}

export const bench: Bench = {
  name: "pki-keys",
  cases: [
    {
      name: "the loop's longest hold, an RSA-4096 key made",
      unit: "ms",
      against: "the time that such a key takes",
      target: 0.05,
      prepare: async () => ({ ours: () => longestHold(large), against: () => elapsed(large) }),
    },
    {
      name: "24 RSA-2048 keys, two at a time",
      unit: "ms",
      against: "one at a time, on two cores",
      // RSA takes random time, so it needs rounds; and both cores, so it means nothing where others work too: each key
      // takes as much processor time as alone, and two threads get as many cores as are left.
      target: 0.65,
      rounds: 10,
      prepare: async () => ({
        ours: () => elapsed(() => repeat(small, 24, 2)),
        against: () => elapsed(() => repeat(small, 24, 1)),
      }),
    },
  ],
};
