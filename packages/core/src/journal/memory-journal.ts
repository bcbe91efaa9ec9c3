import { randomBytes } from "node:crypto";
import { sha256 } from "../certificate/digest.ts";
import { type Clock, systemClock } from "../clock.ts";
import { decodeEntry, encodeEntry, refuseKeyInBlob } from "./entry-text.ts";
import type { BlobStore, Journal, RunWriter } from "./journal.ts";
import { noEntry } from "./journal-entry.ts";
import { journalCorrupt, runUnknown, writerClosed } from "./journal-errors.ts";
import { type Lease, takeLease } from "./lease.ts";
import { systemProcesses } from "./process-mark.ts";
import { memoryRegister } from "./register.ts";
import { checkRunId, type RandomBytes } from "./run-id.ts";

/** What a memory journal can be given. */
export interface MemoryJournalOptions {
  /** Dates the entries. Defaults to the machine's own clock. */
  readonly clock?: Clock | undefined;
  /** Names the owners of leases. Defaults to that of node:crypto. */
  readonly random?: RandomBytes | undefined;
  /**
   * For how long a holder may be silent before a run is taken over from it, in milliseconds. Default: a run is held as
   * long as the process lives.
   */
  readonly leaseMs?: number | undefined;
}

/**
 * A journal that lives as long as the process: for tests and trials. A run in it can't be resumed after a crash.
 *
 * @example
 * ```ts
 * import { memoryJournal, newRunId } from "@handfast/core";
 *
 * export const journal = memoryJournal();
 * const writer = await journal.open(newRunId());
 * await writer.append({ kind: "run-resumed" });
 * await writer.close();
 * ```
 */
export function memoryJournal(options: MemoryJournalOptions = {}): Journal {
  const { clock = systemClock, random = randomBytes, leaseMs } = options;
  // Entries are kept as text, so nobody can change one through an object that was handed in or out.
  const texts = new Map<string, string[]>();
  const register = memoryRegister();
  const now = (): string => new Date(clock.now()).toISOString();
  const mark = (): string => Buffer.from(random(8)).toString("hex");

  const writeTo = (run: string, lease: Lease): RunWriter => {
    const kept = texts.get(run) ?? [];
    const newest = kept.at(-1);
    let head = newest === undefined ? noEntry : sha256(newest);
    let next = kept.length;
    let last: Promise<unknown> = Promise.resolve();
    let closed: Promise<void> | undefined;
    const write = async (text: string): Promise<void> => {
      await lease.check("append to journal");
      kept.push(text);
      texts.set(run, kept);
    };
    const close = (): Promise<void> => {
      closed ??= last.catch(() => undefined).then(() => lease.release());
      return closed;
    };
    return {
      fence: lease.fence,
      evicted: lease.evicted,
      lost: lease.lost,
      check: () => lease.check("write"),
      append: async (added) => {
        if (closed !== undefined) throw writerClosed(run);
        const { text, entry, digest } = encodeEntry(added, { run, seq: next, at: now(), prev: head });
        next += 1;
        head = digest;
        // a failure is passed on to all that follow: their numbers and chain would be wrong
        last = last.then(() => write(text));
        await last;
        return entry;
      },
      close,
      [Symbol.asyncDispose]: close,
    };
  };

  return {
    open: async (run, claim = {}) => {
      checkRunId(run, "open run");
      const site = { register, clock, processes: systemProcesses(), mark, leaseMs };
      return writeTo(run, await takeLease(site, run, claim));
    },
    read: async (run) => {
      checkRunId(run, "read run");
      const kept = texts.get(run);
      if (kept === undefined) throw runUnknown(run);
      let prev = noEntry;
      return kept.map((text, seq) => {
        const entry = decodeEntry(text, { run, seq, prev });
        if ("unreadable" in entry) throw journalCorrupt(run, "memory", seq + 1, entry.unreadable);
        prev = sha256(text);
        return entry;
      });
    },
    runs: async () => [...texts.keys()].sort(),
    blobs: memoryBlobs(),
  };
}

function memoryBlobs(): BlobStore {
  const kept = new Map<string, Uint8Array>();
  return {
    put: async (bytes) => {
      refuseKeyInBlob(bytes);
      const digest = sha256(bytes);
      kept.set(digest, new Uint8Array(bytes));
      return { sha256: digest, size: bytes.byteLength };
    },
    get: async (digest) => {
      const bytes = kept.get(digest);
      return bytes === undefined ? undefined : new Uint8Array(bytes);
    },
  };
}
