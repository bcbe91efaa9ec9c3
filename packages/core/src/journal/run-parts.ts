import { z } from "zod";
import type { BoundedStore } from "./bounded-store.ts";
import { type JournalEntry, noEntry } from "./journal-entry.ts";
import { journalCorrupt, runTaken } from "./journal-errors.ts";
import { parseEntries } from "./parse-entries.ts";
import { newerFormat, parseJson } from "./stored-json.ts";

/** The version of the format that this package writes. It reads no newer one. */
const partFormat = 1;

/**
 * A part that has so many characters is full: its next entry begins another part. It belongs to the format, because
 * from it everybody knows which text the next entry of a run goes to, and so whose write is shut out by one's own.
 */
const fullPart = 65_536;

/** How often others may get in first before this one gives up. */
const mostTries = 20;

const names = /^\d{6}$/;

const endSchema = z.object({
  format: z.literal(partFormat),
  /** Tells the writer from all others: no two of them ever write the same text. */
  by: z.string(),
  fence: z.int().positive(),
});

/** Who writes. Stands on the last line of each part. */
export type PartEnd = Omit<z.infer<typeof endSchema>, "format">;

/** A part of a run that stands in a store: whole lines of JSON, then a line that says who wrote it. */
export interface RunPart {
  /** Counts from 1. */
  readonly number: number;
  /** What the store names this state of it; undefined when it is not there yet. */
  readonly version: string | undefined;
  /** Its entries, each with a line feed. */
  readonly lines: string;
}

/** What a run holds. */
export interface RunContent {
  readonly entries: readonly JournalEntry[];
  /** What the next entry is chained to. */
  readonly head: string;
  /** The part that the next entry goes to. */
  readonly tail: RunPart;
}

/** The names of texts in the store, by run. */
export const runsPrefix = "runs/";

/** The run that a text belongs to; undefined when it is none of a run. */
export function runOf(name: string): string | undefined {
  const [folder, run, part = ""] = name.split("/");
  return `${folder}/` === runsPrefix && names.test(part) ? run : undefined;
}

/** Writes a part as it should be. Undefined when somebody else has written there. */
export function writePart(
  store: BoundedStore,
  run: string,
  { number, version, lines }: RunPart,
  end: PartEnd,
): Promise<string | undefined> {
  const last = JSON.stringify({ format: partFormat, ...end });
  return store.swap(nameOf(run, number), version, `${lines}${last}\n`);
}

/** Whether the next entry begins another part. */
export function isFull(lines: string): boolean {
  return lines.length >= fullPart;
}

/** The part that the next entry goes to, when this one was the last. */
export function partForNext(last: RunPart): RunPart {
  return isFull(last.lines) ? { number: last.number + 1, version: undefined, lines: "" } : last;
}

/**
 * Reads a run.
 *
 * @throws HandfastError `JOURNAL_CORRUPT` with the part and the line in it; `FILE_UNREADABLE`
 */
export async function readParts(store: BoundedStore, run: string): Promise<RunContent> {
  const folder = `${runsPrefix}${run}/`;
  const listed = await store.list(folder);
  const numbers = listed
    .filter((name) => runOf(name) === run)
    .map((name) => Number(name.slice(folder.length)))
    .sort((a, b) => a - b);
  const texts = await Promise.all(numbers.map((number) => store.read(nameOf(run, number))));
  const entries: JournalEntry[] = [];
  let head = noEntry;
  let tail: RunPart = { number: 1, version: undefined, lines: "" };
  for (const [index, text] of texts.entries()) {
    const number = index + 1;
    const file = `${store.where}/${nameOf(run, number)}`;
    if (text === undefined || numbers[index] !== number) {
      throw journalCorrupt(run, file, 1, "this part is not there, and a later one is");
    }
    const lines = cutEnd(run, file, text.text);
    const bytes = Buffer.from(lines);
    const parsed = parseEntries(bytes, run, file, { entries: entries.length, head });
    if (parsed.wholeBytes < bytes.byteLength) {
      throw journalCorrupt(run, file, parsed.entries.length + 1, "the line is not whole");
    }
    for (const entry of parsed.entries) entries.push(entry);
    head = parsed.head;
    tail = { number, version: text.version, lines };
  }
  return { entries, head, tail: partForNext(tail) };
}

/**
 * Reads a run, and writes its last part again under one's own name. Whoever wrote to it before names a version that is
 * gone, so nothing of theirs can come behind what was read here: not even what is under way.
 *
 * @throws HandfastError `JOURNAL_HELD` when others are always first; as {@link readParts}; `JOURNAL_UNWRITABLE`
 */
export async function sealRun(store: BoundedStore, run: string, end: PartEnd): Promise<RunContent> {
  for (let tries = 1; tries <= mostTries; tries += 1) {
    const content = await readParts(store, run);
    // nothing to shut anybody out of: who writes the first part first has the run
    if (content.entries.length === 0) return content;
    const version = await writePart(store, run, content.tail, end);
    if (version !== undefined) return { ...content, tail: { ...content.tail, version } };
  }
  throw runTaken("open run", run);
}

function nameOf(run: string, part: number): string {
  return `${runsPrefix}${run}/${String(part).padStart(6, "0")}`;
}

/** The lines of a part without its last. */
function cutEnd(run: string, file: string, text: string): string {
  const start = text.lastIndexOf("\n", text.length - 2) + 1;
  const lines = text.slice(0, start);
  const fail = (reason: string) => journalCorrupt(run, file, lines.split("\n").length, reason);
  const value = parseJson(text.slice(start));
  const newer = newerFormat(value, partFormat);
  if (newer !== undefined) throw fail(`the part has ${newer}`);
  if (!endSchema.safeParse(value).success || !text.endsWith("\n")) {
    throw fail("the last line does not say who wrote the part");
  }
  return lines;
}
