import { expect, type TestContext, test } from "vitest";
import type { TurnableClock } from "../../clock.ts";
import type { MakeJournal } from "./journal-under-test.ts";
import { codeOf, leaseMs, type PreparedHost, type PreparedJournal, prepare, settled } from "./samples.ts";

const start = Date.UTC(2026, 0, 1);
const minutes = 60_000;

const clocks: readonly (readonly [string, number])[] = [
  ["clocks that agree", 0],
  ["a clock five minutes ahead", 5 * minutes],
  ["a clock five minutes behind", -5 * minutes],
];

/** Other hosts, or a skipped test. */
async function prepareHosts(
  makeJournal: MakeJournal,
  context: TestContext,
): Promise<PreparedJournal & { readonly hosts: (name: string, startsAt?: number) => PreparedHost }> {
  const made = await prepare(makeJournal);
  const { hosts } = made;
  if (hosts === undefined) return context.skip("no other host can have this journal");
  return { ...made, hosts };
}

/** Turns clocks, a tenth of a lease at a time, until a promise is settled; answers with the time that went by. */
async function turnUntil(settling: Promise<unknown>, turned: readonly TurnableClock[]): Promise<number> {
  let isSettled = false;
  const settle = (): void => {
    isSettled = true;
  };
  settling.then(settle, settle);
  const stepMs = leaseMs / 10;
  for (let passed = 0; passed <= 10 * leaseMs; passed += stepMs) {
    // the first turn lets what needs no time come to its end
    await turnAll(turned, passed === 0 ? 0 : stepMs);
    if (isSettled) return passed;
  }
  return expect.fail("nothing came of it in ten times the lease");
}

async function turnAll(turned: readonly TurnableClock[], ms: number): Promise<void> {
  for (const clock of turned) await clock.advance(ms);
}

/** What `open` promises of holders on other hosts, whose processes can't be looked at. */
export function testSilence(makeJournal: MakeJournal): void {
  test.for(clocks)(
    "open takes over from a host that is dead once it was silent for a lease, with %s",
    async ([, apart], context) => {
      const { hosts } = await prepareHosts(makeJournal, context);
      const [dead, next] = [hosts("dead", start + apart), hosts("next", start)];
      const lost = await dead.journal.open("run", { writes: ["a"] });
      await lost.append(settled("a"));
      await dead.clock.advance(leaseMs * 2);
      const opening = next.journal.open("other", { writes: ["a"] });
      const waited = await turnUntil(opening, [next.clock]);
      expect(waited).toBeGreaterThanOrEqual(leaseMs);
      expect(waited).toBeLessThan(leaseMs * 1.5);
      const writer = await opening;
      expect(writer.evicted).toEqual(["run"]);
      expect(writer.fence).toBeGreaterThan(lost.fence);
      await writer.append(settled("b"));
    },
  );

  test.for(clocks)("open never takes over from a host that lives, with %s", async ([, apart], context) => {
    const { hosts } = await prepareHosts(makeJournal, context);
    const [living, other] = [hosts("living", start + apart), hosts("other", start)];
    const writer = await living.journal.open("run", { writes: ["a"] });
    for (const run of ["run", "one", "two"]) {
      const opening = other.journal.open(run, { reads: ["a"] });
      const code = codeOf(opening);
      expect(await turnUntil(opening, [living.clock, other.clock])).toBeLessThanOrEqual(leaseMs);
      expect(await code).toBe("JOURNAL_HELD");
      await turnAll([living.clock, other.clock], leaseMs);
    }
    await writer.check();
    await writer.append(settled("still"));
    expect(writer.lost.aborted).toBe(false);
  });

  test("open takes nothing from a host that was frozen for half a lease", async (context) => {
    const { hosts } = await prepareHosts(makeJournal, context);
    const [frozen, other] = [hosts("frozen"), hosts("other")];
    const writer = await frozen.journal.open("run", { writes: ["a"] });
    const opening = other.journal.open("other", { writes: ["a"] });
    const code = codeOf(opening);
    await turnAll([other.clock], 0.5 * leaseMs);
    await turnUntil(opening, [frozen.clock, other.clock]);
    expect(await code).toBe("JOURNAL_HELD");
    await writer.append(settled("awake"));
  });

  test("check and append of a host that was frozen, and taken over from, find it out before anything is written", async (context) => {
    const { hosts, journal } = await prepareHosts(makeJournal, context);
    const [frozen, next] = [hosts("frozen"), hosts("next")];
    const [before, also] = [
      await frozen.journal.open("run", { writes: ["a"] }),
      await frozen.journal.open("also", { writes: ["b"] }),
    ];
    for (const writer of [before, also]) await writer.append(settled("a"));
    const opening = Promise.all([
      next.journal.open("run", { writes: ["a"] }),
      next.journal.open("other", { writes: ["b"] }),
    ]);
    await turnUntil(opening, [next.clock]);
    frozen.jump(2 * leaseMs);
    const [after] = await opening;
    expect(await codeOf(before.check())).toBe("JOURNAL_HELD");
    expect(await codeOf(also.append(settled("late")))).toBe("JOURNAL_HELD");
    expect(await codeOf(before.append(settled("late")))).toBe("JOURNAL_HELD");
    expect(await after.append(settled("b"))).toMatchObject({ seq: 1 });
    expect(await journal.read("run")).toMatchObject([{ step: "a" }, { step: "b" }]);
    expect(await journal.read("also")).toHaveLength(1);
  });

  test("open does not take a clock that is put on for silence", async (context) => {
    const { hosts } = await prepareHosts(makeJournal, context);
    const [living, other] = [hosts("living"), hosts("other")];
    const writer = await living.journal.open("run", { writes: ["a"] });
    const opening = other.journal.open("other", { writes: ["a"] });
    const code = codeOf(opening);
    await turnAll([living.clock, other.clock], leaseMs / 5);
    for (const host of [other, living]) {
      host.jump(5 * minutes);
      await turnAll([living.clock, other.clock], leaseMs / 5);
      host.jump(-10 * minutes);
      await turnAll([living.clock, other.clock], leaseMs / 5);
    }
    await turnUntil(opening, [living.clock, other.clock]);
    expect(await code).toBe("JOURNAL_HELD");
    await writer.append(settled("still"));
    expect(writer.lost.aborted).toBe(false);
  });

  test("lost aborts at the next sign of life of a host that was taken over from", async (context) => {
    const { hosts } = await prepareHosts(makeJournal, context);
    const [frozen, next] = [hosts("frozen"), hosts("next")];
    const before = await frozen.journal.open("run", { writes: ["a"] });
    await turnUntil(next.journal.open("other", { writes: ["a"] }), [next.clock]);
    expect(before.lost.aborted).toBe(false);
    await frozen.clock.advance(leaseMs / 2);
    expect(before.lost.aborted).toBe(true);
    expect(before.lost.reason).toMatchObject({ code: "JOURNAL_HELD" });
  });

  test("check of a host that was frozen, and not taken over from, renews its lease", async (context) => {
    const { hosts } = await prepareHosts(makeJournal, context);
    const [frozen, next] = [hosts("frozen"), hosts("next")];
    const writer = await frozen.journal.open("run", { writes: ["a"] });
    const opening = next.journal.open("other", { writes: ["a"] });
    const code = codeOf(opening);
    await turnAll([next.clock], 0.9 * leaseMs);
    frozen.jump(0.9 * leaseMs);
    await writer.check();
    await turnUntil(opening, [next.clock]);
    expect(await code).toBe("JOURNAL_HELD");
    await writer.append(settled("b"));
  });

  test("open lets exactly one of many hosts have what a dead one held", async (context) => {
    const { hosts } = await prepareHosts(makeJournal, context);
    const dead = await hosts("dead").journal.open("run", { writes: ["a"] });
    await dead.append(settled("a"));
    const rivals = ["b", "c", "d", "e"].map((name, index) => hosts(name, start + index * 7 * minutes));
    const opening = rivals.map(({ journal }) => journal.open("run", { writes: ["a"] }));
    const all = Promise.allSettled(opening);
    await turnUntil(
      all,
      rivals.map(({ clock }) => clock),
    );
    const outcomes = await all;
    const winners = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    expect(winners).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "JOURNAL_HELD" });
    }
    expect(await winners[0]?.append(settled("b"))).toMatchObject({ seq: 1 });
  });

  test("open that waits for a silent host can be called off, and has taken nothing", async (context) => {
    const { hosts, journal } = await prepareHosts(makeJournal, context);
    const [dead, next] = [hosts("dead"), hosts("next")];
    await dead.journal.open("run", { writes: ["a"] });
    const calledOff = new AbortController();
    const opening = next.journal.open("other", { writes: ["a", "b"], signal: calledOff.signal });
    const outcome = opening.catch((error: unknown) => error);
    await turnAll([next.clock], leaseMs / 2);
    calledOff.abort("enough");
    expect(await outcome).toBe("enough");
    await journal.open("other", { writes: ["b"] });
  });
}
