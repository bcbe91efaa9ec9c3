import type { Blob, Digest } from "../adapter/contract.ts";
import type { JournalEntry, NewEntry } from "./journal-entry.ts";

/**
 * Where runs are written down: the intent before each remote call, the outcome after it. The port that executor,
 * rollback and report work on; `memoryJournal` and `fileJournal` implement it, and a store of one's own is held to
 * `journalConformance` of `@handfast/testing`.
 *
 * A journal never holds a private key.
 */
export interface Journal {
  /**
   * Opens a run for writing, and takes it: nobody else can write to it until the writer is closed or its process is
   * gone. Creates the run when there is none; it becomes visible with its first entry. Open first and read then:
   * what was read before may be out of date.
   *
   * @param run an id as `newRunId` makes it
   * @throws HandfastError `JOURNAL_HELD` with the holder and since when, `JOURNAL_CORRUPT`, `JOURNAL_UNWRITABLE`,
   * `FILE_UNREADABLE`; `RUN_UNKNOWN` for what can't be an id
   */
  open(run: string): Promise<RunWriter>;
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

/** The one who may write to a run. `await using` closes it. */
export interface RunWriter extends AsyncDisposable {
  /**
   * Writes an entry. When the promise resolves, the entry is on the disk and will be read back as answered here.
   * Calls need not wait for each other: entries are written in the order of the calls.
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
