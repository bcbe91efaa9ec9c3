import type { Evidence } from "../accept/evidence.ts";
import type { Digest, Finding, Seen, Wanted } from "../adapter/contract.ts";
import type { Adapter } from "../adapter/define-adapter.ts";
import { canonicalText } from "../certificate/digest.ts";
import { HandfastError } from "../errors.ts";
import type { SpecEvidence } from "../spec/spec.ts";
import { checkPlan } from "./check-plan.ts";
import { type Component, componentsOf } from "./components.ts";
import { estimateOf, pointOfNoReturnOf, wayBackClosesAt } from "./estimate.ts";
import { describeChange, type Ends, expiringSoon, findingsOfPath, judgeGoal } from "./findings.ts";
import {
  sharedRehearsals,
  uncheckedBefore,
  unprovedDirectly,
  unprovedLinks,
  unprovedRehearsals,
  unseenVerifiers,
} from "./gate-findings.ts";
import { type Endpoint, Graph, type Link, type States } from "./graph.ts";
import { Baseline } from "./guard.ts";
import type { Journey } from "./journey.ts";
import { Moves } from "./moves.ts";
import { Orderer, type PlannedWave, type ProofPolicy } from "./order.ts";
import { findPath } from "./path.ts";
import type { MtlsPlan } from "./plan.ts";
import { refusalOf } from "./refusal.ts";
import { type PlanDraft, sealPlan } from "./seal-plan.ts";

/** One endpoint to be planned for: what was seen, and what is wanted of it. */
export interface WantedEndpoint {
  readonly key: string;
  readonly adapter: Adapter;
  readonly target: unknown;
  readonly seen: Seen<unknown>;
  /** A neutral face, a native state (the image to go back to), or nothing: it is only looked at. */
  readonly want: { readonly face: Wanted } | { readonly state: unknown } | undefined;
  readonly mayWeaken: boolean;
  readonly mayDropEarly: boolean;
  /** Waves of presenters linked to it may be made one, where they can't be kept apart. */
  readonly mayMixWaves?: boolean | undefined;
  /** When a change of ours, that the provider itself can't tell of, is in effect: milliseconds since the epoch. */
  readonly unsettledUntil?: number | undefined;
  /** What its connection logs must tell before it is narrowed. */
  readonly evidence?: SpecEvidence | undefined;
}

/** Everything that a plan is made from. */
export interface PlanInput {
  readonly kind: "apply" | "rollback";
  /** The run to take back. */
  readonly of?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly endpoints: readonly WantedEndpoint[];
  readonly links: readonly Link[];
  readonly waves: readonly PlannedWave[];
  readonly proof: ProofPolicy | undefined;
  readonly facts: Evidence;
  readonly findings: readonly Finding[];
  /** CA certificates that no way back may trust again. */
  readonly compromised?: readonly Digest[] | undefined;
  /** How long the plan may lie before it is started. Milliseconds; default 24 hours. */
  readonly validMs?: number | undefined;
}

/**
 * Makes the plan: pure and synchronous. What it can't do it says, all at once.
 *
 * @throws HandfastError `PLAN_BLOCKED` with every blocker and every missing consent; `PLAN_NO_PATH` when no order of
 * moves keeps all links served; `PLAN_UNSAFE` when the checker refutes the plan (a defect)
 */
export function makePlan(input: PlanInput): MtlsPlan {
  const findings: Finding[] = [...input.findings, ...input.endpoints.flatMap(findingsOf)];
  const endpoints = input.endpoints.map((wanted) => withGoal(wanted, input, findings));
  findings.push(...judgeTogether(endpoints));
  refuseBlocked(findings);

  const seen = new Graph(endpoints, input.links, input.facts, input.now);
  const graph = new Graph(endpoints, [...input.links, ...unnamedLinks(seen)], input.facts, input.now);
  const start: States = new Map(endpoints.map(({ key, seen }) => [key, seen.now]));
  const { goal, contradictions } = goalOf(graph, start);
  const goalIsImage = input.kind === "rollback";
  const baseline = new Baseline(graph, start, goal, goalIsImage);
  const ends: Ends = { graph, baseline, start, goal };
  findings.push(...contradictions, ...goalFindings(ends, goalIsImage), ...describeChange(ends));
  refuseBlocked(findings);

  const orderer = new Orderer(graph, input.waves, input.proof);
  for (const component of componentsOf(graph, start, goal, input.waves)) {
    const journey = journeyOf(graph, component, start, goal, goalIsImage);
    const path = findPath(journey);
    if ("noPath" in path) throw noPath(path.noPath, component.verifiers);
    findings.push(...path.findings, ...findingsOfPath(journey, path));
    orderer.addPath(path, journey.start, journey.goal);
  }
  const steps = orderer.finish();
  findings.push(...sharedRehearsals(steps));
  refuseBlocked(findings);
  const estimate = estimateOf(steps);
  findings.push(
    ...unprovedLinks(graph, input.proof),
    ...unprovedDirectly(graph, goal, input.proof),
    ...unseenVerifiers(graph, steps, orderer.narrowings),
    ...unprovedRehearsals(graph, steps),
    ...uncheckedBefore(ends, steps, orderer.narrowings, input.proof),
    ...expiringSoon(ends, input.now + estimate.atMostMs),
  );

  const draft: PlanDraft = {
    format: 1,
    kind: input.kind,
    createdAt: new Date(input.now).toISOString(),
    ...(input.of === undefined ? {} : { of: input.of }),
    endpoints: Object.fromEntries(endpoints.map((endpoint) => [endpoint.key, toPlanEndpoint(endpoint)])),
    links: graph.links as never,
    steps: [...steps],
    findings: withoutTwins(findings),
    estimate,
    ...wayBackClosesAt(graph, start),
    ...pointOfNoReturnOf(steps),
    ...(input.compromised === undefined || input.compromised.length === 0
      ? {}
      : { compromised: [...input.compromised] }),
    blobs: input.facts.toPlan(),
  };
  const adapters = new Map(endpoints.map(({ adapter }) => [adapter.facts.name, adapter]));
  const plan = sealPlan(draft, adapters, input.validMs);
  checkPlan(plan, adapters, input.facts);
  return plan;
}

function findingsOf({ key, seen }: WantedEndpoint): readonly Finding[] {
  return seen.findings.map((finding) => ({ ...finding, target: finding.target ?? key }));
}

function withGoal(wanted: WantedEndpoint, input: PlanInput, findings: Finding[]): Endpoint {
  const { want: _, ...endpoint } = wanted;
  const { key, adapter, target, seen } = wanted;
  if (wanted.want === undefined) return { ...endpoint, goal: undefined };
  if ("state" in wanted.want) return { ...endpoint, goal: wanted.want.state };
  const blocked = findings.some((finding) => finding.target === key && finding.severity === "blocker");
  if (blocked) return { ...endpoint, goal: seen.now };
  const realised = adapter.definition.realise(target, wanted.want.face, seen.now, input.facts);
  findings.push(
    ...(realised.findings ?? []).map((finding) => ({ ...finding, target: finding.target ?? key })),
  );
  if ("state" in realised) return { ...endpoint, goal: realised.state };
  if (!realised.findings.some(({ severity }) => severity === "blocker")) {
    findings.push({
      code: "not-realisable",
      severity: "blocker",
      target: key,
      message: `${key} can't have what is wanted`,
    });
  }
  return { ...endpoint, goal: seen.now };
}

/** What adapters say of all their targets together. */
function judgeTogether(endpoints: readonly Endpoint[]): readonly Finding[] {
  const wanted = endpoints.filter(({ goal }) => goal !== undefined);
  return [...Map.groupBy(wanted, ({ adapter }) => adapter)].flatMap(([{ definition }, own]) =>
    definition.judge(own.map(({ target, seen, goal }) => ({ target, from: seen.now, to: goal }))),
  );
}

/** Of a rollback the spec can't be changed: there the consent is given with the call. */
function goalFindings(ends: Ends, goalIsImage: boolean): readonly Finding[] {
  const mend = "it was refused before the run too: agree to it with mayBreak, or apply a spec instead";
  return judgeGoal(ends).map((finding) =>
    goalIsImage && finding.code === "link-refused" ? { ...finding, mend } : finding,
  );
}

/** Links that nobody named, to or from endpoints that an adapter saw on the other side. */
function unnamedLinks({ endpoints, links }: Graph): Link[] {
  const named = new Set(links.map(({ key }) => key));
  return [...endpoints.values()]
    .flatMap(({ key, adapter, seen }) =>
      (seen.also ?? []).flatMap(({ name, face }): Link[] => {
        const link = { mayRefuse: [], named: false };
        if (face?.role === "verifier" && adapter.facts.role === "presenter") {
          const to = { verifier: name, face };
          return [{ ...link, key: `${key} -> ${name}`, from: { endpoint: key }, to }];
        }
        if (face?.role === "presenter" && adapter.facts.role === "verifier") {
          const credentials = [{ key: "shown", name, shown: face.shows }];
          const from = { population: name, credentials };
          return [{ ...link, key: `${name} -> ${key}`, from, to: { endpoint: key } }];
        }
        return [];
      }),
    )
    .filter(({ key }) => !named.has(key));
}

/**
 * The states of all endpoints once every one is where it is wanted. A move of one may change what another stands on (a
 * zone, a shared store), so each moves from where the others' moves have left it; who is moved away is a contradiction.
 */
function goalOf(graph: Graph, start: States): { goal: States; contradictions: readonly Finding[] } {
  const moves = new Moves(graph);
  const goal = new Map(start);
  const wanted = [...graph.endpoints.values()].filter((endpoint) => endpoint.goal !== undefined);
  for (const { key, adapter, target, goal: own } of wanted) {
    const { steps, findings } = adapter.definition.steps(target, goal.get(key), own);
    if (findings.some(({ severity }) => severity === "blocker")) goal.set(key, own);
    for (const [other, state] of moves.changesOf(key, steps, goal)) goal.set(other, state);
  }
  const contradictions = wanted
    .filter(({ key, goal: own }) => !moves.isThere(key, goal.get(key), own))
    .map(({ key, seen }): Finding => {
      const others = seen.objects.flatMap((object) =>
        moves.standingOn(object).filter((other) => other !== key),
      );
      return {
        code: "goals-contradict",
        severity: "blocker",
        target: key,
        message: `${key} shares an object with ${[...new Set(others)].join(", ")}, and they can't all have what is wanted of them`,
        mend: "want the same of all that share it, or give each its own",
      };
    });
  return { goal, contradictions };
}

function journeyOf(
  whole: Graph,
  component: Component,
  start: States,
  goal: States,
  goalIsImage: boolean,
): Journey {
  const graph = whole.part(component.keys);
  const only = (states: States): States => new Map(component.keys.map((key) => [key, states.get(key)]));
  const ends = { start: only(start), goal: only(goal), goalIsImage };
  return { graph, component, ...ends, baseline: new Baseline(graph, ends.start, ends.goal, goalIsImage) };
}

/**
 * Throws when something must be mended or agreed to first.
 *
 * @throws HandfastError `PLAN_BLOCKED`
 */
export function refuseBlocked(findings: readonly Finding[]): void {
  const blocking = withoutTwins(
    findings.filter(({ severity }) => severity === "blocker" || severity === "consent"),
  );
  if (blocking.length === 0) return;
  throw refusalOf("PLAN_BLOCKED", "make plan failed, nothing was changed", blocking);
}

function noPath(reason: string, verifiers: readonly string[]): HandfastError {
  return new HandfastError(
    "PLAN_NO_PATH",
    `make plan failed [${verifiers.join(", ")}]: no order of moves keeps every link served: ${reason}; nothing was changed; give the verifier more room, trust what is shown now in a plan of its own first, or agree to a loss with mayRefuse`,
    { target: verifiers[0] },
  );
}

function withoutTwins(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [canonicalText(finding), finding])).values()];
}

function toPlanEndpoint({
  adapter,
  target,
  seen,
  goal,
  mayWeaken,
  mayDropEarly,
  unsettledUntil,
  evidence,
}: Endpoint): MtlsPlan["endpoints"][string] {
  const { name, version, role } = adapter.facts;
  return {
    adapter: name,
    version,
    role,
    target,
    before: seen,
    goal,
    mayWeaken,
    mayDropEarly,
    ...(unsettledUntil === undefined ? {} : { unsettledUntil: new Date(unsettledUntil).toISOString() }),
    ...(evidence === undefined ? {} : { evidence }),
  } as never;
}
