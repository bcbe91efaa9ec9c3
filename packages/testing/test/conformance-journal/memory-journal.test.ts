import { memoryJournal } from "@handfast/core";
import { journalConformance } from "../../src/conformance/journal-conformance.ts";

journalConformance("memoryJournal", (clock) => {
  const journal = memoryJournal({ clock });
  return { journal, again: () => journal };
});
