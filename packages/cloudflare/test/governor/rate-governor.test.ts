import { isHandfastError } from "@handfast/core";
import { expect, test } from "vitest";
import { type GovernedAnswer, type RateGovernor, rateGovernor } from "../../src/index.ts";
import { type EventClock, eventClock } from "./event-clock.ts";
import { countingProvider } from "./provider.ts";

const { signal } = new AbortController();
const start = Date.UTC(2026, 0, 1);
const silent: GovernedAnswer = { status: 200, headers: new Headers() };

const told = (left: number, seconds: number, policy = '"default";q=1200;w=300'): GovernedAnswer => ({
  status: 200,
  headers: new Headers({ ratelimit: `"default";r=${left};t=${seconds}`, "ratelimit-policy": policy }),
});
const blocked = (retryAfter?: string): GovernedAnswer => ({
  status: 429,
  headers: new Headers(retryAfter === undefined ? {} : { "retry-after": retryAfter }),
});

/** So many calls, each answered at once; when they went, in seconds from now. */
async function send(
  clock: EventClock,
  governor: RateGovernor,
  count: number,
  answer: (now: number) => GovernedAnswer = () => silent,
): Promise<number[]> {
  const from = clock.now();
  const went: number[] = [];
  const calls = Array.from({ length: count }, async () => {
    await governor.acquire(1, { clock, signal });
    went.push((clock.now() - from) / 1000);
    governor.observe(answer(clock.now()), { clock });
  });
  await clock.run();
  await Promise.all(calls);
  return went;
}

/** One call that went and was answered. */
async function learn(clock: EventClock, governor: RateGovernor, answer: GovernedAnswer): Promise<void> {
  await governor.acquire(1, { clock, signal });
  governor.observe(answer, { clock });
}

test("rateGovernor lets sixty calls go at once and paces the rest, with no long stall between two", async () => {
  for (const answers of ["headers", "silent"] as const) {
    const provider = countingProvider({ calls: 1200, windowMs: 300_000 }, answers);
    const went = await send(eventClock(), rateGovernor(), 2000, provider.answer);
    expect(went.filter((at) => at === 0)).toHaveLength(60);
    const gaps = went.slice(60).map((at, index) => at - (went[index + 59] as number));
    expect(Math.max(...gaps)).toBeLessThan(1.5);
    expect(provider.refused()).toBe(0);
  }
});

test.each<[string, number]>([
  ["garbage", 60],
  ['"default";r=minus;t=30', 60],
  ['"default";r=3;t=100000', 60],
  ['"default";r=11;t=60', 8],
  ['"default";r=0;t=60', 0],
])("rateGovernor that was told %s lets %i calls go at once", async (text, count) => {
  const clock = eventClock();
  const governor = rateGovernor();
  const headers = new Headers({ ratelimit: text });
  await learn(clock, governor, { status: 200, headers });
  // the pace fills up what the first call took
  await clock.run(start + 1_000);
  const went = await send(clock, governor, 100);
  expect(went.filter((at) => at === 0)).toHaveLength(count);
});

test("rateGovernor sees what others spend, and waits for the new window once four fifths of the rest are used", async () => {
  const clock = eventClock();
  const provider = countingProvider({ calls: 1200, windowMs: 300_000 });
  const governor = rateGovernor();
  await send(clock, governor, 1, provider.answer);
  provider.spend(1150, clock.now());
  await clock.run(start + 11_000);
  const went = await send(clock, governor, 60, provider.answer);
  // 49 are left, and one was ours: 40 of these 50 are our share
  expect(went.filter((at) => at < 289)).toHaveLength(39);
  expect(went.filter((at) => at >= 289 && at < 291)).toHaveLength(21);
  expect(provider.refused()).toBe(0);
});

test("rateGovernor is not told by an answer that was overtaken that more is left", async () => {
  const clock = eventClock();
  const governor = rateGovernor();
  await learn(clock, governor, told(100, 300));
  await Promise.all([1, 2].map(() => governor.acquire(1, { clock, signal })));
  governor.observe(told(3, 300), { clock });
  governor.observe(told(50, 300), { clock });
  const went = await send(clock, governor, 5, () => "unanswered");
  // three are left, and three were ours: four of these six are our share
  expect(went.filter((at) => at < 300)).toHaveLength(1);
});

test("rateGovernor makes what little others leave last until the window is new, once nothing may go at once", async () => {
  const clock = eventClock();
  const governor = rateGovernor({ quota: { calls: 10, windowMs: 100_000 } });
  await send(clock, governor, 1, () => told(5, 100, '"default";q=10;w=100'));
  const went = await send(clock, governor, 3, () => "unanswered");
  const gaps = went.slice(1).map((at, index) => at - (went[index] as number));
  for (const gap of gaps) expect(gap).toBeGreaterThan(20);
});

test("rateGovernor goes faster where the API tells of a larger quota, and not for a policy of seconds alone", async () => {
  const large = eventClock();
  const raised = rateGovernor();
  await send(large, raised, 1, () => told(12_000, 300, '"default";q=12000;w=300'));
  expect((await send(large, raised, 1000)).at(-1)).toBeLessThan(60);
  const small = eventClock();
  const governor = rateGovernor();
  const headers = new Headers({ "ratelimit-policy": '"ip";q=200;w=1' });
  await send(small, governor, 1, () => ({ status: 200, headers }));
  expect((await send(small, governor, 1000)).at(-1)).toBeGreaterThan(250);
});

test.each<[string | undefined, number]>([
  ["42", 42],
  ["0", 1],
  ["Thu, 01 Jan 2026 00:01:00 GMT", 60],
  [undefined, 300],
  ["soon", 300],
])(
  "rateGovernor lets nobody call after a 429 with retry-after %s for %i s, then one by one",
  async (text, seconds) => {
    const clock = eventClock();
    const governor = rateGovernor();
    await learn(clock, governor, blocked(text));
    const went = await send(clock, governor, 3);
    expect(went[0]).toBe(seconds);
    expect(went[1]).toBeGreaterThan(seconds + 0.3);
    expect(governor.spent()).toMatchObject({ calls: 4, refused: 1, waiting: 0 });
  },
);

test("rateGovernor holds callers back who were in line before the 429 came", async () => {
  const clock = eventClock();
  const governor = rateGovernor();
  let first = true;
  const went = await send(clock, governor, 200, () => {
    const answer = first ? blocked("300") : silent;
    first = false;
    return answer;
  });
  expect(went[0]).toBe(0);
  expect(went[1]).toBe(300);
});

test("rateGovernor believes the longest of several blocks", async () => {
  const clock = eventClock();
  const governor = rateGovernor();
  await learn(clock, governor, silent);
  await Promise.all([1, 2, 3].map(() => governor.acquire(1, { clock, signal })));
  for (const seconds of ["10", "200", "20"]) governor.observe(blocked(seconds), { clock });
  expect((await send(clock, governor, 1))[0]).toBe(200);
});

test("rateGovernor tells the impatient at once which credential is blocked and until when, also who waits already", async () => {
  const clock = eventClock();
  const governor = rateGovernor({ name: "ci token" });
  await governor.acquire(1, { clock, signal });
  const patient = governor.acquire(1, { clock, signal });
  const waiting = governor.acquire(1, { clock, signal, patienceMs: 5_000 }).catch((error: unknown) => error);
  governor.observe(blocked("300"), { clock });
  const coming = governor.acquire(1, { clock, signal, patienceMs: 5_000 }).catch((error: unknown) => error);
  for (const error of await Promise.all([waiting, coming])) {
    expect(isHandfastError(error)).toBe(true);
    expect(error).toMatchObject({
      code: "REMOTE_RATE_LIMITED",
      message: expect.stringMatching(/\[credential=ci token\].*until 2026-01-01T00:05:00.000Z/),
      details: {
        retryAfterMs: 300_000,
        facts: { credential: "ci token", blockedUntil: "2026-01-01T00:05:00.000Z" },
      },
    });
  }
  expect(clock.now()).toBe(start);
  expect(governor.spent()).toEqual({
    calls: 1,
    refused: 1,
    waiting: 1,
    blockedUntil: "2026-01-01T00:05:00.000Z",
  });
  await clock.run();
  await patient;
  expect(clock.now()).toBe(start + 300_000);
});

test("rateGovernor ends the wait of who is aborted, serves the others in order, and leaves no timer", async () => {
  const clock = eventClock();
  const governor = rateGovernor({ quota: { calls: 2, windowMs: 10_000 } });
  await learn(clock, governor, silent);
  const controllers = [0, 1, 2, 3].map(() => new AbortController());
  const order: string[] = [];
  const waiting = controllers.map((controller, index) =>
    governor.acquire(1, { clock, signal: controller.signal }).then(
      () => {
        order.push(`${index} went`);
        governor.observe(silent, { clock });
      },
      (reason: Error) => order.push(`${index} ${reason.message}`),
    ),
  );
  expect(clock.pending()).toBe(1);
  controllers[2]?.abort(new Error("stopped"));
  controllers[0]?.abort(new Error("stopped"));
  await clock.run();
  await Promise.all(waiting);
  expect(order).toEqual(["2 stopped", "0 stopped", "1 went", "3 went"]);
  const last = new AbortController();
  const one = governor.acquire(1, { clock, signal: last.signal });
  last.abort(new Error("stopped"));
  await expect(one).rejects.toThrow("stopped");
  await new Promise((resolve) => setImmediate(resolve));
  expect(clock.pending()).toBe(0);
  await expect(governor.acquire(1, { clock, signal: AbortSignal.abort(new Error("late")) })).rejects.toThrow(
    "late",
  );
});

test("rateGovernor goes on when the machine's clock is set back an hour", async () => {
  const clock = eventClock();
  const governor = rateGovernor();
  await send(clock, governor, 60);
  const shifted: EventClock = { ...clock, now: () => clock.now() - 3_600_000 };
  const went: number[] = [];
  const calls = [1, 2, 3].map(async () => {
    await governor.acquire(1, { clock: shifted, signal });
    went.push(clock.now() - start);
    governor.observe(silent, { clock: shifted });
  });
  await clock.run();
  await Promise.all(calls);
  expect(went.at(-1)).toBeLessThan(3_000);
});

test("rateGovernor lets several calls of one caller go together, and lets those after pay for it", async () => {
  const clock = eventClock();
  const governor = rateGovernor({ quota: { calls: 100, windowMs: 100_000 } });
  await learn(clock, governor, silent);
  await clock.run(start + 100_000);
  await governor.acquire(20, { clock, signal });
  for (let call = 0; call < 20; call += 1) governor.observe(silent, { clock });
  expect(clock.now()).toBe(start + 100_000);
  expect((await send(clock, governor, 1))[0]).toBeGreaterThan(10);
  expect(governor.spent().calls).toBe(22);
});

test("rateGovernor hands an error of a clock to who waits by it, and goes on", async () => {
  const clock = eventClock();
  const governor = rateGovernor({ quota: { calls: 1, windowMs: 10_000 } });
  await learn(clock, governor, silent);
  const broken = { now: () => clock.now(), sleep: () => Promise.reject(new Error("no clock")) };
  await expect(governor.acquire(1, { clock: broken, signal })).rejects.toThrow("no clock");
  expect(await send(clock, governor, 1)).toEqual([10]);
});

test("rateGovernor refuses what makes no rate", async () => {
  const clock = eventClock();
  for (const quota of [
    { calls: 0, windowMs: 1 },
    { calls: 1, windowMs: 0 },
    { calls: Number.NaN, windowMs: 1 },
    { calls: 1, windowMs: Number.POSITIVE_INFINITY },
  ]) {
    expect(() => rateGovernor({ quota })).toThrow(TypeError);
  }
  for (const calls of [0, -1, 1.5, Number.NaN])
    await expect(rateGovernor().acquire(calls, { clock, signal })).rejects.toThrow(TypeError);
});
