import { expect, test, vi } from "vitest";
import { HandfastError } from "../../src/errors.ts";
import { takeLease } from "../../src/journal/lease.ts";
import type { Register } from "../../src/journal/register.ts";
import { type HandClock, handClock, processesOf, rest, testRegister } from "./host.ts";
import { codeOf } from "./run-folder.ts";

const leaseMs = 30_000;
let marks = 0;

function siteOn(register: Register, clock: HandClock, host = "here", runs = true) {
  const mark = (): string => {
    marks += 1;
    return `owner-${marks}`;
  };
  return { register, clock, processes: processesOf(host, runs), mark, leaseMs };
}

/** A register of which one swap is answered as a test says: it is done, and then this happens. */
function answering(register: Register, answer: () => Promise<string | undefined>, nth = 1): Register {
  let swaps = 0;
  return {
    ...register,
    swap: async (version, text) => {
      swaps += 1;
      const written = await register.swap(version, text);
      return swaps === nth ? answer() : written;
    },
  };
}

/** Where a call waits while the gate is shut. */
function makeGate() {
  let isOpen: Promise<void> | undefined;
  let open = (): void => undefined;
  return {
    pass: async () => isOpen,
    open: () => open(),
    shut: () => {
      isOpen = new Promise((resolve) => {
        open = resolve;
      });
    },
  };
}

const unknown = () => Promise.reject(new HandfastError("JOURNAL_UNWRITABLE", "no answer"));

test("takeLease knows what it took by a swap that it was told was not done", async () => {
  const { register, held } = testRegister();
  const clock = handClock();
  const lease = await takeLease(
    siteOn(
      answering(register, async () => undefined),
      clock,
    ),
    "run",
    {},
  );
  await lease.check("write");
  expect(held()).toHaveLength(1);
  await lease.release();
  expect(held()).toEqual([]);
});

test("takeLease is in nobody's way here after a swap of which nothing is known, and elsewhere after a lease", async () => {
  const { register, held } = testRegister();
  const clock = handClock();
  expect(await codeOf(takeLease(siteOn(answering(register, unknown), clock), "run", {}))).toBe(
    "JOURNAL_UNWRITABLE",
  );
  expect(held()).toHaveLength(1);
  const lease = await takeLease(siteOn(register, clock), "run", {});
  expect(lease.evicted).toEqual([]);
  await lease.release();
});

test("takeLease takes over at once from a process of this host that is dead", async () => {
  const { register } = testRegister();
  const clock = handClock();
  const lease = await takeLease(siteOn(register, clock), "run", { writes: ["a"] });
  expect(await codeOf(takeLease(siteOn(register, clock), "other", { writes: ["a"] }))).toBe("JOURNAL_HELD");
  const next = await takeLease(siteOn(register, clock, "here", false), "other", { writes: ["a"] });
  expect(next.evicted).toEqual(["run"]);
  expect(await codeOf(lease.check("write"))).toBe("JOURNAL_HELD");
  await Promise.all([lease.release(), next.release()]);
});

test("takeLease waits as long as the longest of several rivals asks for", async () => {
  const { register } = testRegister();
  const [dead, clock] = [handClock(), handClock()];
  await takeLease({ ...siteOn(register, dead, "dead"), leaseMs: 2_000 }, "short", { writes: ["a"] });
  await takeLease({ ...siteOn(register, dead, "dead"), leaseMs: 60_000 }, "long", { writes: ["b"] });
  const taking = takeLease(siteOn(register, clock), "run", { writes: ["a", "b"] });
  await clock.advance(59_000);
  expect(clock.pending()).toBe(1);
  await clock.advance(12_000);
  expect((await taking).evicted).toEqual(["short", "long"]);
});

test("takeLease gives up, and leaves nothing behind, where others are always first", async () => {
  const { register, held } = testRegister();
  const clock = handClock();
  const busy: Register = { ...register, swap: async () => undefined };
  expect(await codeOf(takeLease(siteOn(busy, clock), "run", {}))).toBe("JOURNAL_HELD");
  expect(held()).toEqual([]);
  expect(clock.pending()).toBe(0);
});

test("check asks for the version alone while nothing changes, and reads when something did", async () => {
  const { register, calls } = testRegister();
  const clock = handClock();
  const lease = await takeLease(siteOn(register, clock), "run", {});
  calls.length = 0;
  await lease.check("write");
  await lease.check("write");
  expect(calls).toEqual(["version", "version"]);
  const other = await takeLease(siteOn(register, clock), "other", {});
  calls.length = 0;
  await lease.check("write");
  expect(calls).toEqual(["version", "read"]);
  await Promise.all([lease.release(), other.release()]);
});

test("check renews a lease that was not renewed for two thirds of its time, or whose clock was put back", async () => {
  for (const jump of [(leaseMs * 2) / 3, -60_000]) {
    const { register, held } = testRegister();
    const clock = handClock();
    const lease = await takeLease(siteOn(register, clock), "run", {});
    clock.jump(jump);
    await lease.check("write");
    expect(held()).toMatchObject([{ beat: 1, at: clock.now() }]);
    await lease.release();
  }
});

test("check says so when a sign of life can't be written, and holds on", async () => {
  const { register } = testRegister();
  const clock = handClock();
  const lease = await takeLease(siteOn(answering(register, unknown, 2), clock), "run", {});
  clock.jump(leaseMs);
  expect(await codeOf(lease.check("write"))).toBe("JOURNAL_UNWRITABLE");
  expect(lease.lost.aborted).toBe(false);
  await lease.check("write");
  await lease.release();
});

test("a sign of life that fails is given again soon, and the lease is lost only when none arrives in time", async () => {
  const { register, held } = testRegister();
  const clock = handClock();
  let isDown = false;
  const shaky: Register = { ...register, read: async () => (isDown ? unknown() : register.read()) as never };
  const lease = await takeLease(siteOn(shaky, clock), "run", {});
  isDown = true;
  await clock.advance(leaseMs / 2);
  expect(lease.lost.aborted).toBe(false);
  isDown = false;
  await clock.advance(leaseMs / 6);
  expect(held()).toMatchObject([{ at: expect.any(Number) }]);
  isDown = true;
  await clock.advance(leaseMs);
  expect(lease.lost.aborted).toBe(true);
  expect(lease.lost.reason).toMatchObject({ code: "JOURNAL_HELD" });
  expect(clock.pending()).toBe(0);
  isDown = false;
  await lease.release();
  expect(held()).toEqual([]);
});

test("a sign of life that is under way while the lease is taken by force does not bring it back", async () => {
  const { register, held } = testRegister();
  const clock = handClock();
  const gate = makeGate();
  const slow: Register = {
    ...register,
    swap: async (version, text) => {
      await gate.pass();
      return register.swap(version, text);
    },
  };
  const lease = await takeLease(siteOn(slow, clock), "run", { writes: ["a"] });
  gate.shut();
  await clock.advance(leaseMs / 3);
  const breaker = await takeLease(siteOn(register, clock), "breaker", { writes: ["a"], force: true });
  gate.open();
  await rest();
  expect(held().map(({ run }) => run)).toEqual(["breaker"]);
  expect(lease.lost.aborted).toBe(true);
  await lease.release();
  await breaker.check("write");
  await breaker.release();
});

test("release waits for the sign of life that is under way, and nothing is held or sleeps after it", async () => {
  const { register, held } = testRegister();
  const clock = handClock();
  const gate = makeGate();
  const slow: Register = {
    ...register,
    read: async () => {
      await gate.pass();
      return register.read();
    },
  };
  const lease = await takeLease(siteOn(slow, clock), "run", {});
  gate.shut();
  await clock.advance(leaseMs / 3);
  const released = lease.release();
  gate.open();
  await released;
  await lease.release();
  expect(held()).toEqual([]);
  expect(clock.pending()).toBe(0);
  expect(lease.lost.aborted).toBe(false);
});

test("release ends where nothing can be written, and the run is free in this process", async () => {
  const { register } = testRegister();
  const clock = handClock();
  let isDown = false;
  const shaky: Register = { ...register, read: async () => (isDown ? unknown() : register.read()) as never };
  const lease = await takeLease(siteOn(shaky, clock), "run", { writes: ["a"] });
  isDown = true;
  await lease.release();
  const next = await takeLease(siteOn(register, clock), "other", { writes: ["a"] });
  expect(next.evicted).toEqual([]);
  await next.release();
});

test("lost aborts when the leases are damaged, because they say nothing of who holds what", async () => {
  const { register, put } = testRegister();
  const clock = handClock();
  const lease = await takeLease(siteOn(register, clock), "run", {});
  put("{}");
  const onLost = vi.fn();
  lease.lost.addEventListener("abort", onLost);
  await clock.advance(leaseMs / 3);
  expect(onLost).toHaveBeenCalledTimes(1);
  expect(await codeOf(lease.check("write"))).toBe("JOURNAL_HELD");
  await lease.release();
});

test.each([
  ["is empty", "", "does not say who holds what"],
  ["is not JSON", "{", "does not say who holds what"],
  ["is another thing", '{"format":1}', "does not say who holds what"],
  ["has a newer format", '{"format":2,"fence":0,"held":[]}', "format 2"],
])("takeLease says JOURNAL_CORRUPT for a table that %s, and names it", async (_, text, reason) => {
  const { register, put } = testRegister();
  put(text);
  const taking = takeLease(siteOn(register, handClock()), "run", { force: true });
  await expect(taking).rejects.toMatchObject({
    code: "JOURNAL_CORRUPT",
    details: { file: "a test" },
    message: expect.stringContaining(reason),
  });
});
