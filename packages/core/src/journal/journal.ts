import type { Blob, Digest } from "../adapter/contract.ts";
import type { JournalEntry, NewEntry } from "./journal-entry.ts";

/**
 * Where runs are written down: the intent before each remote call, the outcome after it. The port that executor,
 * rollback and report work on; `memoryJournal`, `fileJournal` and `storeJournal` implement it, and a journal of one's
 * own is held to `journalConformance` of `@handfast/testing`.
 *
 * A journal never holds a private key.
 */
export interface Journal {
  /**
   * Opens a run for writing, and takes it together with the objects of the claim, all or nothing: nobody else can write
   * to it, or claim these objects, until the writer is closed, its process is gone, or was not heard of for the time of
   * its lease. Creates the run when there is none; it becomes visible with its first entry. Open first and read then:
   * what was read before may be out of date.
   *
   * @param run an id as `newRunId` makes it
   * @throws HandfastError `JOURNAL_HELD` with the holder and since when, `JOURNAL_CORRUPT`, `JOURNAL_UNWRITABLE`,
   * `FILE_UNREADABLE`; `RUN_UNKNOWN` for what can't be an id
   */
  open(run: string, claim?: Claim): Promise<RunWriter>;
  /**
   * All whole entries of a run, in order. Needs no writer and disturbs none; a torn last line is not an entry.
   *
   * @throws HandfastError `RUN_UNKNOWN` when there is no entry, `JOURNAL_CORRUPT` with the place,
   * `FILE_UNREADABLE`
   */
  read(run: string): Promise<readonly JournalEntry[]>;
  /** Ids of all runs that have an entry, in ascending order; for ids made by `newRunId` that is oldest first. */
  runs(): Promise<readonly string[]>;
  /** The bytes that entries speak of by digest. */
  readonly blobs: BlobStore;
}

/** What a run needs for itself while it is open, beside the run: remote objects by name, across all runs of a journal. */
export interface Claim {
  /** Objects that it writes: nobody else may write them, or rely on them. */
  readonly writes?: readonly string[] | undefined;
  /** Objects that it relies on: others may do so too, and nobody may write them. */
  readonly reads?: readonly string[] | undefined;
  /** Puts out whoever holds any of it, living or not. For break-glass. */
  readonly force?: boolean | undefined;
  /** Ends the wait for a holder of whom nothing is known. */
  readonly signal?: AbortSignal | undefined;
}

/** The one who may write to a run. `await using` closes it. */
export interface RunWriter extends AsyncDisposable {
  /** Grows with every opening in this journal: of two that believe they hold the same, the one with the lower is wrong. */
  readonly fence: number;
  /** Other runs that held some of the claim and were put out of it. */
  readonly evicted: readonly string[];
  /** Aborts when the run, or an object of the claim, was taken by somebody else. Its reason is a `JOURNAL_HELD`. */
  readonly lost: AbortSignal;
  /**
   * Makes sure that all of it is still held: asked right before each remote write. When it resolves, nobody takes over
   * for silence within the next third of the lease. A call that is under way longer than that is its caller's risk.
   *
   * @throws HandfastError `JOURNAL_HELD` when somebody else has taken it; `FILE_UNREADABLE`, `JOURNAL_UNWRITABLE`,
   * `JOURNAL_CORRUPT`; `RUN_STATE` when the writer is closed
   */
  check(): Promise<void>;
  /**
   * Writes an entry, chained to the one before it. When the promise resolves, the entry is on the disk and will be read
   * back as answered here. Calls need not wait for each other: entries are written in the order of the calls.
   *
   * After a failure nothing more can be written here, because it is not known how much reached the disk: close, and
   * open again.
   *
   * @throws HandfastError `JOURNAL_UNWRITABLE`; `JOURNAL_HELD` when somebody else has taken the run over,
   * `JOURNAL_CORRUPT` when the file was changed behind this writer; `RUN_STATE` when the writer is closed
   * @throws {TypeError} when it is no entry, holds what JSON has not, or holds a private key; the writer stays usable
   */
  append(entry: NewEntry): Promise<JournalEntry>;
  /** Waits for what is being written, then lets the run go. Closing again does nothing. */
  close(): Promise<void>;
}

/** Bytes by content. What was put stays. */
export interface BlobStore {
  /**
   * Keeps bytes. The same bytes are kept once.
   *
   * @throws HandfastError `JOURNAL_UNWRITABLE`
   * @throws {TypeError} when the bytes hold a private key in PEM
   */
  put(bytes: Uint8Array): Promise<Blob>;
  /**
   * The bytes, checked against their digest; undefined when nobody put them.
   *
   * @param sha256 lower-case hex
   * @throws HandfastError `JOURNAL_CORRUPT` when the bytes are not those that were put
   */
  get(sha256: Digest): Promise<Uint8Array | undefined>;
}
