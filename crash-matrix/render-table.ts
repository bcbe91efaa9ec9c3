import { faultKinds } from "./faults.ts";
import { type Cell, failuresOf, type Tally, tallyOf } from "./matrix.ts";

const columns = ["cells", "resumed", "rolledBack", "requestsFailed", "duplicates", "leftovers"] as const;
const titles: Readonly<Record<keyof Tally, string>> = {
  cells: "cells",
  resumed: "resumed",
  rolledBack: "rolled back",
  requestsFailed: "requests failed",
  duplicates: "duplicates",
  leftovers: "leftovers",
};

/** The table for people: a line for each scenario and kind of fault, then the sums, then what fails. */
export function renderTable(cells: readonly Cell[]): string {
  const lines = [row("scenario", "fault", (column) => titles[column])];
  for (const [scenario, own] of Map.groupBy(cells, (cell) => cell.scenario)) {
    for (const kind of ["undisturbed", ...faultKinds]) {
      const struck = own.filter(({ fault }) => fault === kind);
      if (struck.length > 0) lines.push(rowOf(scenario, kind, struck));
    }
  }
  lines.push(rowOf("all", "", cells));
  const shared = cells.filter(({ isShared }) => isShared).length;
  const note = `${shared} cells left behind, to the byte, what another had left: the ways from there were gone once for both`;
  return [...lines, "", note, ...listFailures(cells), ""].join("\n");
}

function rowOf(scenario: string, fault: string, cells: readonly Cell[]): string {
  const tally = tallyOf(cells);
  return row(scenario, fault, (column) => String(tally[column]));
}

function row(scenario: string, fault: string, cell: (column: keyof Tally) => string): string {
  const values = columns.map((column) => cell(column).padStart(titles[column].length + 2));
  return `${scenario.padEnd(34)} ${fault.padEnd(16)} ${values.join("")}`;
}

function listFailures(cells: readonly Cell[]): readonly string[] {
  const failures = failuresOf(cells);
  if (failures.length === 0) return [];
  const told = failures.flatMap(({ name, problems }) => [
    "",
    `pnpm crash-matrix --only "${name}"`,
    ...problems.map(({ trouble, text }) => `  ${trouble}: ${text}`),
  ]);
  return ["", `${failures.length} cells fail. To run one again:`, ...told];
}
