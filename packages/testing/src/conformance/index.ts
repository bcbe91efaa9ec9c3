/** `@handfast/testing/conformance`: every promise of the contracts for adapters and journals, as vitest tests. */

export { type AdapterCase, runAdapterCase } from "./adapter/adapter-case.ts";
export type {
  AdapterUnderTest,
  AdapterWorld,
  ConformanceIssuer,
  WorldFault,
  WorldFaultInForce,
  WorldFaults,
} from "./adapter/adapter-world.ts";
export { adapterCases, adapterConformance } from "./adapter-conformance.ts";
export type { JournalUnderTest, MakeJournal, OtherHost, StoredRuns } from "./journal/journal-under-test.ts";
export { journalConformance } from "./journal-conformance.ts";
export { putBack } from "./put-back.ts";
