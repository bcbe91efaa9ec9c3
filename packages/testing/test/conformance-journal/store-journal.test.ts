import { type JournalStore, storeJournal } from "@handfast/core";
import { journalConformance } from "../../src/conformance/journal-conformance.ts";

/** A store in memory, with a way to reach behind it. */
function mapStore() {
  const kept = new Map<string, { readonly version: string; readonly bytes: Buffer }>();
  let writes = 0;
  const put = (name: string, bytes: Uint8Array): string => {
    writes += 1;
    kept.set(name, { version: String(writes), bytes: Buffer.from(bytes) });
    return String(writes);
  };
  const store: JournalStore = {
    where: "a map",
    list: async (prefix) => [...kept.keys()].filter((name) => name.startsWith(prefix)).reverse(),
    read: async (name) => {
      const found = kept.get(name);
      return found && { version: found.version, text: found.bytes.toString() };
    },
    version: async (name) => kept.get(name)?.version,
    swap: async (name, version, text) =>
      kept.get(name)?.version === version ? put(name, Buffer.from(text)) : undefined,
    putBytes: async (name, bytes) => void put(name, bytes),
    getBytes: async (name) => {
      const found = kept.get(name);
      return found && Uint8Array.from(found.bytes);
    },
  };
  return { store, kept, put };
}

/** The lines of a part, and its last, which says who wrote it. */
function cut(part: Buffer | undefined): readonly [Buffer, Buffer] {
  const bytes = part ?? Buffer.of();
  const last = bytes.lastIndexOf("\n", -2) + 1;
  return [bytes.subarray(0, last), bytes.subarray(last)];
}

journalConformance("storeJournal", (clock) => {
  const { store, kept, put } = mapStore();
  const make = () => storeJournal(store, { clock });
  const partsOf = (run: string) => [...kept.keys()].filter((name) => name.startsWith(`runs/${run}/`)).sort();
  return {
    journal: make(),
    again: make,
    elsewhere: (host) => storeJournal(store, host),
    stored: {
      isAtomic: true,
      read: async (run) => Buffer.concat(partsOf(run).map((name) => cut(kept.get(name)?.bytes)[0])),
      write: async (run, bytes) => {
        const [first = "", ...others] = partsOf(run);
        const [, end] = cut(kept.get(first)?.bytes);
        for (const name of others) kept.delete(name);
        put(first, Buffer.concat([bytes, end]));
      },
    },
  };
});
