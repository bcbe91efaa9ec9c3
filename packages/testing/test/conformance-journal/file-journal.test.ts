import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileJournal } from "@handfast/core";
import { journalConformance } from "../../src/conformance/journal-conformance.ts";

journalConformance("fileJournal", async (clock) => {
  const dir = await mkdtemp(join(tmpdir(), "handfast-journal-"));
  const make = () => fileJournal(dir, { clock });
  const fileOf = (run: string): string => join(dir, "runs", `${run}.jsonl`);
  return {
    journal: make(),
    again: make,
    elsewhere: (host) => fileJournal(dir, host),
    stored: { read: (run) => readFile(fileOf(run)), write: (run, bytes) => writeFile(fileOf(run), bytes) },
    dispose: () => rm(dir, { recursive: true }),
  };
});
