import { memoryJournal } from "@handfast/core";
import { journalConformance } from "../../src/conformance/journal-conformance.ts";

journalConformance("memoryJournal", (clock) => {
  const journal = memoryJournal({ clock });
  return { journal, again: () => journal };
});

journalConformance("memoryJournal with leases", (clock) => {
  const journal = memoryJournal({ clock, leaseMs: 30_000 });
  return { journal, again: () => journal };
});
