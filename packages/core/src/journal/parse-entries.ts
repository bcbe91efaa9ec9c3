import { sha256 } from "../certificate/digest.ts";
import { decodeEntry } from "./entry-text.ts";
import { type JournalEntry, noEntry } from "./journal-entry.ts";
import { journalCorrupt } from "./journal-errors.ts";

const lineFeed = 0x0a;
const space = 0x20;

/** How many entries of a run come before those of a file, and what its first is chained to. */
export interface EntriesBefore {
  readonly entries: number;
  readonly head: string;
}

/** What a journal file holds. */
export interface ParsedEntries {
  readonly entries: readonly JournalEntry[];
  /** What the next entry is chained to. */
  readonly head: string;
  /** How many bytes they take. What lies behind is a line that was being written when the power went. */
  readonly wholeBytes: number;
}

/**
 * Reads the bytes of a journal file: one entry a line, ended by a line feed. A last line without its line feed is not
 * an entry, nor is one with zero bytes in it: those stand for blocks that never reached the disk. Lines that went out with
 * it in one write, told by the space in front of them, were not answered for either.
 *
 * @param before what stands in other files of the run; nothing unless said
 * @throws HandfastError `JOURNAL_CORRUPT` with file and line for anything else that is not the entry due
 */
export function parseEntries(
  bytes: Uint8Array,
  run: string,
  file: string,
  before: EntriesBefore = { entries: 0, head: noEntry },
): ParsedEntries {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const entries: JournalEntry[] = [];
  let start = 0;
  let prev = before.head;
  for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, start)) {
    const line = bytes.subarray(start, end);
    if (line.includes(0) && isOneWrite(bytes, end + 1)) break;
    const fail = (reason: string) => journalCorrupt(run, file, entries.length + 1, reason);
    let text: string;
    try {
      text = decoder.decode(line);
    } catch {
      throw fail("the line is not UTF-8");
    }
    const entry = decodeEntry(text, { run, seq: before.entries + entries.length, prev });
    if ("unreadable" in entry) throw fail(entry.unreadable);
    entries.push(entry);
    prev = sha256(line[0] === space ? line.subarray(1) : line);
    start = end + 1;
  }
  return { entries, head: prev, wholeBytes: start };
}

/** Whether all lines from here on were written together with the one before. A zero stands for what was not written. */
function isOneWrite(bytes: Uint8Array, from: number): boolean {
  for (let start = from; start > 0 && start < bytes.length; start = bytes.indexOf(lineFeed, start) + 1) {
    if (bytes[start] !== space && bytes[start] !== 0) return false;
  }
  return true;
}
