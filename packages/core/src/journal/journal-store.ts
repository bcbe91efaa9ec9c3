import type { StoredText } from "./register.ts";

/**
 * What a journal needs of a store: texts by name that are changed by compare-and-swap only, and bytes by name. Object
 * stores, databases and key-value stores with conditional writes have all of it; `storeJournal` makes a journal of it.
 *
 * Reads must see every write that was answered before (S3, GCS and DynamoDB with consistent reads do). Names hold
 * letters, digits, `-`, `_` and `/` only. Whatever a call throws, the journal says by its own error; a `HandfastError`
 * is quoted with its reason, of anything else only the code. Every call is called off by its signal when it takes too
 * long.
 */
export interface JournalStore {
  /** Names the place for a person, e.g. `s3://bucket/handfast`. */
  readonly where: string;
  /** Names of all texts that begin with `prefix`, in any order. */
  list(prefix: string, signal: AbortSignal): Promise<readonly string[]>;
  /** A text, and what names this state of it (an ETag, a counter); undefined when there is none. */
  read(name: string, signal: AbortSignal): Promise<StoredText | undefined>;
  /** What names the state that a text has now: cheaper than to read it. */
  version(name: string, signal: AbortSignal): Promise<string | undefined>;
  /**
   * Writes a text in place of the version given, or of none, in one act: nobody ever reads half of it. Answers with the
   * new version; undefined when another stands there, or when one is there and none was given.
   *
   * A store that tries again by itself may meet its own write: it reads the text back, and if that is the one that it
   * wrote, the answer is its version. No text is ever written twice.
   */
  swap(
    name: string,
    version: string | undefined,
    text: string,
    signal: AbortSignal,
  ): Promise<string | undefined>;
  /** Keeps bytes. The same name comes with the same bytes, each time. */
  putBytes(name: string, bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  /** The bytes; undefined when nobody put them. */
  getBytes(name: string, signal: AbortSignal): Promise<Uint8Array | undefined>;
}
