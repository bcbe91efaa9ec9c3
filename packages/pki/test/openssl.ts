import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** Whether the openssl program is there: the foreign party that checks what this package writes. */
export const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
if (!hasOpenssl)
  process.stderr.write("skipped: tests against openssl, because the program is not installed\n");

/** Runs openssl; its exit code, and its two outputs as one text. */
export function openssl(...args: readonly string[]): { status: number | null; text: string; stdout: string } {
  const { status, stdout, stderr } = spawnSync("openssl", args, { encoding: "utf8" });
  return { status, text: stdout + stderr, stdout };
}

/** A directory for one test file, removed after it, with the way to put a text into it and get one out. */
export function workFolder(): {
  path(name: string): string;
  write(name: string, text: string): string;
  read(name: string): string;
} {
  const folder = mkdtempSync(join(tmpdir(), "handfast-pki-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const path = (name: string): string => join(folder, name);
  return {
    path,
    write: (name, text) => {
      writeFileSync(path(name), text, { mode: 0o600 });
      return path(name);
    },
    read: (name) => readFileSync(path(name), "utf8"),
  };
}
