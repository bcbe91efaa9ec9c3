/**
 * `pnpm bench [name…]`: runs the benches, prints a table, or with `--json` one object a line. A name stands also for
 * those that begin with it and a hyphen: `pki` for `pki-keys` and its like. A ratio is of two measurements of one run,
 * taken in turn; the least of each counts, since noise only ever adds. A missed target is a failure.
 */
import { globSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import type { Bench, BenchCase } from "./bench.ts";

/** One line of `--json`. */
interface Row {
  readonly bench: string;
  readonly case: string;
  readonly value: number;
  readonly unit: string;
  /** What the ratio is to. */
  readonly against: string;
  readonly ratio: number;
  readonly target: number;
  readonly ok: boolean;
}

const folder = import.meta.dirname;

async function readBenches(): Promise<readonly Bench[]> {
  const files = globSync("*.bench.ts", { cwd: folder }).sort();
  return Promise.all(
    files.map(async (file) => {
      const { bench } = (await import(join(folder, file))) as { readonly bench?: Bench };
      if (bench === undefined) throw new Error(`bench/${file} exports no "bench"`);
      if (bench.name !== basename(file, ".bench.ts"))
        throw new Error(`bench/${file} is named "${bench.name}"`);
      return bench;
    }),
  );
}

async function measure(bench: string, one: BenchCase): Promise<Row> {
  const { ours, against } = await one.prepare();
  const least = { ours: Number.POSITIVE_INFINITY, against: Number.POSITIVE_INFINITY };
  // The first round warms the compiler up and does not count.
  for (let round = 0; round <= (one.rounds ?? 5); round += 1) {
    globalThis.gc?.();
    const reference = await against();
    globalThis.gc?.();
    const value = await ours();
    if (round === 0) continue;
    least.against = Math.min(least.against, reference);
    least.ours = Math.min(least.ours, value);
  }
  const ratio = round(least.ours / least.against);
  return {
    bench,
    case: one.name,
    value: round(least.ours),
    unit: one.unit,
    against: one.against,
    ratio,
    target: one.target,
    ok: ratio <= one.target,
  };
}

/** Three significant digits: more would be noise. */
function round(value: number): number {
  return Number(value.toPrecision(3));
}

function line(row: Row): string {
  const compared = `${row.ratio} × ${row.against}, at most ${row.target}`;
  const value = `${row.value} ${row.unit}`;
  return `${row.ok ? "ok  " : "MISS"}  ${row.bench.padEnd(14)} ${row.case.padEnd(44)} ${value.padEnd(14)} ${compared}\n`;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false } },
});
const benches = await readBenches();
const isMeant = (bench: Bench, name: string): boolean =>
  bench.name === name || bench.name.startsWith(`${name}-`);
const unknown = positionals.filter((name) => !benches.some((bench) => isMeant(bench, name)));
if (unknown.length > 0) {
  const names = benches.map(({ name }) => name).join(", ");
  process.stderr.write(`no bench is named ${unknown.join(", ")}; there are: ${names}\n`);
  process.exitCode = 2;
} else {
  for (const bench of benches) {
    if (positionals.length > 0 && !positionals.some((name) => isMeant(bench, name))) continue;
    for (const one of bench.cases) {
      const row = await measure(bench.name, one);
      process.stdout.write(values.json ? `${JSON.stringify(row)}\n` : line(row));
      if (!row.ok) process.exitCode = 1;
    }
  }
}
