import { describe } from "vitest";
import { testAppending } from "./journal/appending.ts";
import { testBlobs } from "./journal/blobs.ts";
import { testClaiming } from "./journal/claiming.ts";
import { testHolding } from "./journal/holding.ts";
import type { MakeJournal } from "./journal/journal-under-test.ts";
import { testReading } from "./journal/reading.ts";
import { testSilence } from "./journal/silence.ts";
import { testTearing } from "./journal/tearing.ts";

/**
 * Holds a journal to every promise of the `Journal` port, as vitest tests: order, exclusiveness, leases, recovery, refusal
 * of keys, blobs. Call it at the top level of a test file. The cases that damage a run need `stored`, those of holders
 * that fall silent need `elsewhere`.
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
    testClaiming(makeJournal);
    testSilence(makeJournal);
    testBlobs(makeJournal);
    testTearing(makeJournal);
  });
}
