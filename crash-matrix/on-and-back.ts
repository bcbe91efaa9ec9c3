/** The two ways from a world in which a fault has done its work: on to the end, and back to the start. */
import { isHandfastError, type Report } from "@handfast/core";
import { act } from "./acts.ts";
import { madeBeside, retireAll, spareNow } from "./leftovers.ts";
import type { Trouble } from "./problem.ts";
import type { Process } from "./process.ts";
import { firstErrorOf, writesOf } from "./stage.ts";
import type { Scene } from "./struck.ts";
import type { Snapshot } from "./watched-world.ts";

/** The struck run, when it got as far as the journal. */
async function findRun({ handfast }: Process, { rehearsal, applied }: Scene): Promise<string | undefined> {
  const runs = await handfast.runs();
  return runs.find(({ kind, runId }) => kind === rehearsal.scenario.act && runId !== applied)?.runId;
}

/** A new process goes on; where the journal knows of no run, nothing had been begun, and it begins. */
export async function goOn(scene: Scene): Promise<void> {
  const { rehearsal, stage, applied, complain } = scene;
  const { scenario, plan, end, spec } = rehearsal;
  const process = stage.begin();
  const { handfast } = process;
  const runId = await findRun(process, scene);
  const report = await (runId === undefined ? act(process, scenario, plan, applied) : handfast.resume(runId));
  if (!isDone(report, "resume", complain)) return;
  stage.rest();
  const difference = differenceOf(end, stage.world.snapshot());
  if (difference !== undefined) complain("resume", `ends otherwise than undisturbed: ${difference}`);
  if (scenario.act === "retire") {
    const retired = (await handfast.runs()).find((run) => run.runId === applied);
    if (retired?.retired !== true) complain("resume", "the run does not count as retired");
    const left = spareNow(stage);
    if (left.length > 0) complain("leftover", `${left.join(", ")} stays after retire`);
    return;
  }
  if (scenario.act === "apply") {
    const left = writesOf(await handfast.plan(spec));
    if (left.length > 0) complain("resume", `a new plan would still ${left.join(", ")}`);
  }
  await retireAll(scene, process, [report.runId]);
}

/** A new process goes back; where the journal knows of no run, there is nothing to go back from. */
export async function goBack(scene: Scene): Promise<void> {
  const { rehearsal, stage, applied, complain } = scene;
  const process = stage.begin();
  const struck = await findRun(process, scene);
  const runId = applied ?? struck;
  if (runId === undefined) {
    checkImage(scene);
    const left = madeBeside(stage);
    if (left.length > 0) complain("leftover", `${left.join(", ")} without a run that knows of it`);
    return;
  }
  const report = await rollBack(process, scene, runId);
  if (report === undefined || !isDone(report, "rollback", complain)) return;
  stage.rest();
  checkImage(scene);
  // an image that an unretired run may go back to is kept: a rollback that was struck is one
  const kept = rehearsal.scenario.act !== "rollback" || struck === undefined ? [] : [struck];
  await retireAll(scene, process, [report.runId, ...kept]);
}

/** Undefined behind the point of no return: a run that is retired stays as it is. */
async function rollBack({ handfast }: Process, scene: Scene, runId: string): Promise<Report | undefined> {
  const { scenario, end } = scene.rehearsal;
  try {
    return await handfast.rollback(runId, scenario.consent);
  } catch (error) {
    const isRetired = scenario.act === "retire" && isHandfastError(error) && error.code === "RUN_STATE";
    if (!isRetired) throw error;
    const difference = differenceOf(end, scene.stage.world.snapshot());
    if (difference !== undefined) scene.complain("rollback", `is retired, but ${difference}`);
    return undefined;
  }
}

function isDone(report: Report, trouble: Trouble, complain: Scene["complain"]): boolean {
  if (report.status === "done") return true;
  complain(trouble, `the run ends ${report.status}: ${firstErrorOf(report)}`);
  return false;
}

/** All that carries traffic is as it was; what was made beside may remain until retire. */
function checkImage({ stage, complain }: Scene): void {
  const beside = new Set(madeBeside(stage));
  const now = Object.fromEntries(
    Object.entries(stage.world.snapshot()).filter(([object]) => !beside.has(object)),
  );
  const difference = differenceOf(stage.before, now);
  if (difference !== undefined) complain("rollback", `is not as before: ${difference}`);
}

/** The first object in which two worlds differ. */
function differenceOf(wanted: Snapshot, found: Snapshot): string | undefined {
  for (const name of new Set([...Object.keys(wanted), ...Object.keys(found)])) {
    const [due, is] = [JSON.stringify(wanted[name]), JSON.stringify(found[name])];
    if (due !== is) return `${name} is ${shorten(is)} in place of ${shorten(due)}`;
  }
  return undefined;
}

function shorten(text: string | undefined): string {
  return (text ?? "absent").replace(/[0-9a-f]{64}/g, (digest) => digest.slice(0, 8));
}
