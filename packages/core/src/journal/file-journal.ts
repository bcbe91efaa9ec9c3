import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import { type Clock, systemClock } from "../clock.ts";
import { type Disk, nodeDisk } from "./disk.ts";
import { fileBlobs } from "./file-blobs.ts";
import { fileRunWriter } from "./file-run-writer.ts";
import type { Journal, RunWriter } from "./journal.ts";
import { runUnknown, systemCode, unreadable, unwritable } from "./journal-errors.ts";
import { parseEntries } from "./parse-entries.ts";
import { systemProcesses } from "./process-mark.ts";
import { checkRunId, isRunId, type RandomBytes } from "./run-id.ts";
import { takeRun } from "./run-lock.ts";

/** What a file journal can be given. */
export interface FileJournalOptions {
  /** Dates entries and locks. Defaults to the machine's own clock. */
  readonly clock?: Clock | undefined;
  /** Names lock owners and files that are being written. Defaults to that of node:crypto. */
  readonly random?: RandomBytes | undefined;
  /** The calls that reach the disk. Defaults to those of node:fs/promises; a test passes others. */
  readonly disk?: Disk | undefined;
}

/**
 * A journal in a folder on a local disk, for one host or several processes on it. It outlasts a crash of the process
 * and a loss of power: an entry that was answered for is on the disk.
 *
 * - `runs/<run>.jsonl`: one entry a line, only ever appended to
 * - `locks/<run>/<n>`: who took the run the n-th time; empty once it was let go. A holder that is dead on this host is
 *   taken over from; one on another host, or in another container, never is
 * - `blobs/<sha256>`: bytes by content
 *
 * Files are for the owner alone (0600, folders 0700). Nothing is created before the first `open` or `put`. The file
 * system must have hard links (all usual ones but FAT have).
 *
 * @param dir created when it is missing
 * @example
 * ```ts
 * import { fileJournal } from "@handfast/core";
 *
 * export const journal = fileJournal(".handfast");
 * ```
 */
export function fileJournal(dir: string, options: FileJournalOptions = {}): Journal {
  const { clock = systemClock, random = randomBytes, disk = nodeDisk } = options;
  const root = resolve(dir);
  const runs = join(root, "runs");
  const instance = `${process.pid}-${Buffer.from(random(8)).toString("hex")}`;
  let marks = 0;
  const mark = (): string => {
    marks += 1;
    return `${instance}-${marks}`;
  };
  const fileOf = (run: string): string => join(runs, `${run}.jsonl`);

  const load = async (run: string): Promise<Uint8Array> => {
    const file = fileOf(run);
    try {
      return await disk.readFile(file);
    } catch (error) {
      if (systemCode(error) === "ENOENT") return new Uint8Array();
      throw unreadable("read run", file, error);
    }
  };

  const startWriter = async (run: string, lock: Awaited<ReturnType<typeof takeRun>>): Promise<RunWriter> => {
    const file = fileOf(run);
    const bytes = await load(run);
    const { entries, wholeBytes } = parseEntries(bytes, run, file);
    if (wholeBytes < bytes.byteLength) await cutOff(disk, file, wholeBytes);
    return fileRunWriter({ disk, file, run, clock, lock, entries: entries.length, bytes: wholeBytes });
  };

  return {
    open: async (run) => {
      checkRunId(run, "open run");
      const folder = join(root, "locks", run);
      const lock = await takeRun({ disk, folder, run, clock, processes: systemProcesses(), mark });
      try {
        return await startWriter(run, lock);
      } catch (error) {
        // What went wrong first is what has to be told.
        await lock.release().catch(() => undefined);
        throw error;
      }
    },
    read: async (run) => {
      checkRunId(run, "read run");
      const { entries } = parseEntries(await load(run), run, fileOf(run));
      if (entries.length === 0) throw runUnknown(run);
      return entries;
    },
    runs: async () => {
      const found = await listRuns(disk, runs);
      const listed: string[] = [];
      for (const run of found) if (await hasEntry(disk, fileOf(run))) listed.push(run);
      return listed.sort();
    },
    blobs: fileBlobs(disk, join(root, "blobs"), mark),
  };
}

/** Removes a line that was being written when the power went. */
async function cutOff(disk: Disk, file: string, wholeBytes: number): Promise<void> {
  try {
    const handle = await disk.open(file, "r+");
    try {
      await handle.truncate(wholeBytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unwritable("open run", file, error);
  }
}

async function listRuns(disk: Disk, folder: string): Promise<string[]> {
  try {
    const names = await disk.readdir(folder);
    return names
      .filter((name) => name.endsWith(".jsonl"))
      .map((name) => name.slice(0, -".jsonl".length))
      .filter(isRunId);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw unreadable("list runs", folder, error);
  }
}

/** Whether the first line of a file is whole, without reading more than that line. */
async function hasEntry(disk: Disk, file: string): Promise<boolean> {
  try {
    const handle = await disk.open(file, "r");
    try {
      const chunk = Buffer.alloc(64 * 1024);
      let hasZeros = false;
      for (let from = 0; ; ) {
        const { bytesRead } = await handle.read(chunk, 0, chunk.byteLength, from);
        if (bytesRead === 0) return false;
        const end = chunk.subarray(0, bytesRead).indexOf("\n");
        hasZeros ||= chunk.subarray(0, end < 0 ? bytesRead : end).includes(0);
        if (end >= 0) return !hasZeros || (await handle.stat()).size > from + end + 1;
        from += bytesRead;
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unreadable("list runs", file, error);
  }
}
