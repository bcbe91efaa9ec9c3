import type { Clock, Journal, StoreJournalOptions } from "@handfast/core";

/** A journal to be tested, over a store of its own that is empty. */
export interface JournalUnderTest {
  readonly journal: Journal;
  /** Another instance over the same store, as another process would have it; the same one where that can't be. */
  again(): Journal;
  /**
   * An instance over the same store as another host would have it. Left out where a journal can't be shared, or where
   * silence ends no lease.
   */
  readonly elsewhere?: ((host: OtherHost) => Journal) | undefined;
  /** The bytes of a run as they are stored, for stores that can be reached behind the journal. */
  readonly stored?: StoredRuns | undefined;
  /**
   * Resolves when no call of any instance is under way, for stores beyond this process: time is turned only then, so
   * that a call takes none of it.
   */
  readonly idle?: (() => Promise<void>) | undefined;
  /** Called after each test. */
  dispose?(): Promise<void>;
}

/** What another host has of its own. */
export interface OtherHost {
  /** Stands still while the host is frozen. */
  readonly clock: Clock;
  /** No process of it can be looked at from anywhere else, nor any other from there. */
  readonly processes: NonNullable<StoreJournalOptions["processes"]>;
  /** For how long a holder may be silent, in milliseconds. */
  readonly leaseMs: number;
}

/** Reaches behind a journal. */
export interface StoredRuns {
  /** One line of JSON for each entry, each with a line feed. */
  read(run: string): Promise<Uint8Array>;
  write(run: string, bytes: Uint8Array): Promise<void>;
  /** True where the store writes all of a line or nothing. Default: a crash may leave half of one. */
  readonly isAtomic?: boolean | undefined;
}

/** Makes a journal with an empty store, whose entries are dated by `clock`. */
export type MakeJournal = (clock: Clock) => JournalUnderTest | Promise<JournalUnderTest>;
