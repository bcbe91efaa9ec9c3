import { type Clock, inTime } from "../clock.ts";
import { HandfastError, type HandfastErrorCode, isHandfastError } from "../errors.ts";
import { unreadable, unwritable } from "./journal-errors.ts";
import type { JournalStore } from "./journal-store.ts";

/** What a journal says by itself; anything else that a store throws is put into these words. */
const journalCodes: readonly HandfastErrorCode[] = [
  "FILE_UNREADABLE",
  "JOURNAL_CORRUPT",
  "JOURNAL_HELD",
  "JOURNAL_UNWRITABLE",
];

/** A store whose calls end by themselves. */
export type BoundedStore = {
  readonly [K in keyof JournalStore]: JournalStore[K] extends (
    ...given: [...infer Given, AbortSignal]
  ) => infer Answer
    ? (...given: Given) => Answer
    : JournalStore[K];
};

/**
 * A store whose every call ends: with an answer, or with a journal's error after `callMs` milliseconds, whether or not
 * the store itself listens to the signal.
 */
export function boundedStore(store: JournalStore, clock: Clock, callMs: number): BoundedStore {
  const call = async <R>(
    fail: typeof unreadable,
    operation: string,
    name: string,
    send: (signal: AbortSignal) => Promise<R>,
  ): Promise<R> => {
    const deadline = new AbortController();
    try {
      const answer = await inTime(clock, callMs, send(deadline.signal));
      if (answer !== undefined) return answer.value;
      deadline.abort();
      throw noAnswer(callMs);
    } catch (error) {
      if (isHandfastError(error) && journalCodes.includes(error.code)) throw error;
      throw fail(operation, `${store.where}/${name}`, error);
    }
  };
  const reading = unreadable;

  return {
    where: store.where,
    list: (prefix) => call(reading, "list journal", prefix, (signal) => store.list(prefix, signal)),
    read: (name) => call(reading, "read journal", name, (signal) => store.read(name, signal)),
    version: (name) => call(reading, "read journal", name, (signal) => store.version(name, signal)),
    swap: (name, version, text) =>
      call(unwritable, "write journal", name, (signal) => store.swap(name, version, text, signal)),
    putBytes: (name, bytes) =>
      call(unwritable, "put blob", name, (signal) => store.putBytes(name, bytes, signal)),
    getBytes: (name) => call(reading, "read blob", name, (signal) => store.getBytes(name, signal)),
  };
}

function noAnswer(callMs: number): HandfastError {
  return new HandfastError(
    "REMOTE_UNAVAILABLE",
    `no answer came within ${callMs} ms; see whether the store can be reached from here, then try again`,
    { outcomeUnknown: true },
  );
}
