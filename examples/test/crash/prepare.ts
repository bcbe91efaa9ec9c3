import type { Handfast, MtlsPlan, Report } from "@handfast/core";
import type { Examination } from "./examine.ts";
import { type Holdings, readHoldings } from "./holdings.ts";
import type { Scenario } from "./scenarios.ts";
import type { Scene } from "./world.ts";

/** A scenario as it goes when nobody disturbs it. */
export interface Prepared {
  readonly scenario: Scenario;
  /** What is applied; undefined where a rollback is under test. */
  readonly plan: MtlsPlan | undefined;
  /** What is rolled back, where that is under test. */
  readonly run: string | undefined;
  /** The operations on the wire, those of planning first. */
  readonly operations: readonly string[];
  readonly planning: number;
  readonly before: Holdings;
  readonly goal: Holdings;
  /** What is left of the goal after retire. */
  readonly retired: Holdings;
}

/** What is done about a run that was disturbed. */
export interface Ending {
  readonly way: "resume" | "rollback";
  /** Whether everything is retired at the end, and what is left is looked at. */
  readonly retire: boolean;
}

/** The calls that change the world, of an instance here or in another process. */
export type Hands = Pick<Handfast<never, never>, "apply" | "rollback" | "resume" | "retire" | "runs">;

/** Goes through a scenario undisturbed. Throws when it does not come to its end. */
export async function prepare(scene: Scene, scenario: Scenario): Promise<Prepared> {
  const { goal, tested } = scenario;
  let run: string | undefined;
  let journal = await scene.reset();
  if (tested === "rollback") {
    const first = scene.instance(journal);
    run = finished(await first.handfast.apply(await scene.plan(first, goal))).runId;
    await scene.pass(60_000);
    await scene.keep();
    journal = await scene.reset();
  }
  const before = readHoldings(scene.providers);
  const instance = scene.instance(journal);
  scene.wire.arm();
  const plan = tested === "apply" ? await scene.plan(instance, goal) : undefined;
  const planning = plan === undefined ? 0 : scene.wire.operations.length;
  if (plan !== undefined) await scene.keep();
  // what applies is another process than what planned, as in the cells: it remembers nothing
  const { runId } = finished(await act(scene.instance(journal).handfast, { plan, run }));
  const operations = [...scene.wire.operations];
  const reached = readHoldings(scene.providers);
  finished(await instance.handfast.retire(runId));
  const retired = readHoldings(scene.providers);
  return { scenario, plan, run, operations, planning, before, goal: reached, retired };
}

/** Goes on with what was begun, or goes back, and looks at what comes of it. */
export async function finish(
  hands: Hands,
  { plan, run, before, goal, retired }: Prepared,
  { way, retire }: Ending,
  known: ReadonlySet<string>,
  examination: Examination,
): Promise<void> {
  try {
    const begun = (await hands.runs()).find(({ runId }) => !known.has(runId));
    if (way === "resume") {
      const { runId } =
        begun === undefined
          ? finished(await act(hands, { plan, run }))
          : begun.status === "done"
            ? begun
            : finished(await hands.resume(begun.runId));
      await examination.arrived(goal);
      if (!retire) return;
      finished(await hands.retire(runId));
      await examination.retired(retired);
      return;
    }
    const of = run ?? begun?.runId;
    if (of === undefined) {
      examination.same("never begun", (await examination.settle()).all, before.all);
      return;
    }
    // going back to less revocation is asked for in so many words
    const back = finished(await hands.rollback(of, { mayUnrevoke: true }));
    const image = run === undefined ? before : goal;
    examination.same("rolled back", [(await examination.settle()).effect], [image.effect]);
    if (!retire) return;
    finished(await hands.retire(back.runId));
    // a way back that was overtaken by another could itself be taken back, until it is retired
    if (run !== undefined && begun !== undefined) finished(await hands.retire(begun.runId));
    await examination.retired(run === undefined ? before : retired);
  } catch (error) {
    examination.complain(`${way} threw ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What is under test: the plan's apply, or the way back from the run. */
export async function act(
  hands: Pick<Hands, "apply" | "rollback">,
  { plan, run }: Pick<Prepared, "plan" | "run">,
): Promise<Report> {
  if (plan !== undefined) return await hands.apply(plan);
  return await hands.rollback(run ?? "");
}

/** The report of a run that came to its end; anything else is thrown. */
function finished(report: Report): Report {
  if (report.status === "done") return report;
  const errors = report.steps.flatMap(({ error }) => error?.message ?? []);
  throw new Error(`run ${report.runId} ended ${report.status}: ${errors.join("; ")}`);
}
