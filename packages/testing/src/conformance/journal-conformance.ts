import type { Clock, Journal } from "@handfast/core";
import { describe } from "vitest";
import { testAppending } from "./journal/appending.ts";
import { testBlobs } from "./journal/blobs.ts";
import { testHolding } from "./journal/holding.ts";
import { testReading } from "./journal/reading.ts";
import { testTearing } from "./journal/tearing.ts";

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

/**
 * Holds a journal to every promise of the `Journal` port, as vitest tests: order, exclusiveness, recovery, refusal of
 * keys, blobs. Call it at the top level of a test file. The cases that tear a run need `stored`.
 *
 * @param name stands in the tests' titles
 * @example
 * ```ts
 * import { memoryJournal } from "@handfast/core";
 * import { journalConformance } from "@handfast/testing/conformance";
 *
 * export function testMemoryJournal(): void {
 *   journalConformance("memoryJournal", (clock) => {
 *     const journal = memoryJournal({ clock });
 *     return { journal, again: () => journal };
 *   });
 * }
 * ```
 */
export function journalConformance(name: string, makeJournal: MakeJournal): void {
  describe(name, () => {
    testAppending(makeJournal);
    testReading(makeJournal);
    testHolding(makeJournal);
    testBlobs(makeJournal);
    testTearing(makeJournal);
  });
}
