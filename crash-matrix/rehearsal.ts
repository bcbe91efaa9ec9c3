/** The undisturbed run of a scenario: what every cell of it is held against, and what its cells are made of. */
import type { MtlsPlan, Spec } from "@handfast/core";
import { act } from "./acts.ts";
import type { Problem } from "./problem.ts";
import type { Call } from "./process.ts";
import type { Scenario } from "./scenario.ts";
import { firstErrorOf, Stage, writesOf } from "./stage.ts";
import type { Snapshot } from "./watched-world.ts";

export interface Rehearsal {
  readonly scenario: Scenario;
  readonly spec: Spec;
  /** Made once: a plan is data, and applies to every copy of the world. */
  readonly plan: MtlsPlan;
  /** The calls at which a fault may wait. */
  readonly calls: readonly Call[];
  readonly end: Snapshot;
  /** Who may be let in at each listener: by the start, by the end, and by what the plan was agreed to. */
  readonly allowed: ReadonlyMap<string, ReadonlySet<string>>;
  /** What the way on and the way back were found to lack, by what was left behind when they began. */
  readonly aftermaths: Map<string, readonly Problem[]>;
}

/** Runs a scenario undisturbed; in words what went wrong when it does not even hold so. */
export async function rehearse(scenario: Scenario): Promise<Rehearsal | string> {
  const stage = new Stage(scenario, undefined);
  const listeners = [...new Set(scenario.traffic.map((one) => one.listener))];
  const before = listeners.map((name) => stage.oracle.inside(name));
  const first = stage.begin();
  const spec = first.handfast.parseSpec(scenario.spec);
  const plan = await first.handfast.plan(spec);
  if (writesOf(plan).length === 0) return "there is nothing to do";
  let process = stage.begin();
  let report = await process.handfast.apply(plan);
  stage.rest();
  const after = listeners.map((name) => stage.oracle.inside(name));
  if (report.status === "done" && scenario.act !== "apply") {
    process = stage.begin();
    report = await act(process, scenario, plan, report.runId);
    stage.rest();
  }
  if (report.status !== "done") return `the undisturbed run ends ${report.status}: ${firstErrorOf(report)}`;
  const [refused] = stage.oracle.refusals;
  if (refused !== undefined) return `the undisturbed run refuses ${refused}`;
  return {
    scenario,
    spec,
    plan,
    calls: firstOfAlike(process.calls),
    end: stage.world.snapshot(),
    allowed: new Map(
      listeners.map((name, index) => [name, new Set([...(before[index] ?? []), ...(after[index] ?? [])])]),
    ),
    aftermaths: new Map(),
  };
}

/**
 * Reads with no write and no entry between them see the same, and so do puts of bytes that lie there already: a fault
 * at the second is a fault at the first.
 */
function firstOfAlike(calls: readonly Call[]): readonly Call[] {
  return [...new Map(calls.toReversed().map((call) => [call.alike, call])).values()].toReversed();
}
