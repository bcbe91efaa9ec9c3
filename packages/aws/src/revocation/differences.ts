import type { Digest } from "@handfast/core";
import { type ListEntries, listLimits, sizeOf } from "./entries.ts";
import { listsKey, nextKey, rewriteMark, writeLists, writeNext } from "./marks.ts";
import type { KeyBatch } from "./port.ts";

/** What a store holds: entries, and the CRLs that they were made of; `lists` is unknown where others wrote. */
export interface ListContent {
  readonly lists: readonly Digest[] | undefined;
  readonly entries: ListEntries;
  /** Whether a write of somebody's has left its mark. @default false */
  readonly marked?: boolean | undefined;
}

/** A write, batch by batch. Any batch can be made again from the two contents, so none need be kept. */
export interface ListWalk {
  /** One at least. */
  readonly total: number;
  /** The batches that are left after so many. */
  forward(done: number): Iterable<KeyBatch>;
  /** Undoes so many batches, the last one first. */
  backward(done: number): Iterable<KeyBatch>;
}

/** A put, or without a value a delete. */
interface KeyChange {
  readonly key: string;
  readonly value: string | undefined;
}

/** Of the keys that a batch may name one is the mark, and of the last batch two: the lists' names, the mark's end. */
const changesOfBatch = listLimits.batchKeys - 1;
const changesOfLast = listLimits.batchKeys - 2;

/**
 * The writes that make one content of another: only what differs, puts before deletes, the entry `lists` last. So a
 * serial that both revoke is there at every moment. Where old and new together do not fit, deletes come first: they take
 * only what the new content does not revoke.
 *
 * A batch is all or nothing, and but for the last one it leaves a mark of how many are done: whoever finds it knows
 * what the store holds, and can go on or back. Fifty keys and values at their longest are far below the 3 MB of a call.
 */
export function planWalk(
  from: ListContent,
  to: ListContent & { readonly lists: readonly Digest[] },
): ListWalk {
  const { count, deletesFirst } = measure(from.entries, to.entries);
  const { marked = false } = from;
  const total =
    count <= (marked ? changesOfLast : changesOfBatch)
      ? 1
      : Math.ceil((count - changesOfLast) / changesOfBatch) + 1;
  const markAfter = (done: number): string =>
    from.lists === undefined ? rewriteMark : writeNext({ to: to.lists, done, total });

  function* groups(
    done: number,
  ): Generator<{ readonly index: number; readonly changes: readonly KeyChange[] }> {
    let index = 0;
    let changes: KeyChange[] = [];
    for (const change of changesBetween(from.entries, to.entries, deletesFirst)) {
      if (changes.length === changesOfBatch && index < total - 1) {
        if (index >= done) yield { index, changes };
        index += 1;
        changes = [];
      }
      changes.push(change);
    }
    // A full group whose successor has nothing but the marks.
    if (index < total - 1) {
      if (index >= done) yield { index, changes };
      index += 1;
      changes = [];
    }
    if (index >= done) yield { index, changes };
  }

  return {
    total,
    *forward(done) {
      for (const { index, changes } of groups(done)) {
        const ends: readonly KeyChange[] =
          index < total - 1
            ? [{ key: nextKey, value: markAfter(index + 1) }]
            : [
                { key: listsKey, value: writeLists(to.lists) },
                ...(total > 1 || marked ? [{ key: nextKey, value: undefined }] : []),
              ];
        yield batchOf([...changes, ...ends]);
      }
    },
    *backward(done) {
      const undone: (readonly KeyChange[])[] = [];
      for (const { index, changes } of groups(0)) {
        if (index === done) break;
        undone.push(changes);
      }
      for (const [index, changes] of [...undone.entries()].reverse()) {
        const before = changes.map(({ key }) => ({ key, value: from.entries.valueOf(key) }));
        yield batchOf([...before, { key: nextKey, value: index === 0 ? undefined : markAfter(index) }]);
      }
    },
  };
}

function* changesBetween(from: ListEntries, to: ListEntries, deletesFirst: boolean): Generator<KeyChange> {
  if (deletesFirst) yield* deletesBetween(from, to);
  for (const { key, value } of to) if (from.valueOf(key) !== value) yield { key, value };
  if (!deletesFirst) yield* deletesBetween(from, to);
}

function* deletesBetween(from: ListEntries, to: ListEntries): Generator<KeyChange> {
  for (const { key } of from) if (to.valueOf(key) === undefined) yield { key, value: undefined };
}

function measure(from: ListEntries, to: ListEntries): { count: number; deletesFirst: boolean } {
  let count = 0;
  let bytes = 0;
  for (const entry of to) {
    const before = from.valueOf(entry.key);
    bytes += Math.max(sizeOf(entry), before === undefined ? 0 : sizeOf({ key: entry.key, value: before }));
    if (before !== entry.value) count += 1;
  }
  for (const entry of from) {
    if (to.valueOf(entry.key) !== undefined) continue;
    count += 1;
    bytes += sizeOf(entry);
  }
  // The marks have names and values of their own.
  const room = listLimits.bytes - 2 * (listLimits.valueBytes + listsKey.length);
  return { count, deletesFirst: bytes > room };
}

function batchOf(changes: readonly KeyChange[]): KeyBatch {
  return {
    puts: changes.flatMap(({ key, value }) => (value === undefined ? [] : [{ key, value }])),
    deletes: changes.flatMap(({ key, value }) => (value === undefined ? [key] : [])),
  };
}
