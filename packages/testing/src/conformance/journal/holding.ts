import { isHandfastError } from "@handfast/core";
import { expect, test } from "vitest";
import type { MakeJournal } from "./journal-under-test.ts";
import { codeOf, prepare, settled } from "./samples.ts";

/** What `open` and `close` promise. */
export function testHolding(makeJournal: MakeJournal): void {
  test("open refuses a run that is open, here and in another instance, and the holder goes on", async () => {
    const { journal, again } = await prepare(makeJournal);
    const writer = await journal.open("run");
    expect(await codeOf(journal.open("run"))).toBe("JOURNAL_HELD");
    expect(await codeOf(again().open("run"))).toBe("JOURNAL_HELD");
    await writer.append(settled("a"));
    expect(await codeOf(again().open("run"))).toBe("JOURNAL_HELD");
    expect(await journal.read("run")).toHaveLength(1);
  });

  test("open says who holds the run and since when", async () => {
    const { journal, clock } = await prepare(makeJournal);
    await journal.open("run");
    await clock.advance(60_000);
    const thrown: unknown = await journal.open("run").catch((error: unknown) => error);
    expect(isHandfastError(thrown)).toBe(true);
    expect(thrown).toMatchObject({ who: "operator", details: { run: "run" } });
    expect(String(thrown)).toContain("2026-01-01T00:00:00.000Z");
    expect(String(thrown)).toContain(String(process.pid));
  });

  test("open holds one run and no other", async () => {
    const { journal } = await prepare(makeJournal);
    await journal.open("run");
    await (await journal.open("other")).append(settled("a"));
    expect(await journal.runs()).toEqual(["other"]);
  });

  test("open lets exactly one of many in at once", async () => {
    const { journal, again } = await prepare(makeJournal);
    const others = again();
    const tried = await Promise.allSettled(
      Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? journal : others).open("run")),
    );
    expect(tried.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const outcome of tried) {
      if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "JOURNAL_HELD" });
    }
  });

  test("close lets the run go, and the next writer goes on with the numbers", async () => {
    const { journal, again } = await prepare(makeJournal);
    const first = await journal.open("run");
    await first.append(settled("a"));
    await first.append(settled("b"));
    await first.close();
    const second = await again().open("run");
    expect(await second.append(settled("c"))).toMatchObject({ seq: 2 });
    await second.close();
    const third = await journal.open("run");
    expect(await third.append(settled("d"))).toMatchObject({ seq: 3 });
    expect((await journal.read("run")).map(({ seq }) => seq)).toEqual([0, 1, 2, 3]);
  });

  test("close ends a writer for good, and can be called again without harm to the next one", async () => {
    const { journal, again } = await prepare(makeJournal);
    const first = await journal.open("run");
    await first.append(settled("a"));
    await first.close();
    const second = await again().open("run");
    await first.close();
    expect(await codeOf(first.append(settled("late")))).toBe("RUN_STATE");
    expect(await codeOf(journal.open("run"))).toBe("JOURNAL_HELD");
    await second.append(settled("b"));
    expect(await journal.read("run")).toMatchObject([{ step: "a" }, { step: "b" }]);
  });

  test("close lets go of a run that nothing was written to", async () => {
    const { journal } = await prepare(makeJournal);
    await (await journal.open("run")).close();
    const writer = await journal.open("run");
    expect(await writer.append(settled("a"))).toMatchObject({ seq: 0 });
  });

  test("close waits for what is being written", async () => {
    const { journal, again } = await prepare(makeJournal);
    const writer = await journal.open("run");
    const written = Promise.all([1, 2, 3].map((step) => writer.append(settled(step))));
    await writer.close();
    expect(await again().read("run")).toHaveLength(3);
    await written;
  });

  test("await using closes the writer", async () => {
    const { journal } = await prepare(makeJournal);
    const writer = await journal.open("run");
    await writer[Symbol.asyncDispose]();
    expect(await codeOf(writer.append(settled("late")))).toBe("RUN_STATE");
    await (await journal.open("run")).close();
  });
}
