import fc from "fast-check";
import { expect, test } from "vitest";
import { shareOf } from "../../src/governor/quota.ts";
import { type RateQuota, rateGovernor } from "../../src/index.ts";
import { type EventClock, eventClock } from "./event-clock.ts";
import { countingProvider } from "./provider.ts";

const { signal } = new AbortController();

interface Arrival {
  readonly afterMs: number;
  readonly latencyMs: number;
  readonly answered: boolean;
}

const quotas = fc.record({
  calls: fc.oneof(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 1, max: 400 })),
  windowMs: fc.integer({ min: 1, max: 300 }).map((seconds) => seconds * 1000),
});
/** Sparse, dense, and all at once. */
const arrivals = fc.array(
  fc.record({
    afterMs: fc.oneof(
      { weight: 6, arbitrary: fc.constant(0) },
      fc.integer({ min: 0, max: 200 }),
      fc.integer({ min: 0, max: 400_000 }),
    ),
    latencyMs: fc.integer({ min: 0, max: 3_000 }),
    answered: fc.integer({ min: 0, max: 9 }).map((one) => one > 0),
  }),
  { minLength: 1, maxLength: 300, size: "max" },
);

/** All arrivals through one governor and one provider; when each was let go, by order of asking. */
async function simulate(
  clock: EventClock,
  quota: RateQuota,
  coming: readonly Arrival[],
  provider: ReturnType<typeof countingProvider>,
  governor = rateGovernor({ quota }),
) {
  const went: number[] = [];
  const order: number[] = [];
  const call = async (index: number, { latencyMs, answered }: Arrival): Promise<void> => {
    await governor.acquire(1, { clock, signal });
    went[index] = clock.now();
    order.push(index);
    await clock.sleep(latencyMs / 2);
    const answer = provider.answer(clock.now());
    await clock.sleep(latencyMs / 2);
    governor.observe(answered ? answer : "unanswered", { clock });
  };
  const calls: Promise<void>[] = [];
  const all = (async () => {
    for (const [index, arrival] of coming.entries()) {
      if (arrival.afterMs > 0) await clock.sleep(arrival.afterMs);
      calls.push(call(index, arrival));
    }
  })();
  await clock.run();
  await all;
  return { went, order, done: await Promise.all(calls) };
}

function mostWithin(times: readonly number[], windowMs: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  let most = 0;
  for (let from = 0, to = 0; to < sorted.length; to += 1) {
    while ((sorted[to] as number) >= (sorted[from] as number) + windowMs) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

test.each(["headers", "silent"] as const)(
  "rateGovernor lets no more than four fifths of the quota go in any window, serves all, first come first served (%s)",
  async (kind) => {
    await fc.assert(
      fc.asyncProperty(quotas, arrivals, async (quota, coming) => {
        const clock = eventClock();
        const { went, order } = await simulate(clock, quota, coming, countingProvider(quota, kind));
        expect(went).toHaveLength(coming.length);
        expect(order).toEqual(coming.map((_, index) => index));
        expect(mostWithin(went, quota.windowMs)).toBeLessThanOrEqual(shareOf(quota.calls));
        expect(clock.pending()).toBe(0);
      }),
      { numRuns: 150 },
    );
  },
);

test("rateGovernor never meets the block, whatever others had used before it began", async () => {
  const used = fc.integer({ min: 0, max: 1000 });
  await fc.assert(
    fc.asyncProperty(quotas, used, arrivals, async (quota, thousandths, coming) => {
      const clock = eventClock();
      const provider = countingProvider(quota);
      provider.spend(Math.min(quota.calls - 1, Math.floor((quota.calls * thousandths) / 1000)), clock.now());
      const heard = coming.map((arrival) => ({ ...arrival, answered: true }));
      const { went } = await simulate(clock, quota, heard, provider);
      expect(went).toHaveLength(coming.length);
      expect(provider.refused()).toBe(0);
    }),
    { numRuns: 150 },
  );
});

test("rateGovernor: two that do not know of each other share a user's quota by the headers alone", async () => {
  await fc.assert(
    fc.asyncProperty(quotas, arrivals, arrivals, async (given, some, others) => {
      // what is under way with the one is not known to the other, so a quota must have some room
      const quota = { ...given, calls: given.calls + 40 };
      const clock = eventClock();
      const provider = countingProvider(quota);
      const heard = (list: readonly Arrival[]) =>
        list.map((one) => ({ ...one, latencyMs: 20, answered: true }));
      const [one, other] = await Promise.all([
        simulate(clock, quota, heard(some), provider),
        simulate(clock, quota, heard(others), provider),
      ]);
      expect([one.went.length, other.went.length]).toEqual([some.length, others.length]);
      expect(provider.refused()).toBe(0);
    }),
    { numRuns: 100 },
  );
});
