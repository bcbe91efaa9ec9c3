import { expect, test } from "vitest";
import { cloudflareRateLimit } from "../src/rate-limit.ts";
import { jumpingClock } from "./jumping-clock.ts";

const { signal } = new AbortController();

test("cloudflareRateLimit lets a burst through, then keeps below its rate in any five minutes", async () => {
  const clock = jumpingClock();
  const limit = cloudflareRateLimit({ perFiveMinutes: 1100, burst: 100 });
  const times: number[] = [];
  for (let call = 0; call < 3000; call += 1) {
    await limit.take(clock, signal);
    times.push(clock.now());
  }
  expect(times[99]).toBe(times[0]);
  expect(times[100]).toBeGreaterThan(times[0] as number);
  const most = Math.max(
    ...times.map((at, index) => times.slice(index).filter((one) => one < at + 300_000).length),
  );
  expect(most).toBeLessThanOrEqual(1101);
});

test("cloudflareRateLimit stands still while the API says that nothing is left", async () => {
  const clock = jumpingClock();
  const limit = cloudflareRateLimit();
  const start = clock.now();
  limit.note(clock, new Headers({ ratelimit: '"default";r=0;t=42' }));
  await limit.take(clock, signal);
  expect(clock.now() - start).toBeGreaterThanOrEqual(42_000);
  expect(clock.now() - start).toBeLessThan(50_000);
});

test("cloudflareRateLimit slows down when others have used the limit up", async () => {
  const clock = jumpingClock();
  const limit = cloudflareRateLimit();
  const start = clock.now();
  limit.note(clock, new Headers({ ratelimit: '"default";r=2;t=200' }));
  for (let call = 0; call < 2; call += 1) await limit.take(clock, signal);
  expect(clock.now()).toBe(start);
  await limit.take(clock, signal);
  expect(clock.now()).toBeGreaterThan(start);
});

test("cloudflareRateLimit ends its wait when it is aborted", async () => {
  const limit = cloudflareRateLimit({ perFiveMinutes: 2, burst: 1 });
  const never = {
    now: () => 0,
    sleep: (_: number, on?: AbortSignal) =>
      new Promise<void>((_resolve, reject) => on?.addEventListener("abort", () => reject(on.reason))),
  };
  await limit.take(never, signal);
  const controller = new AbortController();
  const waiting = limit.take(never, controller.signal);
  controller.abort(new Error("stopped"));
  await expect(waiting).rejects.toThrow("stopped");
});

test("cloudflareRateLimit refuses numbers that make no rate", () => {
  expect(() => cloudflareRateLimit({ perFiveMinutes: 10, burst: 10 })).toThrow(TypeError);
  expect(() => cloudflareRateLimit({ perFiveMinutes: Number.NaN })).toThrow(TypeError);
});
