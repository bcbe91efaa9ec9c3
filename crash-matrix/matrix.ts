/** The matrix: every fault at every call of every scenario, and what came of it. */
import { type CellResult, runCell } from "./cell.ts";
import { type Fault, type FaultKind, faultsOf, faultsOfBatch } from "./faults.ts";
import type { Trouble } from "./problem.ts";
import { type Rehearsal, rehearse } from "./rehearsal.ts";
import type { Scenario } from "./scenario.ts";

/** A cell that was run. */
export interface Cell extends CellResult {
  readonly scenario: string;
  readonly fault: FaultKind | "undisturbed";
  /** By which it is run again: `ca-rotation/perform 3/killed-after`. */
  readonly name: string;
}

/** What a row of the table, or the whole, adds up to. */
export interface Tally {
  readonly cells: number;
  readonly resumed: number;
  readonly rolledBack: number;
  /** Checks of a link that was served at the start and then refused. */
  readonly requestsFailed: number;
  readonly duplicates: number;
  readonly leftovers: number;
}

/** Which cells to run: those whose name begins so. All when absent. */
export type Only = string | undefined;

/**
 * Runs the cells of one scenario.
 *
 * @param onCell called after each, for those who show progress
 */
export async function runScenario(
  scenario: Scenario,
  only: Only,
  onCell: (done: number, of: number) => void,
): Promise<readonly Cell[]> {
  const rehearsal = await rehearse(scenario);
  return typeof rehearsal === "string"
    ? [unheld(scenario, rehearsal)]
    : await runCells(rehearsal, only, onCell);
}

/** Runs the cells of a scenario that was rehearsed. */
export async function runCells(
  rehearsal: Rehearsal,
  only: Only,
  onCell: (done: number, of: number) => void,
): Promise<readonly Cell[]> {
  const { scenario } = rehearsal;
  const chosen = cellsOf(rehearsal).filter(({ name }) => only === undefined || isChosen(name, only));
  const cells: Cell[] = [];
  for (const { name, fault } of chosen) {
    const result = await runCell(rehearsal, fault);
    cells.push({ scenario: scenario.name, fault: fault.kind, name, ...result });
    onCell(cells.length, chosen.length);
  }
  return cells;
}

/** A scenario that fails by itself has no cells but this one. */
function unheld({ name }: Scenario, text: string): Cell {
  return {
    scenario: name,
    fault: "undisturbed",
    name,
    problems: [{ trouble: "resume", text }],
    isShared: false,
  };
}

function cellsOf({
  scenario,
  calls,
}: Rehearsal): readonly { readonly name: string; readonly fault: Fault }[] {
  return calls.flatMap(({ kind: call, nth, isBatch }) =>
    [...faultsOf[call], ...(isBatch ? faultsOfBatch : [])].map((kind) => ({
      name: `${scenario.name}/${call} ${nth}/${kind}`,
      fault: { call, nth, kind },
    })),
  );
}

function isChosen(name: string, only: string): boolean {
  return name === only || name.startsWith(`${only}/`) || name.startsWith(`${only} `);
}

/** Adds cells up. */
export function tallyOf(cells: readonly Cell[]): Tally {
  const without = (...troubles: readonly Trouble[]): number =>
    cells.filter(({ problems }) => !problems.some(({ trouble }) => troubles.includes(trouble))).length;
  const count = (trouble: Trouble): number =>
    cells.flatMap(({ problems }) => problems.filter((problem) => problem.trouble === trouble)).length;
  return {
    cells: cells.length,
    resumed: without("resume", "leak"),
    rolledBack: without("rollback", "leak"),
    requestsFailed: count("request"),
    duplicates: count("duplicate"),
    leftovers: count("leftover"),
  };
}

/** Cells in which something does not hold. */
export function failuresOf(cells: readonly Cell[]): readonly Cell[] {
  return cells.filter(({ problems }) => problems.length > 0);
}
