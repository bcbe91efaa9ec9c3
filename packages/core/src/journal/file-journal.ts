import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import { type Clock, systemClock } from "../clock.ts";
import { type Disk, nodeDisk } from "./disk.ts";
import { fileBlobs } from "./file-blobs.ts";
import { fileRegister } from "./file-register.ts";
import { fileRunWriter } from "./file-run-writer.ts";
import type { Journal, RunWriter } from "./journal.ts";
import { runUnknown, systemCode, unreadable, unwritable } from "./journal-errors.ts";
import { defaultLeaseMs, type Lease, takeLease } from "./lease.ts";
import { marksOf } from "./marks.ts";
import { parseEntries } from "./parse-entries.ts";
import { type ProcessTable, systemProcesses } from "./process-mark.ts";
import { checkRunId, isRunId, type RandomBytes } from "./run-id.ts";

/** What a file journal can be given. */
export interface FileJournalOptions {
  /** Dates entries and locks. Defaults to the machine's own clock. */
  readonly clock?: Clock | undefined;
  /** Names lock owners and files that are being written. Defaults to that of node:crypto. */
  readonly random?: RandomBytes | undefined;
  /** For how long a holder may be silent before its runs are taken over, in milliseconds. Default 30 seconds. */
  readonly leaseMs?: number | undefined;
  /** How processes of this host are told from others, dead from alive. Defaults to the machine's; a test passes others. */
  readonly processes?: ProcessTable | undefined;
  /** The calls that reach the disk. Defaults to those of node:fs/promises; a test passes others. */
  readonly disk?: Disk | undefined;
}

/**
 * A journal in a folder, for one process or several on one host; for several hosts where they share a disk on which a
 * hard link is made once only. It outlasts a crash of the process and a loss of power: an entry that was answered for is
 * on the disk.
 *
 * - `runs/<run>.jsonl`: one entry a line, chained by digest, only ever appended to
 * - `leases/<n>`: who holds which runs and objects; the highest number counts. A holder that is dead on this host is
 *   taken over from at once; one on another host, or in another container, when it was silent for the time of its lease
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
  const { clock = systemClock, random = randomBytes, disk = nodeDisk, leaseMs = defaultLeaseMs } = options;
  const root = resolve(dir);
  const runs = join(root, "runs");
  const mark = marksOf(random);
  const register = fileRegister(disk, join(root, "leases"), mark);
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

  const startWriter = async (run: string, lease: Lease): Promise<RunWriter> => {
    const file = fileOf(run);
    const bytes = await load(run);
    const { entries, head, wholeBytes } = parseEntries(bytes, run, file);
    if (wholeBytes < bytes.byteLength) await cutOff(disk, file, wholeBytes);
    const state = { disk, file, run, clock, lease };
    return fileRunWriter({ ...state, entries: entries.length, head, bytes: wholeBytes });
  };

  return {
    open: async (run, claim = {}) => {
      checkRunId(run, "open run");
      const { processes = systemProcesses() } = options;
      const lease = await takeLease({ register, clock, processes, mark, leaseMs }, run, claim);
      try {
        return await startWriter(run, lease);
      } catch (error) {
        await lease.release();
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
