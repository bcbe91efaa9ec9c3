import { hostname } from "node:os";
import { sha256 } from "../certificate/digest.ts";
import { type Clock, systemClock } from "../clock.ts";
import { decodeEntry, encodeEntry, refuseKeyInBlob } from "./entry-text.ts";
import type { BlobStore, Journal, RunWriter } from "./journal.ts";
import { journalCorrupt, runHeld, runUnknown, writerClosed } from "./journal-errors.ts";
import { checkRunId } from "./run-id.ts";

/** What a memory journal can be given. */
export interface MemoryJournalOptions {
  /** Dates the entries. Defaults to the machine's own clock. */
  readonly clock?: Clock | undefined;
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
export function memoryJournal({ clock = systemClock }: MemoryJournalOptions = {}): Journal {
  // Entries are kept as text, so nobody can change one through an object that was handed in or out.
  const texts = new Map<string, string[]>();
  const heldSince = new Map<string, string>();
  const now = (): string => new Date(clock.now()).toISOString();

  const writeTo = (run: string): RunWriter => {
    let open = true;
    const close = async (): Promise<void> => {
      if (open) heldSince.delete(run);
      open = false;
    };
    return {
      append: async (added) => {
        if (!open) throw writerClosed(run);
        const kept = texts.get(run) ?? [];
        const { text, entry } = encodeEntry(added, { run, seq: kept.length, at: now() });
        texts.set(run, [...kept, text]);
        return entry;
      },
      close,
      [Symbol.asyncDispose]: close,
    };
  };

  return {
    open: async (run) => {
      checkRunId(run, "open run");
      const since = heldSince.get(run);
      if (since !== undefined) throw runHeld("open run", run, { host: hostname(), pid: process.pid, since });
      heldSince.set(run, now());
      return writeTo(run);
    },
    read: async (run) => {
      checkRunId(run, "read run");
      const kept = texts.get(run);
      if (kept === undefined) throw runUnknown(run);
      return kept.map((text, seq) => {
        const entry = decodeEntry(text, { run, seq });
        if ("unreadable" in entry) throw journalCorrupt(run, "memory", seq + 1, entry.unreadable);
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
