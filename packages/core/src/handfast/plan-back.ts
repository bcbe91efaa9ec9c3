/** Plans the way back to the image taken before a run. */

import type { Evidence } from "../accept/evidence.ts";
import type { Digest, Face, Finding, VerifierFace, Wanted } from "../adapter/contract.ts";
import type { Adapter } from "../adapter/define-adapter.ts";
import { digestOf } from "../certificate/digest.ts";
import { subjectDer } from "../certificate/read-certificate.ts";
import { HandfastError } from "../errors.ts";
import { observe } from "../observation/observe.ts";
import { statesOnTheWay } from "../plan/check-plan.ts";
import { endsOf, type Link } from "../plan/graph.ts";
import { makePlan, type WantedEndpoint } from "../plan/make-plan.ts";
import { findRun, meet, type PastRun, refuseUnfit } from "./history.ts";
import { compromisedIn, type MadePlan, stillUnderWay } from "./plan-apply.ts";
import type { Workshop } from "./workshop.ts";

/** What a rollback may do beyond going back. Nothing of it by default. */
export interface RollbackConsent {
  /** Keys of links that were refused before the run and may be so again. */
  readonly mayBreak?: readonly string[] | undefined;
  /** Certificates that were revoked since may be let in again. Default false: the newer lists stay. */
  readonly mayUnrevoke?: boolean | undefined;
  /** CA certificates that a spec called compromised may be trusted again. Default false: they are left out. */
  readonly mayTrustCompromised?: boolean | undefined;
  /** What somebody else changed since is written over. Default false: it is said, and nothing is done. */
  readonly evenIfMoved?: boolean | undefined;
}

/** Plans the way from what is seen now, and may still be in effect, to the image taken before a run. */
export async function planRollback(
  workshop: Workshop,
  runId: string,
  consent: RollbackConsent,
  signal: AbortSignal,
  past: readonly PastRun[],
): Promise<MadePlan> {
  const run = await findRun(workshop.journal, runId, past);
  refuseUnfit(run, "roll back");
  refuseBuried(run, past, workshop.adapters);
  const asked = Object.entries(run.plan.endpoints).map(([key, endpoint]) => ({
    ...endpoint,
    key,
    adapter: workshop.adapter(endpoint.adapter),
  }));
  const { seen, bytes } = await observe(asked, { clock: workshop.clock, signal });
  const looked = asked.map(({ key, adapter, target, mayWeaken, mayDropEarly, evidence }) => ({
    key,
    adapter,
    target,
    seen: withoutBlockers(seen.get(key) as WantedEndpoint["seen"]),
    mayWeaken,
    mayDropEarly,
    evidence: evidence !== undefined && workshop.logs.has(evidence.logs) ? evidence : undefined,
    unsettledUntil: stillUnderWay(workshop, past, { adapter, target }),
  }));
  const known = new Map([...(await workshop.bytesOf(run.plan.blobs)), ...bytes]);
  const facts = await workshop.evidenceFor(looked, known);
  const compromised = consent.mayTrustCompromised === true ? [] : compromisedIn(past);
  const findings: Finding[] = [
    ...logsWithoutReader(workshop, run),
    ...(consent.evenIfMoved === true ? [] : await movedSince(workshop, run, past, looked)),
  ];
  const endpoints = looked.map((endpoint): WantedEndpoint => {
    const { goal, before } = run.plan.endpoints[endpoint.key] as (typeof run.plan.endpoints)[string];
    if (goal === undefined) return { ...endpoint, want: undefined };
    const kept = keepRatchet(endpoint, before.now, facts, consent.mayUnrevoke === true, compromised);
    if (kept === undefined) return { ...endpoint, want: { state: before.now } };
    findings.push(kept.finding);
    return { ...endpoint, want: { face: kept.want } };
  });
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
    findings,
    compromised,
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

/** No reader of logs that is missing shuts the way back. */
function logsWithoutReader({ logs }: Workshop, { plan }: PastRun): Finding[] {
  return Object.entries(plan.endpoints).flatMap(([key, { evidence }]): Finding[] => {
    if (evidence === undefined || logs.has(evidence.logs)) return [];
    return [
      {
        code: "logs-not-read",
        severity: "warning",
        target: key,
        message: `nobody will look into ${evidence.logs} before ${key} is narrowed: createHandfast was given no reader of that name`,
        mend: "give createHandfast the reader, then plan again",
      },
    ];
  });
}

type Looked = Omit<WantedEndpoint, "want">;

/**
 * Endpoints that are in a state in which neither the run, nor a way back from it, ever left them: somebody else was
 * there, and the way back would write over that.
 */
async function movedSince(
  workshop: Workshop,
  run: PastRun,
  past: readonly PastRun[],
  looked: readonly Looked[],
): Promise<Finding[]> {
  const ways = [run, ...past.filter(({ plan }) => plan.kind === "rollback" && plan.of === run.runId)];
  const states = new Map<string, Set<string>>();
  for (const { plan } of ways) {
    const onTheWay = statesOnTheWay(plan, workshop.adapters, await workshop.evidenceOf(plan));
    for (const { key, adapter, target } of looked) {
      const known = states.get(key) ?? new Set();
      for (const state of onTheWay.get(key) ?? []) known.add(ownedDigest(adapter, target, state));
      states.set(key, known);
    }
  }
  return looked.flatMap(({ key, adapter, target, seen }): Finding[] => {
    if (run.plan.endpoints[key]?.goal === undefined) return [];
    if (states.get(key)?.has(ownedDigest(adapter, target, seen.now)) === true) return [];
    return [
      {
        code: "moved-since",
        severity: "consent",
        target: key,
        message: `${key} is neither as run ${run.runId} found it nor as it left it: ${inWords(adapter.definition.face(target, seen.now))}`,
        mend: "find out who changed it and why; to go back all the same, and lose that change, say evenIfMoved: true",
      },
    ];
  });
}

function ownedDigest(adapter: Adapter, target: unknown, state: unknown): string {
  return digestOf(adapter.definition.owned(target, state) ?? null);
}

function inWords(face: Face): string {
  if (face.role === "presenter") {
    if (typeof face.shows === "string") return `it shows ${face.shows}`;
    return "certificate" in face.shows
      ? `it shows ${face.shows.certificate.slice(0, 12)}`
      : "nobody can tell what it shows";
  }
  const anchors =
    "known" in face.anchors ? face.anchors.known.map((one) => one.slice(0, 12)).join(", ") : "unknown CAs";
  return `mode ${face.mode}${anchors === "" ? "" : `, trusting ${anchors}`}`;
}

/**
 * The way back does not turn the ratchet: what was revoked since stays revoked, and a compromised CA is not trusted
 * again. Undefined where the image before has neither.
 */
function keepRatchet(
  { key, adapter, target, seen }: Looked,
  image: unknown,
  facts: Evidence,
  mayUnrevoke: boolean,
  compromised: readonly Digest[],
): { readonly want: Wanted; readonly finding: Finding } | undefined {
  const [now, then] = [seen.now, image].map((state) => adapter.definition.face(target, state));
  if (now?.role !== "verifier" || then?.role !== "verifier") return undefined;
  if (then.mode === "off" || then.mode === "request" || "unknown" in then.anchors) return undefined;
  const dropped = then.anchors.known.filter((anchor) => compromised.includes(anchor));
  const newer = mayUnrevoke ? [] : newerLists(now, then, facts);
  if (dropped.length === 0 && newer.length === 0) return undefined;
  const issuers = new Set(newer.map((crl) => facts.crl(crl).issuer));
  const crls =
    "known" in then.crls ? then.crls.known.filter((crl) => !issuers.has(facts.crl(crl).issuer)) : [];
  const kept = [
    ...(newer.length === 0 ? [] : [`the ${newer.length} newer revocation list(s)`]),
    ...(dropped.length === 0 ? [] : [`the distrust of ${dropped.length} compromised CA(s)`]),
  ];
  return {
    want: {
      role: "verifier",
      mode: then.mode,
      anchors: then.anchors.known.filter((anchor) => !dropped.includes(anchor)),
      crls: [...crls, ...newer],
      ignoreExpiry: then.ignoreExpiry,
      advertiseNames: then.advertiseNames,
      ocsp: then.ocsp,
    },
    finding: {
      code: "ratchet-kept",
      severity: "warning",
      target: key,
      message: `going back keeps ${kept.join(" and ")} at ${key}, which its image before did not have`,
      mend: "to go back to the very image, say mayUnrevoke: true or mayTrustCompromised: true",
    },
  };
}

/** Lists in effect now that revoke something which the lists of the image do not, and whose CA the image trusts. */
function newerLists(now: VerifierFace, then: VerifierFace, facts: Evidence): readonly Digest[] {
  if ("unknown" in now.crls || "unknown" in then.crls || "unknown" in then.anchors) return [];
  const before = then.crls.known.map((crl) => facts.crl(crl));
  const trusted = new Set(then.anchors.known.map((anchor) => subjectDer(facts.certificate(anchor))));
  return now.crls.known.filter((crl) => {
    const { issuer, revoked } = facts.crl(crl);
    if (!trusted.has(issuer)) return false;
    const own = before.filter((list) => list.issuer === issuer);
    for (const serial of revoked) if (!own.some((list) => list.revoked.has(serial))) return true;
    return false;
  });
}
