import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isHandfastError } from "../../src/errors.ts";
import { fileJournal } from "../../src/journal/file-journal.ts";
import type { RunWriter } from "../../src/journal/journal.ts";
import { type Faults, faultyDisk } from "./faulty-disk.ts";
import { codeOf, runFolder, settled } from "./run-folder.ts";

const bytes = Buffer.from("a blob");

/** What came of a run over a disk with faults. */
interface Undergone {
  readonly appended: number;
  readonly calls: readonly string[];
  readonly refusals: readonly unknown[];
}

/** Opens a run, appends three entries, puts a blob and closes; goes on after whatever is refused. */
async function undergo(dir: string, faults: Faults): Promise<Undergone> {
  const calls: string[] = [];
  const refusals: unknown[] = [];
  const disk = faultyDisk((call, nth) => {
    calls.push(call);
    return faults(call, nth);
  });
  const journal = fileJournal(dir, { disk });
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      refusals.push(error);
      return undefined;
    }
  };
  const writer: RunWriter | undefined = await attempt(() => journal.open("run"));
  let appended = 0;
  if (writer !== undefined) {
    for (const step of ["a", "b", "c"]) {
      if ((await attempt(() => writer.append(settled(step)))) !== undefined) appended += 1;
    }
  }
  await attempt(() => journal.blobs.put(bytes));
  await attempt(async () => writer?.close());
  return { appended, calls, refusals };
}

/** The run holds all that was answered for, at most one entry more, and can be gone on with. */
async function expectSound(dir: string, { appended, refusals }: Undergone): Promise<void> {
  for (const refusal of refusals) {
    expect(isHandfastError(refusal), String(refusal)).toBe(true);
    expect(refusal).toMatchObject({ code: expect.stringMatching(/^(JOURNAL_UNWRITABLE|FILE_UNREADABLE)$/) });
  }
  const journal = fileJournal(dir);
  const found = (await codeOf(journal.read("run"))) === "none" ? (await journal.read("run")).length : 0;
  expect(found).toBeGreaterThanOrEqual(appended);
  expect(found).toBeLessThanOrEqual(appended + 1);
  const writer = await journal.open("run");
  expect(await writer.append(settled("next"))).toMatchObject({ seq: found });
  await writer.close();
}

async function countCalls(): Promise<readonly string[]> {
  const { calls, refusals, appended } = await undergo(await runFolder(), () => undefined);
  expect(refusals).toEqual([]);
  expect(appended).toBe(3);
  return calls;
}

test("fileJournal stays sound when any one call to the disk fails", async () => {
  const fault = { code: "ENOSPC" };
  const calls = await countCalls();
  expect(calls.length).toBeGreaterThan(40);
  for (const [index, call] of calls.entries()) {
    const dir = await runFolder();
    const undergone = await undergo(dir, (_, nth) => (nth === index + 1 ? fault : undefined));
    await expectSound(dir, undergone).catch((error: unknown) => {
      throw new Error(`after a fault at call ${index + 1}, ${call}`, { cause: error });
    });
  }
});

test("fileJournal stays sound when the disk fails from any one call on", async () => {
  const calls = await countCalls();
  for (const [index, call] of calls.entries()) {
    const dir = await runFolder();
    const undergone = await undergo(dir, (_, nth) => (nth > index ? { code: "EROFS" } : undefined));
    // What could not be let go on the disk counts as let go in this process.
    expect(await codeOf(fileJournal(dir).open("run")), `${index + 1}, ${call}`).toBe("none");
    const { length } = await fileJournal(dir)
      .read("run")
      .catch(() => []);
    expect(length).toBeGreaterThanOrEqual(undergone.appended);
    expect(length).toBeLessThanOrEqual(undergone.appended + 1);
  }
});

test("append on a full disk leaves half a line, is refused, and costs no entry that was taken", async () => {
  const dir = await runFolder();
  const halfOfSecond = { code: "ENOSPC", half: true };
  let writes = 0;
  const undergone = await undergo(dir, (call) => {
    if (call === "handle.appendFile") writes += 1;
    return call === "handle.appendFile" && writes === 2 ? halfOfSecond : undefined;
  });
  expect(undergone.appended).toBe(1);
  expect(undergone.refusals.map(String).every((text) => text.includes("ENOSPC"))).toBe(true);
  expect(await readFile(join(dir, "runs", "run.jsonl"), "utf8")).toMatch(/\n[^\n]+$/);
  await expectSound(dir, undergone);
  expect(await fileJournal(dir).read("run")).toMatchObject([{ step: "a" }, { step: "next", seq: 1 }]);
});

test("append refuses everything after a sync that failed, because it is not known what reached the disk", async () => {
  let isFailing = true;
  const disk = faultyDisk((call) => (call === "handle.datasync" && isFailing ? { code: "EIO" } : undefined));
  const writer = await fileJournal(await runFolder(), { disk }).open("run");
  const first = [writer.append(settled("a")), writer.append(settled("b"))];
  for (const refused of first) expect(await codeOf(refused)).toBe("JOURNAL_UNWRITABLE");
  isFailing = false;
  expect(await codeOf(writer.append(settled("c")))).toBe("JOURNAL_UNWRITABLE");
  await writer.close();
});

test("append answers only after the entry, and for a new run the folder, was synced", async () => {
  const calls: string[] = [];
  const disk = faultyDisk((call) => {
    calls.push(call);
    return undefined;
  });
  const writer = await fileJournal(await runFolder(), { disk }).open("run");
  calls.length = 0;
  await writer.append(settled("a"));
  const first = calls.splice(0);
  expect(first.indexOf("handle.datasync")).toBeGreaterThan(first.indexOf("handle.appendFile"));
  expect(first.lastIndexOf("handle.sync")).toBeGreaterThan(first.indexOf("handle.datasync"));
  await writer.append(settled("b"));
  expect(calls.slice(-2)).toEqual(["handle.appendFile", "handle.datasync"]);
  await writer.close();
});

test("append writes what came during a write together, and answers for none of it before its sync", async () => {
  const dir = await runFolder();
  const calls: string[] = [];
  const disk = faultyDisk((call) => {
    calls.push(call);
    return undefined;
  });
  const writer = await fileJournal(dir, { disk }).open("run");
  await writer.append(settled("a"));
  calls.length = 0;
  const answered: string[] = [];
  const add = async (step: string): Promise<void> => {
    await writer.append(settled(step));
    answered.push(`${step} after ${calls.filter((call) => call === "handle.datasync").length}`);
  };
  const first = add("b");
  await Promise.resolve();
  await Promise.all([first, add("c"), add("d")]);
  expect(answered).toEqual(["b after 1", "c after 2", "d after 2"]);
  expect(calls.filter((call) => call === "handle.appendFile")).toHaveLength(2);
  await writer.close();
  const lines = (await readFile(join(dir, "runs", "run.jsonl"), "utf8")).split("\n");
  expect(lines.map((line) => line.slice(0, 2))).toEqual(['{"', '{"', '{"', " {", ""]);
  expect(await fileJournal(dir).read("run")).toMatchObject(["a", "b", "c", "d"].map((step) => ({ step })));
});

test("append refuses all that was to be written together when the disk takes only a part of it", async () => {
  const dir = await runFolder();
  let writes = 0;
  const disk = faultyDisk((call) => {
    if (call === "handle.appendFile") writes += 1;
    return call === "handle.appendFile" && writes === 2 ? { code: "ENOSPC", half: true } : undefined;
  });
  const writer = await fileJournal(dir, { disk }).open("run");
  await writer.append(settled("a"));
  const together = ["b", "c", "d"].map((step) => codeOf(writer.append(settled(step))));
  expect(await Promise.all(together)).toEqual(together.map(() => "JOURNAL_UNWRITABLE"));
  expect(await codeOf(writer.append(settled("e")))).toBe("JOURNAL_UNWRITABLE");
  await writer.close();
  expect(await fileJournal(dir).read("run")).toMatchObject([{ step: "a" }, { step: "b" }]);
});

test("close lets a run go on a disk that has no room left", async () => {
  const dir = await runFolder();
  const writing = new Set(["handle.writeFile", "handle.appendFile", "mkdir", "link", "rename"]);
  let isFull = false;
  const disk = faultyDisk((call) => (isFull && writing.has(call) ? { code: "ENOSPC" } : undefined));
  const writer = await fileJournal(dir, { disk }).open("run");
  await writer.append(settled("a"));
  isFull = true;
  expect(await codeOf(writer.append(settled("b")))).toBe("JOURNAL_UNWRITABLE");
  await writer.close();
  await (await fileJournal(dir).open("run")).close();
});
