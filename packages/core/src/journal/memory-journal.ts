import { randomBytes } from "node:crypto";
import { type Clock, systemClock } from "../clock.ts";
import type { BoundedStore } from "./bounded-store.ts";
import type { Journal } from "./journal.ts";
import type { StoredText } from "./register.ts";
import type { RandomBytes } from "./run-id.ts";
import { journalOn } from "./store-journal.ts";

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
  const mark = (): string => Buffer.from(random(8)).toString("hex");
  return journalOn({ store: memoryStore(), clock, mark, leaseMs, processes: undefined });
}

function memoryStore(): BoundedStore {
  const texts = new Map<string, StoredText>();
  const bytes = new Map<string, Uint8Array>();
  let writes = 0;
  return {
    where: "memory",
    list: async (prefix) => [...texts.keys()].filter((name) => name.startsWith(prefix)),
    read: async (name) => texts.get(name),
    version: async (name) => texts.get(name)?.version,
    swap: async (name, version, text) => {
      if (texts.get(name)?.version !== version) return undefined;
      writes += 1;
      texts.set(name, { version: String(writes), text });
      return String(writes);
    },
    putBytes: async (name, given) => void bytes.set(name, new Uint8Array(given)),
    getBytes: async (name) => {
      const found = bytes.get(name);
      return found && new Uint8Array(found);
    },
  };
}
