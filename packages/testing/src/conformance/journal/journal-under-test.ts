import type { Clock, Journal } from "@handfast/core";

/** A journal to be tested, over a store of its own that is empty. */
export interface JournalUnderTest {
  readonly journal: Journal;
  /** Another instance over the same store, as another process would have it; the same one where that can't be. */
  again(): Journal;
  /** The bytes of a run as they are stored, for stores that can be torn by a crash. One line of JSON for each entry. */
  readonly stored?: StoredRuns | undefined;
  /** Called after each test. */
  dispose?(): Promise<void>;
}

/** Reaches behind a journal. */
export interface StoredRuns {
  read(run: string): Promise<Uint8Array>;
  write(run: string, bytes: Uint8Array): Promise<void>;
}

/** Makes a journal with an empty store, whose entries are dated by `clock`. */
export type MakeJournal = (clock: Clock) => JournalUnderTest | Promise<JournalUnderTest>;
