/** Plans that start from a run: the way back to the image taken before it, and the retiring of what it left. */

import { Evidence } from "../accept/evidence.ts";
import type { Finding, Step } from "../adapter/contract.ts";
import type { Adapter } from "../adapter/define-adapter.ts";
import { digestOf } from "../certificate/digest.ts";
import { HandfastError } from "../errors.ts";
import { observe } from "../observation/observe.ts";
import { estimateOf } from "../plan/estimate.ts";
import { endsOf, type Link } from "../plan/graph.ts";
import { makePlan, type WantedEndpoint } from "../plan/make-plan.ts";
import type { PlanStep } from "../plan/plan.ts";
import { type PlanDraft, sealPlan } from "../plan/seal-plan.ts";
import { identityOf, meet, type PastRun, readRun, readRuns } from "./history.ts";
import { type MadePlan, stillUnderWay } from "./plan-apply.ts";
import type { Workshop } from "./workshop.ts";

/** What a rollback may do beyond going back. Nothing of it by default. */
export interface RollbackConsent {
  /** Keys of links that were refused before the run and may be so again. */
  readonly mayBreak?: readonly string[] | undefined;
  /** Certificates that were revoked since may be let in again. Default false. */
  readonly mayUnrevoke?: boolean | undefined;
}

/** Plans the way from what is seen now, and may still be in effect, to the image taken before a run. */
export async function planRollback(
  workshop: Workshop,
  runId: string,
  consent: RollbackConsent,
  signal: AbortSignal,
): Promise<MadePlan> {
  const run = await readRun(workshop.journal, runId);
  refuseUnfit(run, "roll back");
  const asked = Object.entries(run.plan.endpoints).map(([key, endpoint]) => ({
    ...endpoint,
    key,
    adapter: workshop.adapter(endpoint.adapter),
  }));
  const past = await readRuns(workshop.journal);
  refuseBuried(run, past, workshop.adapters);
  const { seen, bytes } = await observe(asked, { clock: workshop.clock, signal });
  const endpoints = asked.map(
    ({ key, adapter, target, before, goal, mayWeaken, mayDropEarly }): WantedEndpoint => ({
      key,
      adapter,
      target,
      seen: withoutBlockers(seen.get(key) as WantedEndpoint["seen"]),
      want: goal === undefined ? undefined : { state: before.now },
      mayWeaken,
      mayDropEarly,
      unsettledUntil: stillUnderWay(workshop, past, { adapter, target }),
    }),
  );
  const known = new Map([...(await workshop.bytesOf(run.plan.blobs)), ...bytes]);
  const facts = await workshop.evidenceFor(endpoints, known);
  const mayBreak = new Set(consent.mayBreak ?? []);
  const links = (run.plan.links as readonly Link[]).filter(({ key }) => !mayBreak.has(key));
  const plan = makePlan({
    kind: "rollback",
    of: runId,
    now: workshop.clock.now(),
    validMs: workshop.planValidMs,
    endpoints,
    links: links
      .filter(({ named, to }) => named || "endpoint" in to)
      .filter((link) => endsOf(link).length > 0),
    waves: [],
    proof: workshop.proof,
    facts,
    findings: consent.mayUnrevoke === true ? [] : unrevoked(endpoints, facts),
  });
  return { plan, facts };
}

/**
 * Later runs at the same endpoints may have built on this one: a link that only they know would be cut off. Those that
 * were taken back themselves are no hindrance.
 */
function refuseBuried(run: PastRun, past: readonly PastRun[], adapters: ReadonlyMap<string, Adapter>): void {
  const newer = past
    .slice(
      0,
      past.findIndex(({ runId }) => runId === run.runId),
    )
    .filter((other) => other.plan.kind !== "retire" && other.plan.of !== run.runId && hasBegun(other));
  const takenBack = new Set(
    newer.flatMap(({ plan, record, runId }) =>
      plan.kind === "rollback" && record.status === "done" ? [runId, plan.of ?? ""] : [],
    ),
  );
  const over = newer.find((other) => !takenBack.has(other.runId) && meet(run, other, adapters));
  if (over === undefined) return;
  throw new HandfastError(
    "RUN_STATE",
    `roll back run ${run.runId} failed: run ${over.runId} came after it at the same endpoints, and what it built would be cut off; roll that back first, or apply a spec`,
    { run: run.runId, facts: { newer: over.runId } },
  );
}

function hasBegun({ record }: PastRun): boolean {
  return [...record.steps.values()].some(({ attempts, doneAt }) => attempts > 0 || doneAt !== undefined);
}

/** What would forbid going forward must not forbid going back: it is said, and no more. */
function withoutBlockers(seen: WantedEndpoint["seen"]): WantedEndpoint["seen"] {
  const findings = seen.findings.map((finding) =>
    finding.severity === "blocker" ? { ...finding, severity: "warning" as const } : finding,
  );
  return { ...seen, findings };
}

/** Revocations that the image before did not have: going back would let these certificates in again. */
function unrevoked(endpoints: readonly WantedEndpoint[], facts: Evidence): Finding[] {
  return endpoints.flatMap(({ key, adapter, target, seen, want }): Finding[] => {
    if (want === undefined || !("state" in want)) return [];
    const [now, then] = [seen.now, want.state].map((state) => adapter.definition.face(target, state));
    if (
      now?.role !== "verifier" ||
      then?.role !== "verifier" ||
      then.mode === "off" ||
      then.mode === "request"
    )
      return [];
    if ("unknown" in now.crls || "unknown" in then.crls) return [];
    const before = new Set(
      then.crls.known.flatMap((crl) =>
        [...facts.crl(crl).revoked].map((serial) => `${facts.crl(crl).issuer} ${serial}`),
      ),
    );
    const lost = now.crls.known.flatMap((crl) => {
      const { issuer, revoked } = facts.crl(crl);
      return [...revoked].filter((serial) => !before.has(`${issuer} ${serial}`));
    });
    if (lost.length === 0) return [];
    return [
      {
        code: "would-unrevoke",
        severity: "consent",
        target: key,
        message: `going back lets ${lost.length} revoked certificate(s) in again at ${key}`,
        mend: "agree to it with mayUnrevoke: true, or put the newer revocation list into a spec and apply that",
      },
    ];
  });
}

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
): Promise<MadePlan> {
  const run = await readRun(workshop.journal, runId);
  refuseUnfit(run, "retire");
  const past = await readRuns(workshop.journal);
  const asked = Object.entries(run.plan.endpoints)
    .filter(([, { goal }]) => goal !== undefined)
    .map(([key, endpoint]) => ({ ...endpoint, key, adapter: workshop.adapter(endpoint.adapter) }));
  const { seen, bytes } = await observe(asked, { clock: workshop.clock, signal });
  const others = past.filter(
    (other) => other.runId !== runId && !other.record.retired && other.plan.kind !== "retire",
  );
  // what an unfinished run made it may still need to go on, though nothing refers to it yet
  const needed = new Set(others.filter((other) => mayGoOn(other, past)).flatMap(madeBy));
  const made = [
    ...new Set([...past.flatMap(madeBy).filter((key) => !needed.has(key)), ...(consent.adopted ?? [])]),
  ];
  const steps: PlanStep[] = [];
  const known = new Set<string>();
  const findings: Finding[] = [];
  for (const { key, adapter, target } of asked) {
    const keep = others.flatMap((other) => imagesOf(other, adapter, target, workshop.adapters));
    const move = adapter.definition.removals(target, seen.get(key) as WantedEndpoint["seen"], { keep, made });
    findings.push(...move.findings);
    addRemovals(steps, known, key, adapter, move.steps);
  }
  const facts = new Evidence(new Map([...(await workshop.bytesOf(run.plan.blobs)), ...bytes]));
  const draft: PlanDraft = {
    format: 1,
    kind: "retire",
    createdAt: new Date(workshop.clock.now()).toISOString(),
    of: runId,
    endpoints: Object.fromEntries(
      asked.map(({ key, adapter, target, mayWeaken, mayDropEarly }) => {
        const { name, version, role } = adapter.facts;
        return [
          key,
          { adapter: name, version, role, target, before: seen.get(key), mayWeaken, mayDropEarly } as never,
        ];
      }),
    ),
    links: [],
    steps,
    findings,
    estimate: estimateOf(steps),
    blobs: facts.toPlan(),
  };
  return { plan: sealPlan(draft, workshop.adapters, workshop.planValidMs), facts };
}

function addRemovals(
  steps: PlanStep[],
  known: Set<string>,
  target: string,
  adapter: Adapter,
  removals: readonly Step<unknown>[],
): void {
  const ids = new Map<string, string>();
  for (const step of removals) {
    const identity = `${adapter.facts.name} ${step.object} ${digestOf(step.action)}`;
    if (known.has(identity)) continue;
    known.add(identity);
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

function madeBy({ record }: PastRun): readonly string[] {
  return [...record.steps.values()].flatMap(({ made }) => made ?? []);
}

/** Images of the same endpoint, under whatever name, that another run may go back to. */
function imagesOf(
  run: PastRun,
  adapter: Adapter,
  target: unknown,
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

function refuseUnfit({ runId, plan, record }: PastRun, verb: string): void {
  if (plan.kind === "retire") {
    throw new HandfastError(
      "RUN_STATE",
      `${verb} run ${runId} failed: it is a retire run, and what it deleted is gone`,
      { run: runId },
    );
  }
  if (record.retired) {
    throw new HandfastError(
      "RUN_STATE",
      `${verb} run ${runId} failed: it was retired already; what its way back needs may be gone, so apply a spec instead`,
      { run: runId },
    );
  }
}
