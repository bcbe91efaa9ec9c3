import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runExample } from "./run-program.ts";

test("reporters runs as it stands: plain lines where it is piped, and a page, JSON lines and a summary in the folder", async () => {
  const folder = await mkdtemp(join(tmpdir(), "handfast-run-"));
  try {
    const { status, stdout, stderr } = await runExample("reporters.ts", folder);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^apply in run \S+, 7 steps\n[\s\S]*\ndone: 7 of 7 steps in effect, .*\nsee /);
    expect(stdout).not.toContain("\u001b");
    expect((await readdir(folder)).toSorted()).toEqual(["run.html", "run.jsonl", "summary.md"]);
    const read = async (name: string): Promise<string> => await readFile(join(folder, name), "utf8");
    const [page, lines, summary] = await Promise.all([
      read("run.html"),
      read("run.jsonl"),
      read("summary.md"),
    ]);
    expect(page).toContain("✔ done");
    expect(lines.trimEnd().split("\n").at(-1)).toMatch(/"kind":"run-ended".*"status":"done"/);
    expect(summary).toMatch(/## Plan: apply, 7 steps[\s\S]*## ✔ apply: done/);
    expect(stdout + page + lines + summary).not.toMatch(/PRIVATE KEY/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
