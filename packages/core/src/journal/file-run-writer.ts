import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "../clock.ts";
import { isHandfastError } from "../errors.ts";
import { type Disk, makeFolder, syncFolder } from "./disk.ts";
import { encodeEntry } from "./entry-text.ts";
import type { RunWriter } from "./journal.ts";
import { fileChanged, unwritable, writerClosed } from "./journal-errors.ts";
import type { Lease } from "./lease.ts";

/** What a writer goes on from. */
export interface FileRunState {
  readonly disk: Disk;
  readonly file: string;
  readonly run: string;
  readonly clock: Clock;
  readonly lease: Lease;
  /** How many entries the file holds, and how many bytes they take. */
  readonly entries: number;
  /** What the next entry is chained to. */
  readonly head: string;
  readonly bytes: number;
}

/**
 * Appends entries to the file of a run, in the order of the calls. What comes while a write is under way waits, and goes
 * out together: one write and one fdatasync for all of it, since the sync is what takes time. Lines behind the first of
 * a write start with a space, so that a reader knows which of them a loss of power may have torn together.
 */
export function fileRunWriter(state: FileRunState): RunWriter {
  const { disk, file, run, clock, lease } = state;
  const operation = "append to journal";
  let next = state.entries;
  let size = state.bytes;
  let head = state.head;
  let handle: FileHandle | undefined;
  let waiting: string[] = [];
  /** The write that the waiting lines will go out with. */
  let coming: Promise<void> = Promise.resolve();
  let last: Promise<unknown> = coming;
  let closed: Promise<void> | undefined;
  let failure: unknown;

  /** Refuses to add to a file that is not as this writer left it: moved away, cut off, or written by somebody else. */
  const checkFile = async (opened: FileHandle): Promise<void> => {
    const found = await opened.stat();
    if (found.nlink === 0 || found.size !== size) throw fileChanged(run, file);
  };

  const create = async (): Promise<FileHandle> => {
    await makeFolder(disk, dirname(file));
    return disk.open(file, "a", 0o600);
  };

  const writeWaiting = async (): Promise<void> => {
    const lines = Buffer.from(waiting.join(""));
    waiting = [];
    if (failure !== undefined) throw failure;
    try {
      const isFirst = handle === undefined;
      handle ??= await create();
      const checks = await Promise.allSettled([lease.check(operation), checkFile(handle)]);
      for (const check of checks) if (check.status === "rejected") throw check.reason;
      await handle.appendFile(lines);
      await handle.datasync();
      if (isFirst) await syncFolder(disk, dirname(file));
      size += lines.byteLength;
    } catch (error) {
      failure = isHandfastError(error) ? error : unwritable(operation, file, error);
      throw failure;
    }
  };

  const close = (): Promise<void> => {
    closed ??= (async () => {
      await last;
      try {
        await handle?.close();
      } catch (error) {
        throw unwritable("close run", file, error);
      } finally {
        await lease.release();
      }
    })();
    return closed;
  };

  return {
    fence: lease.fence,
    evicted: lease.evicted,
    lost: lease.lost,
    check: async () => {
      if (closed !== undefined) throw writerClosed("write", run);
      await lease.check("write");
    },
    append: async (added) => {
      if (closed !== undefined) throw writerClosed(operation, run);
      // Made into text at once: what the caller does to the object later is not written.
      const at = new Date(clock.now()).toISOString();
      const { text, entry, digest } = encodeEntry(added, { run, seq: next, at, prev: head });
      next += 1;
      head = digest;
      const isFirst = waiting.length === 0;
      waiting.push(`${isFirst ? "" : " "}${text}\n`);
      if (isFirst) {
        coming = last.then(writeWaiting);
        last = coming.catch(() => undefined);
      }
      await coming;
      return entry;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
