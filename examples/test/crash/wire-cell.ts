import type { Handfast, Journal, MtlsPlan, Report } from "@handfast/core";
import { type Holdings, readHoldings } from "./holdings.ts";
import type { Instance } from "./instance.ts";
import type { Scenario } from "./scenarios.ts";
import type { WireFault } from "./wire.ts";
import type { World } from "./world.ts";

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

/** One call of one scenario under one fault, and what is done about it. */
export interface WireCell {
  readonly scenario: string;
  /** Number of the call, from 0, those of planning first. */
  readonly call: number;
  readonly operation: string;
  readonly fault: WireFault;
  readonly way: "resume" | "rollback";
  /** Whether everything is retired at the end, and what is left is looked at. */
  readonly retire: boolean;
}

/** What came of a cell. */
export interface CellOutcome {
  /** The operation that was hit; undefined when the call was not made, or was refused before the fault came to it. */
  readonly hit: string | undefined;
  /** What is not as it must be, in words. */
  readonly problems: readonly string[];
  readonly requestsFailed: number;
  readonly duplicates: number;
  readonly leftovers: number;
  /** Combinations that the acceptance function judged. */
  readonly judged: number;
  /** Real requests that were answered. */
  readonly served: number;
}

/** Goes through a scenario undisturbed. Throws when it does not come to its end. */
export async function prepare(world: World, scenario: Scenario): Promise<Prepared> {
  const { goal, tested } = scenario;
  let run: string | undefined;
  let journal = await world.reset();
  if (tested === "rollback") {
    const first = world.instance(journal);
    run = finished(await first.handfast.apply(await world.plan(first, goal))).runId;
    await world.clock.advance(60_000);
    await world.keep();
    journal = await world.reset();
  }
  const before = readHoldings(world.providers);
  const instance = world.instance(journal);
  world.wire.arm();
  const plan = tested === "apply" ? await world.plan(instance, goal) : undefined;
  const planning = plan === undefined ? 0 : world.wire.operations.length;
  if (plan !== undefined) await world.keep();
  const { runId } = finished(await act(instance.handfast, { plan, run }));
  const operations = [...world.wire.operations];
  const reached = readHoldings(world.providers);
  finished(await instance.handfast.retire(runId));
  const retired = readHoldings(world.providers);
  return { scenario, plan, run, operations, planning, before, goal: reached, retired };
}

/** Runs a cell from the state before the scenario. */
export async function runCell(world: World, prepared: Prepared, cell: WireCell): Promise<CellOutcome> {
  const { scenario, before, goal, retired } = prepared;
  const { judge, providers } = world;
  const journal = await world.reset();
  judge.begin(scenario.closed);
  const visitors = world.visitors?.();
  const problems: string[] = [];
  const twice = new Set<string>();
  let leftovers = 0;
  const look = (): Holdings => {
    const holdings = readHoldings(providers);
    for (const one of holdings.twice) twice.add(one);
    return holdings;
  };
  const same = (what: string, found: readonly string[], due: readonly string[]): void => {
    const more = found.filter((one) => !due.includes(one));
    const less = due.filter((one) => !found.includes(one));
    if (more.length > 0 || less.length > 0)
      problems.push(`${what}: too much [${more.join("; ")}], missing [${less.join("; ")}]`);
  };
  const settle = async (): Promise<Holdings> => {
    // what is on its way arrives
    await world.clock.advance(5_000);
    return look();
  };

  const known = new Set(await journal.runs());
  const hit = await disturb(world, prepared, cell, journal);
  look();
  try {
    const { handfast } = world.instance(journal);
    const begun = (await handfast.runs()).find(({ runId }) => !known.has(runId));
    if (cell.way === "resume") {
      const again = () => act(handfast, { plan: prepared.plan, run: prepared.run });
      const report =
        begun === undefined
          ? await again()
          : begun.status === "done"
            ? begun
            : finished(await handfast.resume(begun.runId));
      const reached = await settle();
      same("resumed", reached.all, goal.all);
      for (const one of reached.alike) twice.add(one);
      if (cell.retire) {
        finished(await handfast.retire(report.runId));
        const left = (await settle()).all;
        leftovers = left.filter((one) => !retired.all.includes(one)).length;
        same("retired after resume", left, retired.all);
      }
    } else if (begun === undefined && prepared.run === undefined) {
      same("never begun", (await settle()).all, before.all);
    } else {
      const image = prepared.run === undefined ? before : goal;
      const end = prepared.run === undefined ? before : retired;
      const of = prepared.run ?? begun?.runId ?? "";
      // going back to less revocation is asked for in so many words
      const back = finished(await handfast.rollback(of, { mayUnrevoke: true }));
      same("rolled back", [(await settle()).effect], [image.effect]);
      if (cell.retire) {
        finished(await handfast.retire(back.runId));
        const left = (await settle()).all;
        leftovers = left.filter((one) => !end.all.includes(one)).length;
        same("retired after rollback", left, end.all);
      }
    }
  } catch (error) {
    problems.push(`${cell.way} threw ${error instanceof Error ? error.message : String(error)}`);
  }
  problems.push(...[...twice].map((one) => `made twice: ${one}`));
  const { looked, refused, leaks } = judge.read();
  problems.push(...refused.map((one) => `refused: ${one}`), ...leaks);
  const requests = await visitors?.stop();
  if (requests !== undefined && requests.failed > 0)
    problems.push(`visitors failed: ${JSON.stringify(requests.failedBy)}`);
  return {
    hit,
    problems,
    requestsFailed: refused.length + (requests?.failed ?? 0),
    duplicates: twice.size,
    leftovers,
    judged: looked,
    served: requests?.ok ?? 0,
  };
}

/** The part that the fault falls into. It may end in any way. */
async function disturb(
  world: World,
  { plan, run, planning, scenario }: Prepared,
  { call, fault }: WireCell,
  journal: Journal,
): Promise<string | undefined> {
  const { wire } = world;
  const isPlanning = call < planning;
  const instance: Instance = world.instance(journal, fault.startsWith("timeout") ? { timeoutMs: 120 } : {});
  const { handfast, mortal } = instance;
  wire.arm({ call: isPlanning ? call : call - planning, fault, kill: mortal.die });
  const work = async (): Promise<unknown> => {
    const fresh = isPlanning ? await world.plan(instance, scenario.goal) : plan;
    return await act(handfast, { plan: fresh, run });
  };
  await Promise.race([work().catch(() => undefined), mortal.died]);
  const hit = wire.hit();
  wire.disarm();
  return hit;
}

async function act(
  handfast: Pick<Handfast<never, never>, "apply" | "rollback">,
  { plan, run }: { readonly plan: MtlsPlan | undefined; readonly run: string | undefined },
): Promise<Report> {
  if (plan !== undefined) return await handfast.apply(plan);
  return await handfast.rollback(run ?? "");
}

function finished(report: Report): Report {
  if (report.status === "done") return report;
  const errors = report.steps.flatMap(({ error }) => error?.message ?? []);
  throw new Error(`run ${report.runId} ended ${report.status}: ${errors.join("; ")}`);
}
