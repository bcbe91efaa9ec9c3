import fc from "fast-check";
import { expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { isRunId, newRunId } from "../../src/journal/run-id.ts";

test("newRunId names the time to the millisecond and ends in random digits", () => {
  const clock = { ...systemClock, now: () => Date.UTC(2026, 10, 20, 23, 15, 0, 7) };
  expect(newRunId(clock, () => Uint8Array.from([0x8f, 0x3a, 0x2c]))).toBe("20261120T231500007Z-8f3a2c");
});

test("newRunId differs at each call and is an id", () => {
  const made = Array.from({ length: 100 }, () => newRunId());
  expect(new Set(made).size).toBe(100);
  expect(made.every(isRunId)).toBe(true);
});

test("newRunId sorts by time", () => {
  const time = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) });
  fc.assert(
    fc.property(time, time, (one, two) => {
      const [a = "", b = ""] = [one, two].map((now) => newRunId({ ...systemClock, now: () => now }));
      if (one !== two) expect(a < b).toBe(one < two);
    }),
  );
});
