/** `@handfast/core/audit`: what a journal holds in one digest, which proves later that nothing was taken away. */
import { z } from "zod";
import { digestOf } from "../certificate/digest.ts";
import type { Clock } from "../clock.ts";
import { HandfastError, isHandfastError, type SpecIssue } from "../errors.ts";
import { entryDigest } from "./entry-text.ts";
import type { Journal } from "./journal.ts";
import type { JournalEntry } from "./journal-entry.ts";

const digest = z.string().regex(/^[0-9a-f]{64}$/, "is not a SHA-256 in lower-case hex");

// fields in the order of the alphabet: so the text of the list as it is stored is its canonical form too
const intactRun = z.strictObject({
  entries: z.int().positive(),
  /** Digest of the last of them, and by the chain of all. */
  head: digest,
  runId: z.string().min(1),
});
const damagedRun = z.strictObject({
  /** Why it can't be read. */
  damaged: z.string(),
  runId: z.string().min(1),
});

/** The schema of an audit, by which one that was stored is read back. */
export const auditSchema = z.strictObject({
  format: z.literal(1),
  /** ISO 8601, UTC. */
  at: z.iso.datetime(),
  /** SHA-256 of `runs` in canonical form (RFC 8785). */
  head: digest,
  /** In ascending order of their ids. */
  runs: z.array(z.union([intactRun, damagedRun])),
});

/**
 * What a journal held at one moment: plain data without a word of what the entries say. Stored where whoever can write
 * to the journal can't, the audit, or its head alone beside it, proves later what became of it ({@link verifyAudit}).
 */
export type Audit = Readonly<z.infer<typeof auditSchema>>;

/** What came to a journal since an audit. Ids of runs, ascending. */
export interface AuditGrowth {
  /** Runs that have more entries. */
  readonly grown: readonly string[];
  /** Runs that are new. */
  readonly added: readonly string[];
}

/**
 * Reads all runs of a journal, checks the chain of each, and takes their heads. A run whose chain is broken is named in
 * the audit with the reason, and hinders nothing. Best when no run is under way: an entry that is just being written
 * counts, and may be gone after a loss of power.
 *
 * @throws HandfastError `FILE_UNREADABLE`, and whatever else a store throws but `JOURNAL_CORRUPT`
 * @example
 * ```ts
 * import { fileJournal, systemClock } from "@handfast/core";
 * import { type Audit, auditOf } from "@handfast/core/audit";
 *
 * // to be stored away from the journal: printed into the log of a pipeline, in a ticket, in a bucket with a lock
 * export const audit: Promise<Audit> = auditOf(fileJournal(".handfast"), systemClock);
 * ```
 */
export async function auditOf(journal: Journal, clock: Clock): Promise<Audit> {
  const at = new Date(clock.now()).toISOString();
  const runs: Audit["runs"] = [];
  for (const runId of (await journal.runs()).toSorted()) {
    const entries = await readChain(journal, runId);
    if (entries === undefined) continue;
    if (typeof entries === "string") runs.push({ damaged: entries, runId });
    else runs.push({ entries: entries.length, head: digestAt(entries, entries.length), runId });
  }
  return { format: 1, at, head: digestOf(runs), runs };
}

/**
 * Proves that since an audit nothing was changed or taken away: runs may have grown, and new ones come. A chain alone
 * can't show that, for whoever changes an entry can make the chain anew to its end; the heads of the audit can.
 *
 * @param earlier what {@link auditOf} gave then
 * @param head the head as it was stored elsewhere, where only that was: the audit is then checked against it
 * @throws HandfastError `JOURNAL_CORRUPT` with every run that is missing, shortened, changed or damaged, at once; and
 * when the audit itself is not as it was made
 * @example
 * ```ts
 * import { readFile } from "node:fs/promises";
 * import { fileJournal } from "@handfast/core";
 * import { auditSchema, verifyAudit } from "@handfast/core/audit";
 *
 * export async function verify(stored: string, head: string): Promise<void> {
 *   const earlier = auditSchema.parse(JSON.parse(await readFile(stored, "utf8")));
 *   await verifyAudit(fileJournal(".handfast"), earlier, head);
 * }
 * ```
 */
export async function verifyAudit(journal: Journal, earlier: Audit, head?: string): Promise<AuditGrowth> {
  const issues: SpecIssue[] = [];
  const note = (path: SpecIssue["path"], message: string): unknown => issues.push({ path, message });
  const read = auditSchema.safeParse(earlier);
  if (!read.success) {
    throw corrupt(
      read.error.issues.map(({ path, message }) => ({
        path: path.map((part) => (typeof part === "symbol" ? String(part) : part)),
        message: `the audit is none: ${path.join(".") || "all of it"} ${message}`,
      })),
    );
  }
  const { runs, head: own } = read.data;
  if (digestOf(runs) !== own)
    note(["head"], `the audit was changed: its runs do not have its head ${own.slice(0, 12)}`);
  if (head !== undefined && head !== own)
    note(["head"], "the audit is another than the one whose head is given");

  const grown: string[] = [];
  const found = new Set(await journal.runs());
  for (const run of runs) {
    const { runId } = run;
    found.delete(runId);
    const entries = await readChain(journal, runId);
    if (entries === undefined) note([runId], `run ${runId} is missing`);
    else if (typeof entries === "string") note([runId], `run ${runId} is damaged: ${entries}`);
    else if ("damaged" in run) continue;
    else if (entries.length < run.entries)
      note([runId], `run ${runId} was shortened: it had ${run.entries} entries, and has ${entries.length}`);
    else if (digestAt(entries, run.entries) !== run.head)
      note(
        [runId],
        `run ${runId} was changed: something in its first ${run.entries} entries is not as it was`,
      );
    else if (entries.length > run.entries) grown.push(runId);
  }
  const added = [...found].toSorted();
  for (const runId of added) {
    const entries = await readChain(journal, runId);
    if (typeof entries === "string") note([runId], `run ${runId} is damaged: ${entries}`);
  }
  if (issues.length > 0) throw corrupt(issues);
  return { grown, added };
}

/** The entries of a run; why they can't be read; or nothing where there are none. */
async function readChain(
  journal: Journal,
  runId: string,
): Promise<readonly JournalEntry[] | string | undefined> {
  try {
    return await journal.read(runId);
  } catch (error) {
    if (isHandfastError(error) && error.code === "JOURNAL_CORRUPT") return error.message;
    if (isHandfastError(error) && error.code === "RUN_UNKNOWN") return undefined;
    throw error;
  }
}

/** The digest of the line of the entry that is the `count`th: what the next one is chained to, where there is one. */
function digestAt(entries: readonly JournalEntry[], count: number): string {
  return entries[count]?.prev ?? entryDigest(entries[count - 1] as JournalEntry);
}

function corrupt(issues: readonly SpecIssue[]): HandfastError {
  const lines = issues.map(({ message }) => message);
  return new HandfastError(
    "JOURNAL_CORRUPT",
    `verify audit failed:\n- ${lines.join("\n- ")}\nfind out who could write to the journal, and put it right from a copy`,
    { issues },
  );
}
