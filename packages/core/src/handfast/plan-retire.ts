/** Plans that delete what a run left behind, and what keeps them from deleting what somebody still needs. */
import { Evidence } from "../accept/evidence.ts";
import type { Digest, Finding, Seen, Step } from "../adapter/contract.ts";
import type { Adapter } from "../adapter/define-adapter.ts";
import { digestOf } from "../certificate/digest.ts";
import { HandfastError } from "../errors.ts";
import { observe } from "../observation/observe.ts";
import { estimateOf } from "../plan/estimate.ts";
import type { MtlsPlan, PlanStep } from "../plan/plan.ts";
import { type PlanDraft, sealPlan } from "../plan/seal-plan.ts";
import { findRun, identityOf, type PastRun, readRuns, refuseUnfit } from "./history.ts";
import type { MadePlan } from "./plan-apply.ts";
import type { Workshop } from "./workshop.ts";

/** What retire may take beyond what handfast itself made. */
export interface RetireConsent {
  /** Natural keys of things that were there before, named one by one. */
  readonly adopted?: readonly string[] | undefined;
}

/** Plans the deletion of what nothing refers to any more, and no unretired run needs for its way back. */
export async function planRetire(
  workshop: Workshop,
  runId: string,
  consent: RetireConsent,
  signal: AbortSignal,
  past: readonly PastRun[],
): Promise<MadePlan> {
  const run = await findRun(workshop.journal, runId, past);
  refuseUnfit(run, "retire");
  const { asked, bytes, removals, findings } = await findSpare(workshop, run, past, consent, signal);
  const steps: PlanStep[] = [];
  for (const { key, steps: own } of removals) addRemovals(steps, key, own);
  const facts = new Evidence(new Map([...(await workshop.bytesOf(run.plan.blobs)), ...bytes]));
  const draft: PlanDraft = {
    format: 1,
    kind: "retire",
    createdAt: new Date(workshop.clock.now()).toISOString(),
    of: runId,
    endpoints: Object.fromEntries(
      asked.map(({ key, adapter, target, seen, mayWeaken, mayDropEarly }) => {
        const { name, version, role } = adapter.facts;
        return [
          key,
          { adapter: name, version, role, target, before: seen, mayWeaken, mayDropEarly } as never,
        ];
      }),
    ),
    links: [],
    ...(consent.adopted === undefined ? {} : { adopted: [...consent.adopted] }),
    steps,
    findings: [...findings],
    estimate: estimateOf(steps),
    blobs: facts.toPlan(),
  };
  return { plan: sealPlan(draft, workshop.adapters, workshop.planValidMs), facts };
}

/**
 * A retire plan may have lain, or come from anywhere: what it removes must be spare now, by the journal and by what is
 * seen. What it had leave to take beyond that, it names itself.
 *
 * @throws HandfastError `PLAN_STALE`
 */
export async function refuseNeeded(workshop: Workshop, plan: MtlsPlan, signal: AbortSignal): Promise<void> {
  const { runs: past } = await readRuns(workshop.journal);
  const run = await findRun(workshop.journal, plan.of ?? "", past);
  // an earlier part of this run came to its end, and died before that was written down
  if (run.record.retired) return;
  const { removals } = await findSpare(workshop, run, past, plan, signal);
  const spare = new Set(
    removals.flatMap(({ adapter, steps }) => steps.map((step) => removalOf(adapter, step))),
  );
  const needed = plan.steps.find((step) => {
    if (step.kind !== "write") return true;
    const adapter = workshop.adapter(plan.endpoints[step.target]?.adapter ?? "");
    if (spare.has(removalOf(adapter, step.step as Step<unknown>))) return false;
    // gone already: an earlier part of this run, or somebody else, removed it
    return removals.some(({ key, seen, target }) => {
      if (key !== step.target) return false;
      return adapter.definition.check(target, step.step as Step<unknown>, seen) !== "done";
    });
  });
  if (needed === undefined) return;
  throw new HandfastError(
    "PLAN_STALE",
    `apply plan failed: ${needed.summary} (${needed.id}) would take what somebody needs, or what no run made; plan retire again, nothing was changed`,
    { step: needed.id, run: plan.of },
  );
}

interface Asked {
  readonly key: string;
  readonly adapter: Adapter;
  readonly target: unknown;
  readonly seen: Seen<unknown>;
  readonly mayWeaken: boolean;
  readonly mayDropEarly: boolean;
}

interface Spare {
  readonly asked: readonly Asked[];
  readonly bytes: ReadonlyMap<Digest, Uint8Array>;
  readonly removals: readonly (Asked & { readonly steps: readonly Step<unknown>[] })[];
  readonly findings: readonly Finding[];
}

async function findSpare(
  workshop: Workshop,
  run: PastRun,
  past: readonly PastRun[],
  consent: RetireConsent,
  signal: AbortSignal,
): Promise<Spare> {
  const endpoints = Object.entries(run.plan.endpoints)
    .filter(([, { goal }]) => goal !== undefined)
    .map(([key, endpoint]) => ({ ...endpoint, key, adapter: workshop.adapter(endpoint.adapter) }));
  const { seen, bytes } = await observe(endpoints, { clock: workshop.clock, signal });
  const others = past.filter(
    (other) =>
      other.runId !== run.runId &&
      !other.record.retired &&
      other.plan.kind !== "retire" &&
      !isOvertaken(other, past),
  );
  // what an unfinished run made it may still need to go on, though nothing refers to it yet
  const madeBy = (other: PastRun): readonly string[] => makings(other, workshop.adapters);
  const needed = new Set(others.filter((other) => mayGoOn(other, past)).flatMap(madeBy));
  const made = [...new Set([...leftOf(past, madeBy), ...(consent.adopted ?? [])])].filter(
    (key) => !needed.has(key),
  );
  const asked = endpoints.map((endpoint) => ({ ...endpoint, seen: seen.get(endpoint.key) as Seen<unknown> }));
  const findings: Finding[] = [];
  const removals = asked.map((one) => {
    const keep = others.flatMap((other) => imagesOf(other, one, workshop.adapters));
    const move = one.adapter.definition.removals(one.target, one.seen, { keep, made });
    findings.push(...move.findings);
    return { ...one, steps: move.steps };
  });
  return { asked, bytes, removals: withoutTwins(removals), findings };
}

/** A store that several endpoints might refer to is spare at each of them, and removed once. */
function withoutTwins(removals: Spare["removals"]): Spare["removals"] {
  const known = new Set<string>();
  return removals.map((one) => {
    const steps = one.steps.filter((step) => !known.has(removalOf(one.adapter, step)));
    for (const step of steps) known.add(removalOf(one.adapter, step));
    return { ...one, steps };
  });
}

function removalOf(adapter: Adapter, { object, action }: Step<unknown>): string {
  return `${adapter.facts.name} ${object} ${digestOf(action)}`;
}

function addRemovals(steps: PlanStep[], target: string, removals: readonly Step<unknown>[]): void {
  const ids = new Map<string, string>();
  for (const step of removals) {
    const id = `s${steps.length + 1}`;
    const after = (step.after ?? []).flatMap((key) => ids.get(key) ?? []);
    ids.set(step.key, id);
    steps.push({
      id,
      after,
      kind: "write",
      phase: "retire",
      summary: step.summary,
      target,
      step: step as never,
    });
  }
}

/** Whether a run is not at its end, and was not taken back instead. */
function mayGoOn({ runId, record }: PastRun, past: readonly PastRun[]): boolean {
  const isTakenBack = past.some(
    ({ plan, record: back }) => plan.kind === "rollback" && plan.of === runId && back.status === "done",
  );
  return record.status !== "done" && !isTakenBack;
}

/** What runs made, one after the other, and none removed since. */
function leftOf(past: readonly PastRun[], madeBy: (run: PastRun) => readonly string[]): ReadonlySet<string> {
  const left = new Set<string>();
  for (const run of past.toReversed()) {
    for (const key of madeBy(run)) left.add(key);
    for (const { removed = [] } of run.record.steps.values()) for (const key of removed) left.delete(key);
  }
  return left;
}

/** A way back that stopped, and was finished by a later one from the same run. */
function isOvertaken(run: PastRun, past: readonly PastRun[]): boolean {
  if (run.plan.kind !== "rollback" || run.record.status === "done") return false;
  const newer = past.slice(0, past.indexOf(run));
  return newer.some(
    ({ plan, record }) => plan.kind === "rollback" && plan.of === run.plan.of && record.status === "done",
  );
}

/**
 * Natural keys of what a run made: by the answers of its calls, and, where nobody wrote down what came of a call, what
 * it makes that was not there before. What it did not make after all is not seen either, and nothing is removed.
 */
function makings({ plan, record }: PastRun, adapters: ReadonlyMap<string, Adapter>): readonly string[] {
  return plan.steps.flatMap((step): readonly string[] => {
    const known = record.steps.get(step.id);
    if (known?.made !== undefined && known.made.length > 0) return known.made;
    const isUnknown = known?.status === "unknown" || known?.status === "failed";
    if (step.kind !== "write" || step.step.effect !== "none" || !isUnknown || !record.absent.has(step.id))
      return [];
    const endpoint = plan.endpoints[step.target];
    const adapter = adapters.get(endpoint?.adapter ?? "");
    return adapter?.definition.makes(endpoint?.target, step.step as Step<unknown>) ?? [];
  });
}

/** Images of the same endpoint, under whatever name, that another run may go back to. */
function imagesOf(
  run: PastRun,
  { adapter, target }: Pick<Asked, "adapter" | "target">,
  adapters: ReadonlyMap<string, Adapter>,
): readonly unknown[] {
  const identity = identityOf(adapter, target);
  return Object.values(run.plan.endpoints).flatMap((endpoint) => {
    const known = adapters.get(endpoint.adapter);
    return known !== undefined && identityOf(known, endpoint.target) === identity
      ? [endpoint.before.now]
      : [];
  });
}
