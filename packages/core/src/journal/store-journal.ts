import { randomBytes } from "node:crypto";
import { sha256 } from "../certificate/digest.ts";
import { type Clock, systemClock } from "../clock.ts";
import { type BoundedStore, boundedStore } from "./bounded-store.ts";
import { refuseKeyInBlob } from "./entry-text.ts";
import type { BlobStore, Journal } from "./journal.ts";
import { blobCorrupt, runUnknown } from "./journal-errors.ts";
import type { JournalStore } from "./journal-store.ts";
import { defaultLeaseMs, type LeaseSite, takeLease } from "./lease.ts";
import { marksOf } from "./marks.ts";
import { type ProcessTable, systemProcesses } from "./process-mark.ts";
import type { Register } from "./register.ts";
import { checkRunId, isRunId, type RandomBytes } from "./run-id.ts";
import { readParts, runOf, runsPrefix, sealRun } from "./run-parts.ts";
import { storeRunWriter } from "./store-run-writer.ts";

/** What a journal on a store can be given. */
export interface StoreJournalOptions {
  /** Dates entries, measures silence and the length of calls. Defaults to the machine's own clock. */
  readonly clock?: Clock | undefined;
  /** Tells writers apart. Defaults to that of node:crypto. */
  readonly random?: RandomBytes | undefined;
  /** For how long a holder may be silent before its runs are taken over, in milliseconds. Default 30 seconds. */
  readonly leaseMs?: number | undefined;
  /** After so many milliseconds a call to the store has failed. Default a third of `leaseMs`, at most 10 seconds. */
  readonly callMs?: number | undefined;
  /** How processes of this host are told from others, dead from alive. Defaults to the machine's; a test passes others. */
  readonly processes?: ProcessTable | undefined;
}

/** What the parts of a journal on a store work with. */
interface Site extends Omit<LeaseSite, "register" | "processes"> {
  readonly store: BoundedStore;
  readonly processes: ProcessTable | undefined;
}

/**
 * A journal on a store of one's own: a bucket, a table, a key-value store, whatever has conditional writes. `s3Journal`
 * of `@handfast/aws` is made of it.
 *
 * - `leases`: who holds which runs and objects, changed by compare-and-swap
 * - `runs/<run>/<part>`: entries, one a line, chained by digest; the last line says who wrote the part. A part is
 *   rewritten with what is added, until it has 64 Ki characters. Who opens a run rewrites its last part first, so that
 *   nothing that an earlier writer still has under way can follow
 * - `blobs/<sha256>`: bytes by content
 *
 * Opening a run takes five calls, an entry two (is the lease still held; the write), entries that wait for each other
 * share them; a run that is open takes two more each third of `leaseMs`.
 *
 * @example
 * ```ts
 * import { type JournalStore, storeJournal } from "@handfast/core";
 *
 * const texts = new Map<string, { version: string; text: string }>();
 * const bytes = new Map<string, Uint8Array>();
 * let writes = 0;
 * const store: JournalStore = {
 *   where: "this process",
 *   list: async (prefix) => [...texts.keys()].filter((name) => name.startsWith(prefix)),
 *   read: async (name) => texts.get(name),
 *   version: async (name) => texts.get(name)?.version,
 *   swap: async (name, version, text) => {
 *     if (texts.get(name)?.version !== version) return undefined;
 *     writes += 1;
 *     texts.set(name, { version: String(writes), text });
 *     return String(writes);
 *   },
 *   putBytes: async (name, given) => void bytes.set(name, Uint8Array.from(given)),
 *   getBytes: async (name) => bytes.get(name)?.slice(),
 * };
 *
 * export const journal = storeJournal(store);
 * ```
 */
export function storeJournal(store: JournalStore, options: StoreJournalOptions = {}): Journal {
  const { clock = systemClock, random = randomBytes, leaseMs = defaultLeaseMs, processes } = options;
  const { callMs = Math.min(10_000, leaseMs / 3) } = options;
  const mark = marksOf(random);
  return journalOn({ store: boundedStore(store, clock, callMs), clock, mark, leaseMs, processes });
}

/** The journal on a store whose calls end by themselves. */
export function journalOn({ store, clock, mark, leaseMs, processes }: Site): Journal {
  const register = leasesIn(store);
  return {
    open: async (run, claim = {}) => {
      checkRunId(run, "open run");
      const site = { register, clock, processes: processes ?? systemProcesses(), mark, leaseMs };
      const lease = await takeLease(site, run, claim);
      try {
        const end = { by: mark(), fence: lease.fence };
        const content = await sealRun(store, run, end);
        return storeRunWriter({ store, run, clock, lease, content, end });
      } catch (error) {
        await lease.release();
        throw error;
      }
    },
    read: async (run) => {
      checkRunId(run, "read run");
      const { entries } = await readParts(store, run);
      if (entries.length === 0) throw runUnknown(run);
      return entries;
    },
    runs: async () => {
      const listed = (await store.list(runsPrefix)).flatMap((name) => runOf(name) ?? []);
      return [...new Set(listed)].filter(isRunId).sort();
    },
    blobs: blobsIn(store),
  };
}

function leasesIn(store: BoundedStore): Register {
  const name = "leases";
  return {
    where: `${store.where}/${name}`,
    read: () => store.read(name),
    version: () => store.version(name),
    swap: (version, text) => store.swap(name, version, text),
  };
}

function blobsIn(store: BoundedStore): BlobStore {
  const nameOf = (digest: string): string => `blobs/${digest}`;
  return {
    put: async (bytes) => {
      refuseKeyInBlob(bytes);
      const digest = sha256(bytes);
      await store.putBytes(nameOf(digest), bytes);
      return { sha256: digest, size: bytes.byteLength };
    },
    get: async (digest) => {
      if (!/^[0-9a-f]{64}$/.test(digest)) return undefined;
      const bytes = await store.getBytes(nameOf(digest));
      if (bytes !== undefined && sha256(bytes) !== digest) {
        throw blobCorrupt(digest, `${store.where}/${nameOf(digest)}`);
      }
      return bytes;
    },
  };
}
