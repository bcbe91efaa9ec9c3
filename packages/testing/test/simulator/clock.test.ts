import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { scaledClock, turnableClock } from "../../src/clock.ts";

describe("turnableClock", () => {
  let stop = (): void => {};
  afterEach(() => stop());

  it("stands still until it is turned", async () => {
    const clock = turnableClock(1_000);
    let woken = false;
    void clock.sleep(10).then(() => {
      woken = true;
    });
    await clock.advance(9);
    expect({ woken, now: clock.now(), pending: clock.pending() }).toEqual({
      woken: false,
      now: 1_009,
      pending: 1,
    });
    await clock.advance(1);
    expect({ woken, now: clock.now(), pending: clock.pending() }).toEqual({
      woken: true,
      now: 1_010,
      pending: 0,
    });
  });

  it("wakes sleepers in the order of their times, each at its own time", async () => {
    const clock = turnableClock(0);
    const woken: [string, number][] = [];
    const note = (name: string) => () => void woken.push([name, clock.now()]);
    void clock.sleep(30).then(note("late"));
    void clock.sleep(10).then(note("early"));
    void clock.sleep(10).then(note("early too"));
    await clock.advance(100);
    expect(woken).toEqual([
      ["early", 10],
      ["early too", 10],
      ["late", 30],
    ]);
    expect(clock.now()).toBe(100);
  });

  it("lets work that a sleeper starts sleep again within the same turn", async () => {
    const clock = turnableClock(0);
    const times: number[] = [];
    const poll = (async () => {
      for (let round = 0; round < 3; round += 1) {
        await readFile(fileURLToPath(import.meta.url));
        await clock.sleep(10);
        times.push(clock.now());
      }
    })();
    await clock.advance(30);
    await poll;
    expect(times).toEqual([10, 20, 30]);
  });

  it("forgets a sleeper whose signal aborts", async () => {
    const clock = turnableClock(0);
    const controller = new AbortController();
    const sleep = clock.sleep(10, controller.signal);
    controller.abort(new Error("enough"));
    await expect(sleep).rejects.toThrow("enough");
    expect(clock.pending()).toBe(0);
    await expect(clock.sleep(10, controller.signal)).rejects.toThrow("enough");
  });

  it("autoAdvance jumps from sleeper to sleeper, but not past work that is under way", async () => {
    const clock = turnableClock(0);
    stop = clock.autoAdvance();
    const seen: string[] = [];
    const reader = (async () => {
      for (let round = 0; round < 5; round += 1) await readFile(fileURLToPath(import.meta.url));
      seen.push(`read at ${clock.now()}`);
    })();
    await clock.sleep(3_600_000);
    seen.push(`woken at ${clock.now()}`);
    await reader;
    expect(seen).toEqual(["read at 0", "woken at 3600000"]);
  });

  it("autoAdvance ends when it is stopped", async () => {
    const clock = turnableClock(0);
    const end = clock.autoAdvance();
    await clock.sleep(5);
    end();
    let woken = false;
    void clock.sleep(5).then(() => {
      woken = true;
    });
    for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect({ woken, now: clock.now() }).toEqual({ woken: false, now: 5 });
  });
});

describe("scaledClock", () => {
  it("passes faster by its factor, and never wakes a sleeper early", async () => {
    const driver = turnableClock(1_000);
    const clock = scaledClock(100, driver);
    let woken: number | undefined;
    void clock.sleep(20_000).then(() => {
      woken = clock.now();
    });
    await driver.advance(199);
    expect({ woken, now: clock.now() }).toEqual({ woken: undefined, now: 1_000 + 19_900 });
    await driver.advance(1);
    expect(woken).toBe(21_000);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("refuses the factor %s", (factor) => {
    expect(() => scaledClock(factor)).toThrow(RangeError);
  });

  it("rejects with the signal's reason", async () => {
    const clock = scaledClock(10, turnableClock());
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(clock.sleep(10, signal)).rejects.toThrow("enough");
  });
});
