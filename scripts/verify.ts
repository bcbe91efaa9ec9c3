/**
 * `pnpm verify`: everything that must hold before a change is merged, in order, to the end even when a part fails.
 * `--without test` leaves a part out that was run just before.
 */
import { parseArgs } from "node:util";
import { inSeconds, runCommand } from "./run-command.ts";

const parts = ["check", "build", "check:package", "test", "demo"] as const;

const { values } = parseArgs({ options: { without: { type: "string", multiple: true, default: [] } } });
const lines: string[] = [];
let failed = 0;
for (const part of parts) {
  if (values.without.includes(part)) continue;
  process.stdout.write(`\n=== pnpm ${part}\n`);
  const { ok, ms } = await runCommand("pnpm", ["run", part], { output: "inherit" });
  if (!ok) failed += 1;
  lines.push(`${ok ? "ok  " : "FAIL"}  ${part.padEnd(14)} ${inSeconds(ms)}`);
}
process.stdout.write(`\n=== verify\n${lines.join("\n")}\n`);
process.exitCode = failed === 0 ? 0 : 1;
