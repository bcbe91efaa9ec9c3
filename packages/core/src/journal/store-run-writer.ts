import type { Clock } from "../clock.ts";
import type { BoundedStore } from "./bounded-store.ts";
import { encodeEntry } from "./entry-text.ts";
import type { RunWriter } from "./journal.ts";
import { leaseLost, writerClosed } from "./journal-errors.ts";
import type { Lease } from "./lease.ts";
import { isFull, type PartEnd, partForNext, type RunContent, type RunPart, writePart } from "./run-parts.ts";

/** What a writer goes on from. */
export interface StoreRunState {
  readonly store: BoundedStore;
  readonly run: string;
  readonly clock: Clock;
  readonly lease: Lease;
  readonly content: RunContent;
  readonly end: PartEnd;
}

interface Waiting {
  readonly line: string;
  readonly written: () => void;
  readonly failed: (reason: unknown) => void;
}

/**
 * Appends entries to the last part of a run. While a part is being written others wait, and go out together with the
 * next: many appends cost few calls.
 */
export function storeRunWriter({ store, run, clock, lease, content, end }: StoreRunState): RunWriter {
  const operation = "append to journal";
  let { head, tail } = content;
  let next = content.entries.length;
  let waiting: Waiting[] = [];
  let writing: Promise<void> | undefined;
  let closed: Promise<void> | undefined;
  let failure: { readonly reason: unknown } | undefined;

  /** Writes entries from `first` on, as many as the part has room for. Answers with the first that is left. */
  const writeSome = async (first: number): Promise<number> => {
    const part = partForNext(tail);
    let { lines } = part;
    let after = first;
    while (after < waiting.length && (after === first || !isFull(lines))) {
      lines += waiting[after]?.line ?? "";
      after += 1;
    }
    await lease.check(operation);
    const written: RunPart = { ...part, lines };
    const version = await writePart(store, run, written, end);
    // somebody else stands where these entries are due
    if (version === undefined) throw leaseLost(operation, run);
    tail = { ...written, version };
    for (const { written: tell } of waiting.slice(first, after)) tell();
    return after;
  };

  const writeAll = async (): Promise<void> => {
    // what is appended in one go is written in one go
    await Promise.resolve();
    let first = 0;
    try {
      while (first < waiting.length) first = await writeSome(first);
    } catch (reason) {
      failure = { reason };
      for (const { failed } of waiting.slice(first)) failed(reason);
    }
    waiting = [];
    writing = undefined;
  };

  const close = (): Promise<void> => {
    closed ??= Promise.resolve(writing).then(() => lease.release());
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
      // What follows a failure would have a wrong number and a wrong chain.
      if (failure !== undefined) throw failure.reason;
      next += 1;
      head = digest;
      const done = new Promise<void>((written, failed) => {
        waiting.push({ line: `${text}\n`, written, failed });
      });
      writing ??= writeAll();
      await done;
      return entry;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
