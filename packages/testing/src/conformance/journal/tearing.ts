import { expect, test } from "vitest";
import type { JournalUnderTest, MakeJournal, StoredRuns } from "./journal-under-test.ts";
import { codeOf, everyKind, prepare, settled } from "./samples.ts";

const lineFeed = 0x0a;

/** Writes a run and gives its bytes, and how many of them lie before the last line. */
async function writeRun(
  { journal }: JournalUnderTest,
  stored: StoredRuns,
): Promise<{ readonly bytes: Uint8Array; readonly lastLine: number }> {
  const writer = await journal.open("run");
  for (const entry of everyKind) await writer.append(entry);
  await writer.append(settled("last"));
  await writer.close();
  const bytes = await stored.read("run");
  return { bytes, lastLine: bytes.lastIndexOf(lineFeed, -2) + 1 };
}

type Damage = (line: string) => string | Uint8Array;
const damages: readonly (readonly [string, Damage])[] = [
  ["is not JSON", (line) => line.replace("{", "<")],
  ["is empty", () => ""],
  ["is not UTF-8", (line) => Buffer.concat([Buffer.from(line), Buffer.from([0xff])])],
  ["holds zero bytes", (line) => Buffer.alloc(line.length)],
  ["is no entry", () => "{}"],
  ["has another number", (line) => line.replace('"seq":3', '"seq":4')],
  ["belongs to another run", (line) => line.replace('"run":"run"', '"run":"other"')],
  ["is chained to another", (line) => line.replace(/"prev":"[^"]*"/, `"prev":"${"0".repeat(64)}"`)],
  ["has a newer format", (line) => line.replace('"format":1', '"format":2')],
];

/** What a store promises that a crash can tear. */
export function testTearing(makeJournal: MakeJournal): void {
  test("read and open stop before a last line that is torn, at whichever byte", async (context) => {
    const made = await prepare(makeJournal);
    const { journal, again, stored } = made;
    if (stored === undefined || stored.isAtomic) return context.skip("a crash tears nothing here");
    const { bytes, lastLine } = await writeRun(made, stored);
    for (let cut = lastLine; cut < bytes.byteLength; cut += 1) {
      await stored.write("run", bytes.subarray(0, cut));
      expect(await journal.read("run")).toHaveLength(everyKind.length);
      const writer = await again().open("run");
      expect(await writer.append(settled("next"))).toMatchObject({ seq: everyKind.length });
      await writer.close();
      expect((await journal.read("run")).at(-1)).toMatchObject({ step: "next", seq: everyKind.length });
    }
  });

  test("read and open stop before a last line with blocks that never reached the disk", async (context) => {
    const made = await prepare(makeJournal);
    const { journal, stored } = made;
    if (stored === undefined || stored.isAtomic) return context.skip("a crash tears nothing here");
    const { bytes, lastLine } = await writeRun(made, stored);
    await stored.write("run", Uint8Array.from(bytes).fill(0, lastLine, bytes.byteLength - 1));
    expect(await journal.read("run")).toHaveLength(everyKind.length);
    await (await journal.open("run")).append(settled("next"));
    expect(await journal.read("run")).toHaveLength(everyKind.length + 1);
  });

  test("read and runs know nothing of a run whose first line is torn", async (context) => {
    const { journal, stored } = await prepare(makeJournal);
    if (stored === undefined || stored.isAtomic) return context.skip("a crash tears nothing here");
    const writer = await journal.open("run");
    await writer.append(settled("first"));
    await writer.close();
    const bytes = await stored.read("run");
    for (const torn of [
      bytes.subarray(0, -1),
      bytes.subarray(0, 1),
      new Uint8Array(),
      Uint8Array.from(bytes).fill(0, 4, 9),
    ]) {
      await stored.write("run", torn);
      expect(await codeOf(journal.read("run"))).toBe("RUN_UNKNOWN");
      expect(await journal.runs()).toEqual([]);
    }
    await (await journal.open("run")).append(settled("again"));
    expect(await journal.read("run")).toMatchObject([{ seq: 0, step: "again" }]);
  });

  test("read and open notice a line that is lawful and not the one that was written", async (context) => {
    const made = await prepare(makeJournal);
    const { journal, stored } = made;
    if (stored === undefined) return context.skip("nothing is stored that could be changed");
    const { bytes } = await writeRun(made, stored);
    await stored.write("run", Buffer.from(Buffer.from(bytes).toString().replace('"step":"', '"step":"not-')));
    expect(await codeOf(journal.read("run"))).toBe("JOURNAL_CORRUPT");
    expect(await codeOf(journal.open("run"))).toBe("JOURNAL_CORRUPT");
  });

  test.for(damages)(
    "read and open refuse a run whose fourth line %s, and name the line",
    async ([, damage], context) => {
      const made = await prepare(makeJournal);
      const { journal, stored } = made;
      if (stored === undefined) return context.skip("nothing is stored that could be damaged");
      const { bytes } = await writeRun(made, stored);
      const lines = Buffer.from(bytes).toString().split("\n");
      const parts = lines.flatMap((line, index) => [
        Buffer.from(index === 3 ? damage(line) : line),
        Buffer.from("\n"),
      ]);
      const damaged = Buffer.concat(parts.slice(0, -1));
      await stored.write("run", damaged);
      for (const refused of [journal.read("run"), journal.open("run")]) {
        await expect(refused).rejects.toMatchObject({
          code: "JOURNAL_CORRUPT",
          details: { line: 4, run: "run" },
        });
      }
      expect(Buffer.compare(await stored.read("run"), damaged)).toBe(0);
      expect(await journal.runs()).toEqual(["run"]);
      await stored.write("run", bytes);
      await (await journal.open("run")).append(settled("mended"));
    },
  );
}
