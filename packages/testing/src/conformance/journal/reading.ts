import { newRunId } from "@handfast/core";
import { expect, test } from "vitest";
import type { MakeJournal } from "./journal-under-test.ts";
import { codeOf, prepare, settled } from "./samples.ts";

const notIds = ["", ".", "..", "../run", "a/b", "a\\b", "a\0b", "-a", "a".repeat(101), "run.jsonl"];

/** What `read` and `runs` promise. */
export function testReading(makeJournal: MakeJournal): void {
  test("read refuses a run that nobody wrote", async () => {
    const { journal } = await prepare(makeJournal);
    expect(await codeOf(journal.read("run"))).toBe("RUN_UNKNOWN");
  });

  test("read and runs know a run from its first entry on", async () => {
    const { journal } = await prepare(makeJournal);
    const writer = await journal.open("run");
    expect(await codeOf(journal.read("run"))).toBe("RUN_UNKNOWN");
    expect(await journal.runs()).toEqual([]);
    await writer.append(settled("first"));
    expect(await journal.read("run")).toHaveLength(1);
    expect(await journal.runs()).toEqual(["run"]);
  });

  test.each(notIds)("read and open refuse %j for an id", async (run) => {
    const { journal } = await prepare(makeJournal);
    expect(await codeOf(journal.read(run))).toBe("RUN_UNKNOWN");
    expect(await codeOf(journal.open(run))).toBe("RUN_UNKNOWN");
  });

  test("read gives another instance the same entries", async () => {
    const { journal, again } = await prepare(makeJournal);
    const writer = await journal.open("run");
    await writer.append(settled("a"));
    expect(await again().read("run")).toEqual(await journal.read("run"));
    await writer.append(settled("b"));
    expect(await again().read("run")).toHaveLength(2);
  });

  test("read keeps runs apart", async () => {
    const { journal } = await prepare(makeJournal);
    const [one, two] = [await journal.open("one"), await journal.open("two")];
    await Promise.all([one.append(settled("a")), two.append(settled("b")), one.append(settled("c"))]);
    expect(await journal.read("one")).toMatchObject([{ step: "a" }, { step: "c", seq: 1, run: "one" }]);
    expect(await journal.read("two")).toMatchObject([{ step: "b", seq: 0, run: "two" }]);
  });

  test("read sees whole entries only while a writer appends", async () => {
    const { journal, again } = await prepare(makeJournal);
    const reader = again();
    const writer = await journal.open("run");
    await writer.append(settled(0));
    let writing = true;
    const steps = Array.from({ length: 100 }, (_, index) => `${index} ${"x".repeat(500)}`);
    const written = Promise.all(steps.map((step) => writer.append(settled(step)))).finally(() => {
      writing = false;
    });
    let before = 1;
    while (writing) {
      const { length } = await reader.read("run");
      expect(length).toBeGreaterThanOrEqual(before);
      before = length;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    await written;
    expect(await reader.read("run")).toHaveLength(101);
  });

  test("runs lists the oldest first, whatever order they were opened in", async () => {
    const { journal, again, clock } = await prepare(makeJournal);
    const ids: string[] = [];
    for (const wait of [1, 999, 60_000, 86_400_000, 40 * 86_400_000]) {
      await clock.advance(wait);
      ids.push(newRunId(clock));
    }
    for (const run of ids.toReversed()) await (await journal.open(run)).append(settled("a"));
    expect(await journal.runs()).toEqual(ids);
    expect(await again().runs()).toEqual(ids);
  });
}
