/**
 * `pnpm crash-matrix [--json] [--only <cell>]`: pulls the plug at every call of every scenario, goes on and goes back,
 * and tells what did not hold. `--only` takes a scenario, one of its calls, or one cell: `ca-rotation/perform 3`.
 */
import { parseArgs } from "node:util";
import { type Cell, failuresOf, runScenario, tallyOf } from "./matrix.ts";
import { renderTable } from "./render-table.ts";
import { shards } from "./scenarios/all.ts";

const { values } = parseArgs({
  options: { json: { type: "boolean", default: false }, only: { type: "string" } },
});

const started = performance.now();
const cells: Cell[] = [];
for (const scenario of shards.flat()) {
  const { name } = scenario;
  if (values.only !== undefined && values.only !== name && !values.only.startsWith(`${name}/`)) continue;
  cells.push(...(await runScenario(scenario, values.only, (done, of) => showProgress(name, done, of))));
}
showProgress("", 0, 0);

if (cells.length === 0) {
  process.stderr.write(`no cell is named ${values.only}; a run without --only names all that fail\n`);
  process.exitCode = 2;
} else {
  process.stdout.write(renderTable(cells));
  process.stdout.write(`\n${((performance.now() - started) / 1_000).toFixed(1)} s\n`);
  if (failuresOf(cells).length > 0) process.exitCode = 1;
  if (values.json) process.stdout.write(`${JSON.stringify(tallyOf(cells))}\n`);
}

/** One line that is written over, and only where somebody looks. */
function showProgress(name: string, done: number, of: number): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`\r\u001b[K${of === 0 ? "" : `${name} ${done} of ${of}`}`);
}
