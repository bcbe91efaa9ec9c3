import { copyFile, readFile, truncate, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../src/certificate/digest.ts";
import { type HandfastError, isHandfastError } from "../../src/errors.ts";
import { type Audit, auditOf, auditSchema, verifyAudit } from "../../src/journal/audit.ts";
import { fileJournal } from "../../src/journal/file-journal.ts";
import type { Journal } from "../../src/journal/journal.ts";
import { memoryJournal } from "../../src/journal/memory-journal.ts";
import { now } from "../fixtures/evidence.ts";
import { jumpingClock } from "../fixtures/shop.ts";
import { runFolder, settled } from "./run-folder.ts";

async function write(journal: Journal, run: string, ...steps: readonly string[]): Promise<void> {
  await using writer = await journal.open(run);
  for (const step of steps) await writer.append(settled(step));
}

/** Runs `a`, `b` and `c` of three entries each, in files, and their audit. */
async function audited() {
  const dir = await runFolder();
  // not the journal's clock: the waits of its leases turn that on
  const clock = jumpingClock();
  const journal = fileJournal(dir);
  for (const run of ["b", "a", "c"]) await write(journal, run, "one", "two", "three");
  const fileOf = (run: string): string => join(dir, "runs", `${run}.jsonl`);
  return { journal, clock, fileOf, audit: await auditOf(journal, clock) };
}

async function refusal(promise: Promise<unknown>): Promise<HandfastError> {
  const thrown: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!isHandfastError(thrown)) throw new Error("was not refused", { cause: thrown });
  return thrown;
}

/** Changes the text of a file, and chains every line anew, as somebody would who knows how. */
async function rechain(file: string, change: (text: string) => string): Promise<void> {
  let prev = "0".repeat(64);
  const lines = change(await readFile(file, "utf8"))
    .trimEnd()
    .split("\n")
    .map((line, seq) => {
      const text = JSON.stringify({ ...JSON.parse(line), seq, prev });
      prev = sha256(text);
      return text;
    });
  await writeFile(file, `${lines.join("\n")}\n`);
}

async function cutLines(file: string, left: number): Promise<void> {
  const lines = (await readFile(file, "utf8")).split("\n").slice(0, left);
  await truncate(file, Buffer.byteLength(`${lines.join("\n")}\n`));
}

describe("auditOf", () => {
  it("gives each run's length and head, sorted, and one head over all", async () => {
    const { audit, fileOf } = await audited();
    const lines = (await readFile(fileOf("a"), "utf8")).split("\n");
    expect(audit).toMatchObject({ format: 1, at: new Date(now).toISOString() });
    expect(audit.runs.map(({ runId }) => runId)).toEqual(["a", "b", "c"]);
    expect(audit.runs[0]).toEqual({ runId: "a", entries: 3, head: sha256(lines[2] as string) });
    expect(audit.head).toBe(sha256(JSON.stringify(audit.runs)));
  });

  it("gives the same head for the same runs, and another when anything was added", async () => {
    const { audit, journal, clock } = await audited();
    await clock.sleep(1_000);
    const again = await auditOf(journal, clock);
    expect(again).toEqual({ ...audit, at: new Date(now + 1_000).toISOString() });
    await write(journal, "a", "four");
    expect((await auditOf(journal, clock)).head).not.toBe(audit.head);
  });

  it("is of an empty journal too, and survives JSON", async () => {
    const empty = await auditOf(memoryJournal(), jumpingClock());
    expect(empty.runs).toEqual([]);
    const { audit } = await audited();
    for (const one of [empty, audit]) expect(auditSchema.parse(JSON.parse(JSON.stringify(one)))).toEqual(one);
  });

  it("names a damaged run, and goes on with the others", async () => {
    const { journal, clock, fileOf, audit } = await audited();
    await writeFile(fileOf("b"), (await readFile(fileOf("b"), "utf8")).replace("two", "2"));
    const { runs } = await auditOf(journal, clock);
    expect(runs).toEqual([
      audit.runs[0],
      { runId: "b", damaged: expect.stringContaining("not chained") },
      audit.runs[2],
    ]);
  });

  it("does not count a line that was being written when the power went", async () => {
    const { journal, clock, fileOf, audit } = await audited();
    await writeFile(fileOf("a"), `${await readFile(fileOf("a"), "utf8")}{"format":1,"run":"a"`);
    expect(await auditOf(journal, clock)).toEqual(audit);
  });
});

describe("verifyAudit", () => {
  it("tells what has grown and what is new", async () => {
    const { journal, audit } = await audited();
    expect(await verifyAudit(journal, audit, audit.head)).toEqual({ grown: [], added: [] });
    await write(journal, "c", "four", "five");
    await write(journal, "e", "one");
    await write(journal, "d", "one");
    expect(await verifyAudit(journal, audit)).toEqual({ grown: ["c"], added: ["d", "e"] });
  });

  interface Files {
    readonly fileOf: (run: string) => string;
    readonly journal: Journal;
  }
  const tampered: readonly (readonly [string, (files: Files) => Promise<unknown>, string, boolean])[] = [
    [
      "a line changed",
      async ({ fileOf }) => writeFile(fileOf("b"), (await readFile(fileOf("b"), "utf8")).replace("two", "2")),
      "run b is damaged",
      false,
    ],
    [
      "a line changed and the chain made anew",
      ({ fileOf }) => rechain(fileOf("b"), (text) => text.replace("two", "2")),
      "run b was changed",
      true,
    ],
    [
      "the last line changed",
      ({ fileOf }) => rechain(fileOf("b"), (text) => text.replace("three", "3")),
      "run b was changed",
      true,
    ],
    [
      "a line taken out and the chain made anew",
      ({ fileOf }) => rechain(fileOf("b"), (text) => text.replace(/.*two.*\n/, "")),
      "run b was shortened: it had 3 entries, and has 2",
      true,
    ],
    [
      "a line taken out, another one added",
      ({ fileOf }) => rechain(fileOf("b"), (text) => text.replace(/.*two.*\n/, "") + text.split("\n")[2]),
      "run b was changed",
      true,
    ],
    [
      "a line put in and the chain made anew",
      ({ fileOf }) => rechain(fileOf("b"), (text) => `${text.split("\n")[0]}\n${text}`),
      "run b was changed",
      true,
    ],
    [
      "the last line cut off at its line feed",
      ({ fileOf }) => cutLines(fileOf("b"), 2),
      "run b was shortened: it had 3 entries, and has 2",
      true,
    ],
    [
      "the last line cut off, and the run gone on with",
      async ({ fileOf, journal }) => {
        await cutLines(fileOf("b"), 2);
        await write(journal, "b", "another", "and more");
      },
      "run b was changed",
      true,
    ],
    ["the file deleted", ({ fileOf }) => unlink(fileOf("b")), "run b is missing", true],
    ["the file emptied", ({ fileOf }) => truncate(fileOf("b")), "run b is missing", true],
    [
      "the run replaced by another of its name",
      async ({ fileOf }) => {
        const dir = await runFolder();
        await write(fileJournal(dir), "b", "one", "two", "three");
        await copyFile(join(dir, "runs", "b.jsonl"), fileOf("b"));
      },
      "run b was changed",
      true,
    ],
  ];
  it.for(tampered)("finds %s", async ([, tamper, because, isChainWhole]) => {
    const { journal, fileOf, audit, clock } = await audited();
    await tamper({ fileOf, journal });
    // what the chain alone does not show
    const whole = (await auditOf(journal, clock)).runs.every((run) => !("damaged" in run));
    expect(whole).toBe(isChainWhole);
    const error = await refusal(verifyAudit(journal, audit));
    expect(error).toMatchObject({
      code: "JOURNAL_CORRUPT",
      details: { issues: [{ path: ["b"], message: expect.stringContaining(because) }] },
    });
    expect(error.message).toContain(because);
  });

  it("names all that is wrong at once, new runs included", async () => {
    const { journal, fileOf, audit } = await audited();
    await unlink(fileOf("a"));
    await cutLines(fileOf("b"), 1);
    await write(journal, "d", "one", "two");
    await writeFile(fileOf("d"), (await readFile(fileOf("d"), "utf8")).replace("one", "1"));
    const { details } = await refusal(verifyAudit(journal, audit, "0".repeat(64)));
    expect(details.issues?.map(({ path }) => path)).toEqual([["head"], ["a"], ["b"], ["d"]]);
  });

  it("finds a change of the last line that reads the same, once more was written behind it", async () => {
    const { journal, fileOf, audit } = await audited();
    await write(journal, "b", "four");
    await rechain(fileOf("b"), (text) => text.replace('"step":"three"', '"step":"three","note":"x"'));
    const { details } = await refusal(verifyAudit(journal, audit));
    expect(details.issues).toMatchObject([{ message: expect.stringContaining("run b was changed") }]);
  });

  it("expects nothing of a run that was damaged already, but that it was mended", async () => {
    const { journal, fileOf, clock } = await audited();
    const good = await readFile(fileOf("b"), "utf8");
    await writeFile(fileOf("b"), good.replace("two", "2"));
    const damaged = await auditOf(journal, clock);
    expect((await refusal(verifyAudit(journal, damaged))).message).toContain("run b is damaged");
    await writeFile(fileOf("b"), good);
    expect(await verifyAudit(journal, damaged)).toEqual({ grown: [], added: [] });
  });

  const forged: readonly (readonly [string, (audit: Audit) => unknown, string])[] = [
    [
      "one from which a run was taken",
      (audit) => ({ ...audit, runs: audit.runs.slice(1) }),
      "the audit was changed",
    ],
    [
      "one in which a run is shorter",
      (audit) => ({ ...audit, runs: audit.runs.map((run) => ({ ...run, entries: 1 })) }),
      "the audit was changed",
    ],
    ["one without head", ({ head: _, ...audit }) => audit, "the audit is none: head"],
    ["one of a later format", (audit) => ({ ...audit, format: 2 }), "the audit is none: format"],
    ["what is nothing", () => undefined, "the audit is none: all of it"],
  ];
  it.for(forged)("refuses %s", async ([, forge, because]) => {
    const { journal, audit } = await audited();
    const error = await refusal(verifyAudit(journal, forge(audit) as Audit));
    expect(error).toMatchObject({ code: "JOURNAL_CORRUPT", message: expect.stringContaining(because) });
  });

  it("refuses an audit that was made anew after the change, by the head that was stored elsewhere", async () => {
    const { journal, fileOf, audit, clock } = await audited();
    await unlink(fileOf("b"));
    const again = await auditOf(journal, clock);
    expect(await verifyAudit(journal, again)).toEqual({ grown: [], added: [] });
    expect((await refusal(verifyAudit(journal, again, audit.head))).message).toContain("whose head is given");
  });
});
