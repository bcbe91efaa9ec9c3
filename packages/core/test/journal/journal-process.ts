/** A process that works on a journal as it is told on its standard input, and answers each line with one line of JSON. */
import { createInterface } from "node:readline";
import { isHandfastError } from "../../src/errors.ts";
import { fileJournal } from "../../src/journal/file-journal.ts";
import type { RunWriter } from "../../src/journal/journal.ts";

const journal = fileJournal(process.argv[2] ?? "");
let writer: RunWriter | undefined;

const commands: Record<string, (value: string) => Promise<unknown>> = {
  open: async (run) => {
    writer = await journal.open(run);
    return "open";
  },
  // `claim run:a,b`: opens a run that writes a and b.
  claim: async (value) => {
    const [run = "", objects = ""] = value.split(":");
    writer = await journal.open(run, { writes: objects.split(",") });
    return writer.evicted;
  },
  check: async () => writer?.check(),
  append: async (step) => (await writer?.append({ kind: "step-settled", step }))?.seq,
  // Appends until the disk refuses or the process is killed; an answer for each entry that was taken.
  flood: async (length) => {
    for (let count = 0; ; count += 1) {
      const entry = await writer?.append({
        kind: "step-settled",
        step: `${count} ${"x".repeat(Number(length))}`,
      });
      answer({ seq: entry?.seq });
    }
  },
  close: async () => writer?.close(),
};

function answer(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

answer("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const [command = "", value = ""] = line.split(" ");
  try {
    answer({ done: await commands[command]?.(value) });
  } catch (error) {
    answer(isHandfastError(error) ? { code: error.code, message: error.message } : { defect: String(error) });
  }
}
