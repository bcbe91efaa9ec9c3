/** One cell: a fault at one call, then on the one hand the way on, on the other the way back. */
import { isHandfastError } from "@handfast/core";
import { act } from "./acts.ts";
import { aftermathOf } from "./aftermath.ts";
import type { Fault } from "./faults.ts";
import { goBack, goOn } from "./on-and-back.ts";
import type { Problem, Trouble } from "./problem.ts";
import type { Process } from "./process.ts";
import type { Rehearsal } from "./rehearsal.ts";
import { Stage } from "./stage.ts";
import type { Scene, Struck } from "./struck.ts";

/** What came of a cell. */
export interface CellResult {
  /** All that does not hold; nothing when all does. */
  readonly problems: readonly Problem[];
  /** Whether an earlier cell had left the very same behind, so that the ways from there were known. */
  readonly isShared: boolean;
}

/** Runs one cell. */
export async function runCell(rehearsal: Rehearsal, fault: Fault): Promise<CellResult> {
  const struck = await strike(rehearsal, fault);
  const known = rehearsal.aftermaths.get(struck.aftermath);
  if (known !== undefined) return { problems: [...struck.problems, ...known], isShared: true };
  const forth = await goFrom(struck, "resume", goOn);
  const back = await goFrom(await strike(rehearsal, fault), "rollback", goBack);
  const after = [...forth, ...back];
  rehearsal.aftermaths.set(struck.aftermath, after);
  return { problems: [...struck.problems, ...after], isShared: false };
}

/** Runs until the fault has done its work: to the death of the process, to an error, or to a report. */
async function strike(rehearsal: Rehearsal, fault: Fault): Promise<Struck> {
  const stage = new Stage(rehearsal.scenario, rehearsal.allowed);
  const applied = rehearsal.scenario.act === "apply" ? undefined : await applyFirst(stage, rehearsal);
  const process = stage.begin(fault);
  const problems: Problem[] = [];
  const ending = await endingOf(process, rehearsal, applied, problems);
  // a run that is done is left alone for a while: what it did is in effect everywhere
  if (ending === "done") stage.rest();
  if (!process.wasStruck) problems.push({ trouble: "resume", text: "the fault was never met" });
  problems.push(...stage.takeProblems("struck"));
  return { rehearsal, stage, applied, problems, aftermath: await aftermathOf(stage, ending) };
}

async function applyFirst(stage: Stage, { plan }: Rehearsal): Promise<string> {
  const { runId } = await stage.begin().handfast.apply(plan);
  stage.rest();
  return runId;
}

async function endingOf(
  process: Process,
  rehearsal: Rehearsal,
  applied: string | undefined,
  problems: Problem[],
): Promise<string> {
  try {
    const ending = await process.outlive(() => act(process, rehearsal.scenario, rehearsal.plan, applied));
    return typeof ending === "string" ? ending : ending.status;
  } catch (error) {
    if (isHandfastError(error)) return error.code;
    problems.push({ trouble: "resume", text: `the struck process threw ${String(error)}` });
    return "defect";
  }
}

async function goFrom(
  struck: Struck,
  direction: "resume" | "rollback",
  go: (scene: Scene) => Promise<void>,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  const complain = (trouble: Trouble, text: string): void => {
    problems.push({ trouble, text: `${direction}: ${text}` });
  };
  try {
    await go({ ...struck, complain });
  } catch (error) {
    complain(direction, isHandfastError(error) ? `${error.code}: ${error.message}` : String(error));
  }
  struck.stage.rest();
  for (const text of struck.stage.world.duplicates()) complain("duplicate", text);
  return [...problems, ...struck.stage.takeProblems(direction)];
}
