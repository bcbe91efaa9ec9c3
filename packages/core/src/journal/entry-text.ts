import { z } from "zod";
import { sha256 } from "../certificate/digest.ts";
import { type JournalEntry, journalEntrySchema, journalFormat, type NewEntry } from "./journal-entry.ts";
import { newerFormat, parseJson } from "./stored-json.ts";

/** Ends the label of every private key in PEM (RFC 7468): `PRIVATE KEY`, `RSA PRIVATE KEY` and so on. */
const keyLabel = "PRIVATE KEY";

/** Where an entry stands: what the writer adds to it. */
export interface EntryPlace {
  readonly run: string;
  readonly seq: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Digest of the line before; of nothing, {@link noEntry}. */
  readonly prev: string;
}

/** Why a text is not the entry that is due, for a person. */
export interface Unreadable {
  readonly unreadable: string;
}

/** An entry as one line of JSON, without the line feed; and as it will be read back from there. */
export interface EncodedEntry {
  readonly text: string;
  readonly entry: JournalEntry;
  /** What the next entry is chained to. */
  readonly digest: string;
}

/** The digest of an entry that was read: of its line, without the line feed. */
export function entryDigest(entry: JournalEntry): string {
  return sha256(JSON.stringify(entry));
}

/**
 * Makes the line for an entry.
 *
 * @throws {TypeError} when it is no entry, holds what JSON has not, or holds a private key
 */
export function encodeEntry(entry: NewEntry, place: EntryPlace): EncodedEntry {
  const fail = (reason: string): never => {
    throw new TypeError(`append to journal refused [run=${place.run}, kind=${entry.kind}]: ${reason}`);
  };
  const envelope = { format: journalFormat, ...place };
  // First for people who read the file, last so that no stray field of the entry can stand in its place.
  const parsed = journalEntrySchema.safeParse({ ...envelope, ...entry, ...envelope });
  if (!parsed.success) return fail(z.prettifyError(parsed.error));
  const odd = findUnplain(parsed.data, []);
  if (odd !== undefined) return fail(`${odd} is not what JSON can hold`);
  const text = JSON.stringify(parsed.data);
  if (text.includes(keyLabel)) return fail("it holds a private key; journals never do");
  const written = decodeEntry(text, place);
  if ("unreadable" in written) return fail(written.unreadable);
  const digest = sha256(text);
  // whoever has only the entry must come to the same digest
  if (entryDigest(written) !== digest) return fail("it does not come back from JSON as it was");
  return { text, entry: written, digest };
}

/** Reads a line back, and checks that it is the entry `seq` of `run`. */
export function decodeEntry(text: string, place: Omit<EntryPlace, "at">): JournalEntry | Unreadable {
  const value = parseJson(text);
  if (value === undefined) return { unreadable: "the line is not JSON" };
  const newer = newerFormat(value, journalFormat);
  if (newer !== undefined) return { unreadable: `the entry has ${newer}` };
  const parsed = journalEntrySchema.safeParse(value);
  if (!parsed.success) return { unreadable: z.prettifyError(parsed.error) };
  const { run, seq, prev } = parsed.data;
  if (run !== place.run) return { unreadable: `the entry belongs to the run ${run}` };
  if (seq !== place.seq) return { unreadable: `the entry has number ${seq} where ${place.seq} is due` };
  if (prev !== place.prev) {
    return {
      unreadable: "it is not chained to the entry before it: one of the two was changed, or one is missing",
    };
  }
  return parsed.data;
}

/**
 * Refuses bytes that hold a private key in PEM.
 *
 * @throws {TypeError}
 */
export function refuseKeyInBlob(bytes: Uint8Array): void {
  if (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(keyLabel)) {
    throw new TypeError(
      `put blob refused [size=${bytes.byteLength}]: it holds a private key; journals never do`,
    );
  }
}

/** The path of the first value that would not come back from JSON as it was; a field that is undefined is left out. */
function findUnplain(value: unknown, path: readonly (string | number)[]): string | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean") return undefined;
  if (typeof value === "number") return Number.isFinite(value) ? undefined : path.join(".");
  if (typeof value !== "object" || path.length > 100) return path.join(".");
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const found = findUnplain(item, [...path, index]);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return path.join(".");
  for (const [key, item] of Object.entries(value)) {
    const found = item === undefined ? undefined : findUnplain(item, [...path, key]);
    if (found !== undefined) return found;
  }
  return undefined;
}
