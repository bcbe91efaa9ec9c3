import type { Evidence } from "../accept/evidence.ts";
import type { Finding, Seen, Wanted } from "../adapter/contract.ts";
import type { Adapter } from "../adapter/define-adapter.ts";
import { canonicalText } from "../certificate/digest.ts";
import { HandfastError } from "../errors.ts";
import { checkPlan } from "./check-plan.ts";
import { changeOfAccess } from "./classes.ts";
import { componentsOf } from "./components.ts";
import { estimateOf, pointOfNoReturnOf, wayBackClosesAt } from "./estimate.ts";
import { type Endpoint, Graph, type Link, type States } from "./graph.ts";
import { type Baseline, baselineOf } from "./guard.ts";
import { sameFace } from "./moves.ts";
import { Orderer, type PlannedWave, type ProofPolicy } from "./order.ts";
import { findPath, type Stage } from "./path.ts";
import type { MtlsPlan } from "./plan.ts";

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
  /** When a change of ours, that the provider itself can't tell of, is in effect: milliseconds since the epoch. */
  readonly unsettledUntil?: number | undefined;
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
  refuseBlocked(findings);

  const graph = new Graph(endpoints, [...input.links, ...unnamedLinks(endpoints)], input.facts, [input.now]);
  const start: States = new Map(endpoints.map(({ key, seen }) => [key, seen.now]));
  const goal: States = new Map(endpoints.map(({ key, seen, goal }) => [key, goal ?? seen.now]));
  const baseline = baselineOf(graph, start);
  findings.push(...judgeGoal(graph, baseline, start, goal), ...describeAccess(graph, start, goal));
  refuseBlocked(findings);

  const orderer = new Orderer(graph, input.waves, input.proof);
  for (const component of componentsOf(graph, goal, input.waves)) {
    const path = findPath(graph, baseline, component, start, goal);
    if ("noPath" in path) throw noPath(path.noPath, component.verifiers);
    findings.push(...path.findings, ...wayBackFindings(graph, component, path.stages, start));
    orderer.addPath(path.stages, start);
  }
  refuseBlocked(findings);
  findings.push(...unprovedLinks(graph, input.proof));

  const plan: MtlsPlan = {
    format: 1,
    kind: input.kind,
    createdAt: new Date(input.now).toISOString(),
    ...(input.of === undefined ? {} : { of: input.of }),
    endpoints: Object.fromEntries(endpoints.map((endpoint) => [endpoint.key, toPlanEndpoint(endpoint)])),
    links: toPlain(graph.links) as MtlsPlan["links"],
    steps: orderer.steps,
    findings: withoutTwins(findings),
    estimate: estimateOf(orderer.steps),
    ...wayBackClosesAt(graph, start),
    ...pointOfNoReturnOf(orderer.steps),
    blobs: input.facts.toPlan(),
  };
  const plain = toPlain(plan);
  checkPlan(plain, new Map(endpoints.map(({ adapter }) => [adapter.facts.name, adapter])), input.facts);
  return plain;
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
  if ("state" in realised) return { ...endpoint, goal: realised.state };
  findings.push(...realised.findings.map((finding) => ({ ...finding, target: finding.target ?? key })));
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

/** Links that nobody named, to or from endpoints that an adapter saw on the other side. */
function unnamedLinks(endpoints: readonly Endpoint[]): Link[] {
  return endpoints.flatMap(({ key, adapter, seen }) =>
    (seen.also ?? []).flatMap(({ name, face }): Link[] => {
      const link = { mayRefuse: [], named: false };
      if (face?.role === "verifier" && adapter.facts.role === "presenter") {
        return [{ ...link, key: `${key} -> ${name}`, from: { endpoint: key }, to: { verifier: name, face } }];
      }
      if (face?.role === "presenter" && adapter.facts.role === "verifier") {
        const credentials = [{ key: "shown", name, shown: face.shows }];
        return [
          {
            ...link,
            key: `${name} -> ${key}`,
            from: { population: name, credentials },
            to: { endpoint: key },
          },
        ];
      }
      return [];
    }),
  );
}

/** At the goal every link must be served: those of the spec always, the others if they are now. */
function judgeGoal(graph: Graph, baseline: Baseline, start: States, goal: States): Finding[] {
  return graph.links.flatMap((link): Finding[] => {
    const served = baseline.get(link.key);
    return graph.verdicts(link, goal).flatMap(({ verdict, reason, credential }): Finding[] => {
      if (verdict === "accepted" || link.mayRefuse.includes(credential.name)) return [];
      const was = typeof served === "object" ? served.has(credential.key) : served === "all";
      const target = "endpoint" in link.to ? link.to.endpoint : undefined;
      const who = "population" in link.from ? `${link.from.population} showing ${credential.name}` : link.key;
      if (!was && ("population" in link.from || !link.named)) return [];
      if (verdict === "unknown") {
        const same = canonicalText(graph.verdicts(link, start)) === canonicalText(graph.verdicts(link, goal));
        const severity = same ? "warning" : "blocker";
        return [
          {
            code: "link-unknown",
            severity,
            target,
            message: `nobody can tell whether ${who} would be served: ${reason}`,
            mend: "give what can't be read, or let the presenter show an identity of the spec",
          },
        ];
      }
      if (!link.named) {
        const message = `${link.key} is served now, no link of the spec names it, and it would be refused: ${reason}`;
        return [
          {
            code: "link-left-out",
            severity: "blocker",
            target,
            message,
            mend: "name the link in the spec: let its presenter show what is accepted, or agree to the loss with mayRefuse",
          },
        ];
      }
      const message = `${who} would be refused at the end: ${reason}`;
      return [
        {
          code: "link-refused",
          severity: "blocker",
          target,
          message,
          mend: "trust the CA that issued what is shown, show another identity, or agree to the loss with mayRefuse",
        },
      ];
    });
  });
}

/** Who gains and who loses access at each verifier whose face changes. */
function describeAccess(graph: Graph, start: States, goal: States): Finding[] {
  return [...graph.endpoints.values()].flatMap(({ key, adapter }): Finding[] => {
    if (adapter.facts.role !== "verifier") return [];
    const first = graph.verifierFace(key, start.get(key));
    const last = graph.verifierFace(key, goal.get(key));
    if (sameFace(first, last)) return [];
    const { gained, lost } = changeOfAccess(
      first,
      last,
      graph.moments[0] as number,
      graph.rulesOf(key),
      graph.facts,
    );
    const say = (code: string, what: string, names: readonly string[]): Finding[] =>
      names.length === 0
        ? []
        : [{ code, severity: "info", target: key, message: `${key} ${what}: ${names.join(", ")}` }];
    return [...say("access-lost", "will refuse", lost), ...say("access-gained", "will accept", gained)];
  });
}

/** From each place at which the run can stop, the way back must exist too. */
function wayBackFindings(
  graph: Graph,
  component: Parameters<typeof findPath>[2],
  stages: readonly Stage[],
  start: States,
): Finding[] {
  for (const [index, { states }] of stages.entries()) {
    const back = findPath(graph, baselineOf(graph, states), component, states, start);
    if (!("noPath" in back)) continue;
    const message = `after move ${index + 1} of ${stages.length} there is no way back that keeps every link served: ${back.noPath}`;
    return [{ code: "no-way-back", severity: "warning", target: stages[index]?.moves[0]?.key, message }];
  }
  return [];
}

function unprovedLinks(graph: Graph, proof: ProofPolicy | undefined): Finding[] {
  const bare = graph.links.filter((link) => link.named && (link.probe === undefined || proof === undefined));
  if (bare.length === 0) return [];
  const why =
    proof === undefined ? "no prober was given to createHandfast" : "the spec gives no probe for it";
  const names = bare
    .slice(0, 5)
    .map(({ key }) => key)
    .join(", ");
  const more = bare.length > 5 ? ` and ${bare.length - 5} more` : "";
  return [
    { code: "unproved", severity: "warning", message: `not proved by a handshake: ${names}${more}; ${why}` },
  ];
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
  const lines = blocking.map(({ code, target, message, mend }) => {
    const about = target === undefined || message.includes(target) ? "" : `${target}: `;
    return `[${code}] ${about}${message}${mend === undefined ? "" : `; ${mend}`}`;
  });
  throw new HandfastError("PLAN_BLOCKED", `make plan failed, nothing was changed:\n- ${lines.join("\n- ")}`, {
    target: blocking[0]?.target,
    issues: blocking.map(({ code, target, message }) => ({
      path: target === undefined ? [code] : [target, code],
      message,
    })),
  });
}

function noPath(reason: string, verifiers: readonly string[]): HandfastError {
  return new HandfastError(
    "PLAN_NO_PATH",
    `make plan failed [${verifiers.join(", ")}]: no order of moves keeps every link served: ${reason}; nothing was changed`,
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
}: Endpoint): MtlsPlan["endpoints"][string] {
  const { name, version, role } = adapter.facts;
  return toPlain({
    adapter: name,
    version,
    role,
    target,
    before: seen,
    goal,
    mayWeaken,
    mayDropEarly,
  }) as never;
}

/** Plain JSON: what is undefined is gone, nothing is shared with the caller. */
function toPlain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
