import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { isHandfastError } from "../../src/errors.ts";
import type { NewEntry } from "../../src/journal/journal-entry.ts";

/** An empty folder for one test. */
export async function runFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "handfast-journal-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** A short entry, told from others by `step`. */
export function settled(step: string | number): NewEntry {
  return { kind: "step-settled", step: String(step) };
}

/** The code of the handfast error that a promise rejects with; `none` when it resolves. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  const thrown: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown === undefined) return "none";
  if (!isHandfastError(thrown)) throw thrown;
  return thrown.code;
}
