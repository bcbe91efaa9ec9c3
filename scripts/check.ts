/**
 * `pnpm check`: everything that can be said about the code without running it. A line per check as it ends; what a
 * failing tool had to say comes below.
 */
import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type CommandResult, inSeconds, onSources, runCommand } from "./run-command.ts";
import { cache, root } from "./workspace.ts";

interface Check {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

const script = (name: string, file: string): Check => ({
  name,
  command: process.execPath,
  args: onSources(file),
});

/** The longest first, so that the cores end together. */
const checks: readonly Check[] = [
  {
    name: "types",
    command: "tsc",
    args: [
      "-p",
      ".",
      "--pretty",
      "false",
      "--incremental",
      "--tsBuildInfoFile",
      join(cache, "types.tsbuildinfo"),
    ],
  },
  script("types budget", "scripts/check-types-budget.ts"),
  script("docs", "scripts/check-docs.ts"),
  script("public names", "scripts/check-surface.ts"),
  { name: "dead code", command: "knip", args: ["--no-progress", "--no-config-hints"] },
  {
    name: "arrows",
    command: "depcruise",
    args: [...globSync("packages/*/{src,test}", { cwd: root }), "examples", "crash-matrix", "truth-table"],
  },
  script("budgets", "scripts/check-size.ts"),
  { name: "format, lint", command: "biome", args: ["check", "--colors=off", "--error-on-warnings", "."] },
];

async function runCheck(check: Check): Promise<CommandResult> {
  const result = await runCommand(check.command, check.args);
  process.stdout.write(`${result.ok ? "ok  " : "FAIL"}  ${check.name.padEnd(14)} ${inSeconds(result.ms)}\n`);
  return result;
}

const started = performance.now();
const waiting = [...checks];
const failed: { readonly check: Check; readonly output: string }[] = [];

async function work(): Promise<void> {
  for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
    const { ok, output } = await runCheck(check);
    if (!ok) failed.push({ check, output });
  }
}

await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, work));

for (const { check, output } of failed) process.stdout.write(`\n--- ${check.name}\n${output.trim()}\n`);
const summary =
  failed.length === 0
    ? "all hold"
    : `${failed.length} failed: ${failed.map(({ check }) => check.name).join(", ")}`;
process.stdout.write(`\n${checks.length} checks, ${summary} (${inSeconds(performance.now() - started)})\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
