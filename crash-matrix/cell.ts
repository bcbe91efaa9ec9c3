/** One cell: a fault at one call, then on the one hand the way on, on the other the way back. */
import { isHandfastError, type MtlsPlan, type Report } from "@handfast/core";
import { aftermathOf } from "./aftermath.ts";
import type { Fault } from "./faults.ts";
import type { Problem, Trouble } from "./problem.ts";
import type { Process } from "./process.ts";
import type { Rehearsal } from "./rehearsal.ts";
import { firstErrorOf, Stage, writesOf } from "./stage.ts";
import type { Snapshot } from "./watched-world.ts";

/** Runs one cell and tells all that does not hold; nothing when all does. */
export async function runCell(rehearsal: Rehearsal, fault: Fault): Promise<readonly Problem[]> {
  const struck = await strike(rehearsal, fault);
  const known = rehearsal.aftermaths.get(struck.aftermath);
  if (known !== undefined) return [...struck.problems, ...known];
  const forth = await goFrom(struck, "resume", goOn);
  const back = await goFrom(await strike(rehearsal, fault), "rollback", goBack);
  const after = [...forth, ...back];
  rehearsal.aftermaths.set(struck.aftermath, after);
  return [...struck.problems, ...after];
}

/** A world in which a fault has done its work. */
interface Struck {
  readonly rehearsal: Rehearsal;
  readonly stage: Stage;
  /** The run that the rollback is of, where that is what was struck. */
  readonly applied: string | undefined;
  readonly aftermath: string;
  /** What went wrong so far. */
  readonly problems: readonly Problem[];
}

interface Scene extends Struck {
  complain(trouble: Trouble, text: string): void;
}

/** Runs until the fault has done its work: to the death of the process, to an error, or to a report. */
async function strike(rehearsal: Rehearsal, fault: Fault): Promise<Struck> {
  const stage = new Stage(rehearsal.scenario, rehearsal.allowed);
  const applied = rehearsal.scenario.act === "rollback" ? await applyFirst(stage, rehearsal) : undefined;
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
    const ending = await process.outlive((handfast) => act(handfast, rehearsal, applied));
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

function act(handfast: Process["handfast"], { plan, scenario }: Rehearsal, applied: string | undefined) {
  return applied === undefined ? handfast.apply(plan) : handfast.rollback(applied, scenario.consent);
}

/** The struck run, when it got as far as the journal. */
async function findRun({ handfast }: Process, { rehearsal, applied }: Scene): Promise<string | undefined> {
  const runs = await handfast.runs();
  return runs.find(({ kind, runId }) => kind === rehearsal.scenario.act && runId !== applied)?.runId;
}

/** A new process goes on; where the journal knows of no run, nothing had been begun, and it begins. */
async function goOn(scene: Scene): Promise<void> {
  const { rehearsal, stage, applied, complain } = scene;
  const { scenario, end, spec } = rehearsal;
  const process = stage.begin();
  const runId = await findRun(process, scene);
  const report = await (runId === undefined
    ? act(process.handfast, rehearsal, applied)
    : process.handfast.resume(runId));
  if (!isDone(report, "resume", complain)) return;
  stage.rest();
  const difference = differenceOf(end, stage.world.snapshot());
  if (difference !== undefined) complain("resume", `ends otherwise than undisturbed: ${difference}`);
  if (scenario.act === "apply") {
    const left = writesOf(await process.handfast.plan(spec));
    if (left.length > 0) complain("resume", `a new plan would still ${left.join(", ")}`);
  }
  await retire(scene, process, [report.runId]);
}

/** A new process goes back; where the journal knows of no run, there is nothing to go back from. */
async function goBack(scene: Scene): Promise<void> {
  const { rehearsal, stage, applied, complain } = scene;
  const process = stage.begin();
  const struck = await findRun(process, scene);
  const runId = applied ?? struck;
  if (runId !== undefined) {
    const report = await process.handfast.rollback(runId, rehearsal.scenario.consent);
    if (!isDone(report, "rollback", complain)) return;
    stage.rest();
    checkImage(scene);
    // an image that an unretired run may go back to is kept: a rollback that was struck is one
    const kept = applied === undefined || struck === undefined ? [] : [struck];
    await retire(scene, process, [report.runId, ...kept]);
    return;
  }
  checkImage(scene);
  const left = madeBeside(stage);
  if (left.length > 0) complain("leftover", `${left.join(", ")} without a run that knows of it`);
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

/** Objects that were not there at the start and that carry no traffic by themselves. */
function madeBeside({ world, before }: Stage): readonly string[] {
  return world.names("").filter((name) => before[name] === undefined && /^(store|certificate)\//.test(name));
}

/** Retires runs: what goes must be in their plans, and nothing must stay that nobody needs. */
async function retire(
  { stage, complain }: Scene,
  { handfast }: Process,
  runIds: readonly string[],
): Promise<void> {
  const needed = neededNow(stage);
  const spare = madeBeside(stage).filter((name) => !needed.has(name));
  const listed = new Set<string>();
  for (const runId of runIds) {
    const plan = await handfast.plan({ retire: runId });
    for (const name of removedBy(plan)) listed.add(name);
    const report = await handfast.apply(plan);
    if (report.status !== "done") complain("leftover", `retire ends ${report.status}`);
  }
  const unlisted = spare.filter((name) => !listed.has(name));
  if (unlisted.length > 0) complain("leftover", `retire does not list ${unlisted.join(", ")}`);
  const wrong = [...listed].filter((name) => !spare.includes(name));
  if (wrong.length > 0) complain("leftover", `retire takes ${wrong.join(", ")}`);
  const left = madeBeside(stage).filter((name) => !needed.has(name));
  if (left.length > 0) complain("leftover", `${left.join(", ")} stays after retire`);
}

function removedBy(plan: MtlsPlan): readonly string[] {
  return plan.steps.flatMap((step) =>
    step.kind === "write" && step.step.effect === "remove" ? [step.step.object] : [],
  );
}

/** What listeners and associations point to. */
function neededNow({ world }: Stage): ReadonlySet<string> {
  return new Set(
    world.names("").flatMap((name) => {
      const value = world.get(name);
      if (value?.kind === "listener") return value.store === null ? [] : [`store/${value.store}`];
      if (value?.kind !== "association" || typeof value.shows === "string") return [];
      return [`certificate/${value.shows.certificate}`];
    }),
  );
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
