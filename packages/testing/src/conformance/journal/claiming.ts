import { type Claim, isHandfastError, type RunWriter } from "@handfast/core";
import { expect, test } from "vitest";
import type { MakeJournal } from "./journal-under-test.ts";
import { codeOf, prepare, settled } from "./samples.ts";

const meetings: readonly (readonly [string, "refuses" | "allows", Claim, Claim])[] = [
  ["a writer where another writes", "refuses", { writes: ["a"] }, { writes: ["a"] }],
  ["a reader where another writes", "refuses", { writes: ["a"] }, { reads: ["a"] }],
  ["a writer where another reads", "refuses", { reads: ["a"] }, { writes: ["a"] }],
  ["a reader where another reads", "allows", { reads: ["a"] }, { reads: ["a"] }],
  ["one that shares an object among several", "refuses", { writes: ["a", "b"] }, { reads: ["c", "b"] }],
  ["one that writes elsewhere", "allows", { writes: ["a"], reads: ["b"] }, { writes: ["c"], reads: ["b"] }],
  ["one that claims nothing", "allows", { writes: ["a"] }, {}],
  ["one that names an object twice", "allows", { reads: ["a"] }, { writes: ["b", "b"], reads: ["a", "b"] }],
];

/** The writers of all that got in; fails on anything but `JOURNAL_HELD` from the others. */
async function winnersOf(opening: readonly Promise<RunWriter>[]): Promise<readonly RunWriter[]> {
  const outcomes = await Promise.allSettled(opening);
  for (const outcome of outcomes) {
    if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "JOURNAL_HELD" });
  }
  return outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
}

/** What `open` promises of the objects that a run claims. */
export function testClaiming(makeJournal: MakeJournal): void {
  test.each(meetings)("open: %s: %s", async (_, verdict, held, wanted) => {
    const { journal, again } = await prepare(makeJournal);
    await journal.open("one", held);
    for (const instance of [journal, again()]) {
      if (verdict === "refuses") {
        expect(await codeOf(instance.open("two", wanted))).toBe("JOURNAL_HELD");
      } else {
        await (await instance.open("two", wanted)).close();
      }
    }
  });

  test("open names the object that is held, and the run that holds it", async () => {
    const { journal, again } = await prepare(makeJournal);
    await journal.open("one", { writes: ["zone/a", "zone/b"] });
    const thrown: unknown = await again()
      .open("two", { reads: ["zone/b"] })
      .catch((error: unknown) => error);
    expect(isHandfastError(thrown) && thrown.details).toMatchObject({ run: "one", object: "zone/b" });
    expect(String(thrown)).toContain("zone/b");
    expect(String(thrown)).toContain("one");
  });

  test("open takes all that it claims, or nothing and not the run either", async () => {
    const { journal, again } = await prepare(makeJournal);
    await journal.open("one", { writes: ["b"] });
    expect(await codeOf(again().open("two", { writes: ["a", "b"], reads: ["c"] }))).toBe("JOURNAL_HELD");
    await again().open("three", { writes: ["a", "c"] });
    await (await again().open("two")).append(settled("free"));
  });

  test("close frees the objects at once, for other instances too", async () => {
    const { journal, again } = await prepare(makeJournal);
    const first = await journal.open("one", { writes: ["a"], reads: ["b"] });
    await first.append(settled("x"));
    await first.close();
    const second = await again().open("two", { writes: ["a", "b"] });
    await second.close();
    await journal.open("one", { writes: ["a"] });
  });

  test("open lets exactly one of many in that want the same object at once", async () => {
    const { journal, again } = await prepare(makeJournal);
    const others = again();
    const opening = Array.from({ length: 10 }, (_, index) =>
      (index % 2 === 0 ? journal : others).open(`run-${index}`, { writes: ["a"] }),
    );
    const winners = await winnersOf(opening);
    expect(winners).toHaveLength(1);
    await winners[0]?.check();
  });

  test("open never lets two in that meet, in whatever order they name what they want", async () => {
    const { journal, again } = await prepare(makeJournal);
    const others = again();
    const wants = [["a", "b"], ["b", "c"], ["c", "a"], ["b", "a"], ["c", "b"], ["d"], ["a", "c"]];
    const opening = wants.map((writes, index) =>
      (index % 2 === 0 ? journal : others)
        .open(`run-${index}`, { writes })
        .then((writer) => Object.assign(writer, { writes })),
    );
    const winners = await winnersOf(opening);
    const held = winners.flatMap((writer) => ("writes" in writer ? (writer.writes as string[]) : []));
    expect(new Set(held).size).toBe(held.length);
    expect(held).toContain("d");
    expect(winners.length).toBeGreaterThanOrEqual(2);
  });

  test("fence grows with every opening, whoever opens what", async () => {
    const { journal, again } = await prepare(makeJournal);
    const fences: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      const one = await journal.open("one", { writes: ["a"] });
      const two = await again().open(`two-${round}`, { writes: ["b"] });
      fences.push(one.fence, two.fence);
      await one.close();
      await two.close();
    }
    expect(fences.toSorted((a, b) => a - b)).toEqual(fences);
    expect(new Set(fences).size).toBe(fences.length);
  });

  test("open with force puts out all that stand in its way, names them, and leaves others alone", async () => {
    const { journal, again } = await prepare(makeJournal);
    const [one, two, three] = [
      await journal.open("one", { writes: ["a"] }),
      await journal.open("two", { reads: ["b"] }),
      await journal.open("three", { writes: ["c"] }),
    ];
    const breaker = await again().open("breaker", { writes: ["a", "b"], force: true });
    expect(breaker.evicted.toSorted()).toEqual(["one", "two"]);
    expect(breaker.fence).toBeGreaterThan(Math.max(one.fence, two.fence, three.fence));
    await Promise.all([breaker.check(), three.check()]);
    await three.append(settled("goes on"));
    for (const out of [one, two]) expect(await codeOf(out.check())).toBe("JOURNAL_HELD");
  });

  test("open evicts nobody where nobody stands in the way", async () => {
    const { journal, again } = await prepare(makeJournal);
    await journal.open("one", { writes: ["a"] });
    expect((await again().open("two", { writes: ["b"], force: true })).evicted).toEqual([]);
    expect((await again().open("three", { writes: ["c"] })).evicted).toEqual([]);
  });

  test("append of a run that was put out writes nothing, and says JOURNAL_HELD from then on", async () => {
    const { journal, again } = await prepare(makeJournal);
    const one = await journal.open("one", { writes: ["a"] });
    await one.append(settled("before"));
    await again().open("breaker", { writes: ["a"], force: true });
    expect(await codeOf(one.append(settled("late")))).toBe("JOURNAL_HELD");
    expect(await codeOf(one.append(settled("later")))).toBe("JOURNAL_HELD");
    expect(await again().read("one")).toMatchObject([{ step: "before" }]);
    expect(one.lost.aborted).toBe(true);
    expect(one.lost.reason).toMatchObject({ code: "JOURNAL_HELD" });
  });

  test("close of a run that was put out takes nothing from who put it out, and the run can be opened again", async () => {
    const { journal, again } = await prepare(makeJournal);
    const one = await journal.open("one", { writes: ["a"] });
    await one.append(settled("before"));
    const breaker = await again().open("breaker", { writes: ["a"], force: true });
    await one.close();
    await breaker.check();
    expect(await codeOf(journal.open("one", { writes: ["a"] }))).toBe("JOURNAL_HELD");
    expect(await (await journal.open("one")).append(settled("again"))).toMatchObject({ seq: 1 });
  });

  test("open with force takes over a run itself, and who had it can write no more", async () => {
    const { journal, again } = await prepare(makeJournal);
    const before = await journal.open("run");
    await before.append(settled("a"));
    const after = await again().open("run", { force: true });
    expect(await codeOf(before.append(settled("late")))).toBe("JOURNAL_HELD");
    expect(await after.append(settled("b"))).toMatchObject({ seq: 1 });
    expect(await journal.read("run")).toMatchObject([{ step: "a" }, { step: "b" }]);
  });

  test("append that is under way while another takes the run over leaves a run that can be read", async () => {
    const { journal, again } = await prepare(makeJournal);
    const before = await journal.open("run");
    await before.append(settled("a"));
    const late = before.append(settled("late")).catch((error: unknown) => error);
    const after = await again().open("run", { force: true });
    const outcome = await late;
    const entry = await after.append(settled("b"));
    const read = await again().read("run");
    expect(read.at(-1)).toEqual(entry);
    // all that was answered for is there; what was refused may be
    if (!isHandfastError(outcome)) expect(read.map(({ seq }) => seq)).toEqual([0, 1, 2]);
    else expect(outcome.code).toBe("JOURNAL_HELD");
  });

  test("check of a writer that is closed says so", async () => {
    const { journal } = await prepare(makeJournal);
    const writer = await journal.open("run", { writes: ["a"] });
    await writer.check();
    await writer.close();
    expect(await codeOf(writer.check())).toBe("RUN_STATE");
    expect(writer.lost.aborted).toBe(false);
  });
}
