/**
 * The checker: judges a plan from its data alone, without a word of how it was made. It replays every link's steps in
 * the order that the "after" edges force, and refuses a plan in which some link could be broken.
 */
import type { Facts, Step } from "../adapter/contract.ts";
import type { Adapter } from "../adapter/define-adapter.ts";
import { canonicalText } from "../certificate/digest.ts";
import { HandfastError } from "../errors.ts";
import { compareAccess } from "./classes.ts";
import { endsOf, Graph, type Link, type States } from "./graph.ts";
import { Baseline } from "./guard.ts";
import { Moves } from "./moves.ts";
import type { MtlsPlan } from "./plan.ts";
import { type Reach, reachOf } from "./reach.ts";
import { sameFace } from "./same-face.ts";
import { unsafe } from "./unsafe.ts";
import { type Write, writesByEndpoint } from "./writes-by-endpoint.ts";

/** What the checks share. */
interface Checked {
  readonly graph: Graph;
  readonly moves: Moves;
  readonly reach: Reach;
  readonly start: States;
  /** The steps that matter to each endpoint. */
  readonly writes: ReadonlyMap<string, ReadonlySet<Write>>;
}

/**
 * Refutes an unsafe plan.
 *
 * @throws HandfastError `PLAN_UNKNOWN_ADAPTER`; `PLAN_INVALID` when edges are broken or adapter versions differ;
 * `PLAN_UNSAFE` when some order that the edges allow would refuse a link that was served, let somebody in without
 * consent, not wait for what is under way, or not end at the goal
 */
export function checkPlan(plan: MtlsPlan, adapters: ReadonlyMap<string, Adapter>, facts: Facts): void {
  checkProofs(plan);
  if (plan.kind === "retire") {
    graphOf(plan, adapters, facts);
    reachOf(plan.steps);
    checkRetire(plan);
    return;
  }
  const checked = toCheck(plan, adapters, facts);
  const { graph, start } = checked;
  checkEffects(plan, checked);
  const goal = new Map(start);
  for (const { key, goal: wanted } of graph.endpoints.values()) {
    const states = replay(checked, ordered(checked, [key], key), [key]);
    goal.set(key, (states.at(-1) ?? start).get(key));
    if (wanted !== undefined && !isReached(plan, checked, key, goal.get(key), wanted)) {
      throw unsafe(`${key} would not end in the state that is wanted`);
    }
    checkAccess(graph, key, states, start, goal);
  }
  const baseline = new Baseline(graph, start, goal, plan.kind === "rollback");
  for (const link of graph.links) checkLink(checked, baseline, link);
  checkSettled(plan, checked);
}

/** Whether nothing is left to do behind the last switch but what the plan clears up anyway. */
function isReached(
  plan: MtlsPlan,
  { graph, moves }: Checked,
  key: string,
  at: unknown,
  wanted: unknown,
): boolean {
  if (moves.isThere(key, at, wanted)) return true;
  const { steps, findings } = graph.steps(key, at, wanted);
  if (findings.some(({ severity }) => severity === "blocker")) return false;
  const own = plan.steps.flatMap((step) =>
    step.kind === "write" && step.target === key ? [canonicalText(step.step.action)] : [],
  );
  return steps.every(({ effect, action }) => effect === "none" && own.includes(canonicalText(action)));
}

/** Every state in which a plan's run can leave each endpoint: the one at its start, and one after each step that writes there. */
export function statesOnTheWay(
  plan: MtlsPlan,
  adapters: ReadonlyMap<string, Adapter>,
  facts: Facts,
): ReadonlyMap<string, readonly unknown[]> {
  const checked = toCheck(plan, adapters, facts);
  return new Map(
    [...checked.graph.endpoints.keys()].map((key) => {
      const states = replay(checked, ordered(checked, [key], key), [key]).map((one) => one.get(key));
      return [key, [checked.start.get(key), ...states]];
    }),
  );
}

/**
 * The first link that the plan's end would serve by the plan's date and refuse at another moment, in words; undefined
 * when there is none.
 */
export function refusedAt(
  plan: MtlsPlan,
  adapters: ReadonlyMap<string, Adapter>,
  facts: Facts,
  at: number,
): string | undefined {
  const then = graphOf(plan, adapters, facts);
  const now = then.later(at);
  const goal: States = new Map(
    [...then.endpoints.values()].map(({ key, seen, goal }) => [key, goal ?? seen.now]),
  );
  for (const link of then.links) {
    const verdicts = now.verdicts(link, goal);
    for (const [index, { verdict }] of then.verdicts(link, goal).entries()) {
      const later = verdicts[index];
      if (verdict === "accepted" && later?.verdict === "refused")
        return `${link.key} would be refused: ${later.reason}`;
    }
  }
  return undefined;
}

/** A proof of a link that the plan does not have would prove nothing. */
function checkProofs(plan: MtlsPlan): void {
  const probes = new Map(plan.links.map(({ key, probe }) => [key, probe]));
  for (const step of plan.steps) {
    if (step.kind !== "prove") continue;
    const probe = probes.get(step.link);
    if ((step.by === "link" ? probe?.url : probe?.direct) !== undefined) continue;
    throw new HandfastError(
      "PLAN_INVALID",
      `read plan failed: ${step.id} proves ${step.link}, and the plan has no such link with such a probe; plan again`,
      { step: step.id },
    );
  }
}

function toCheck(plan: MtlsPlan, adapters: ReadonlyMap<string, Adapter>, facts: Facts): Checked {
  const graph = graphOf(plan, adapters, facts);
  const moves = new Moves(graph);
  const start: States = new Map([...graph.endpoints.values()].map(({ key, seen }) => [key, seen.now]));
  const writes = writesByEndpoint(plan, graph, moves);
  return { graph, moves, reach: reachOf(plan.steps), start, writes };
}

/** Builds the graph that a stored plan speaks of. */
function graphOf(plan: MtlsPlan, adapters: ReadonlyMap<string, Adapter>, facts: Facts): Graph {
  const endpoints = Object.entries(plan.endpoints).map(
    ([key, { adapter: name, version, target, before, goal, ...rest }]) => {
      const adapter = adapters.get(name);
      if (adapter === undefined) {
        throw new HandfastError(
          "PLAN_UNKNOWN_ADAPTER",
          `read plan failed [${key}]: no adapter is named ${name}; pass it to createHandfast`,
          { adapter: name, target: key },
        );
      }
      if (adapter.facts.version !== version) {
        throw new HandfastError(
          "PLAN_INVALID",
          `read plan failed [${key}]: it was made by version ${version} of ${name}, this is ${adapter.facts.version}; plan again`,
          { adapter: name, target: key },
        );
      }
      return {
        key,
        adapter,
        target,
        seen: before,
        goal,
        mayWeaken: rest.mayWeaken,
        mayDropEarly: rest.mayDropEarly,
        ...(rest.unsettledUntil === undefined ? {} : { unsettledUntil: Date.parse(rest.unsettledUntil) }),
      };
    },
  );
  return new Graph(endpoints, plan.links as readonly Link[], facts, Date.parse(plan.createdAt));
}

/** No step may do more than it says: what is to touch no traffic may change no face, and nothing is removed yet. */
function checkEffects(plan: MtlsPlan, { graph, moves, start }: Checked): void {
  for (const step of plan.steps) {
    if (step.kind !== "write" || step.step.effect === "switch") continue;
    if (step.step.effect === "remove") throw unsafe(`${step.id} removes something, which only retire does`);
    for (const key of new Set([step.target, ...moves.standingOn(step.step.object)])) {
      const before = start.get(key);
      const after = graph.after(key, before, step.step as Step<unknown>, step.target);
      if (!sameFace(graph.face(key, before), graph.face(key, after)))
        throw unsafe(`${step.id} is to touch no traffic, and changes ${key}`);
    }
  }
}

function checkLink(checked: Checked, baseline: Baseline, link: Link): void {
  const ends = endsOf(link);
  const sequence = ordered(checked, ends, link.key);
  let before = checked.start;
  for (const [index, states] of replay(checked, sequence, ends).entries()) {
    const reason = baseline.breakOf(link, states, before);
    if (reason !== undefined) throw unsafe(`${sequence[index]?.id} would break ${link.key}: ${reason}`);
    before = states;
  }
}

/** Nothing that a change under way touches may be switched before that change is in effect. */
function checkSettled(plan: MtlsPlan, { graph, moves, reach, writes }: Checked): void {
  const settles = Map.groupBy(
    plan.steps.filter((step) => step.kind === "settle"),
    ({ target }) => target,
  );
  for (const { key, seen, unsettledUntil } of graph.endpoints.values()) {
    if (seen.settled && unsettledUntil === undefined) continue;
    const touched = new Set([key, ...seen.objects.flatMap((object) => moves.standingOn(object))]);
    const near = [...touched].flatMap((one) => [one, ...graph.linksOf(one).flatMap(endsOf)]);
    for (const write of new Set(near.flatMap((one) => [...(writes.get(one) ?? [])]))) {
      if (write.step.effect !== "switch") continue;
      const waits = settles.get(key)?.some(({ id }) => reach.isBefore(id, write.id)) ?? false;
      if (!waits) throw unsafe(`${write.id} does not wait for the change that is under way at ${key}`);
    }
  }
}

/** The steps of some endpoints in the one order that the edges allow; what touches no traffic may run in any. */
function ordered({ writes, reach }: Checked, keys: readonly string[], about: string): readonly Write[] {
  const steps = new Set(keys.flatMap((key) => [...(writes.get(key) ?? [])]));
  const sorted = [...steps].toSorted((a, b) => reach.position(a.id) - reach.position(b.id));
  const switches = sorted.filter(({ step }) => step.effect === "switch");
  for (const [index, step] of switches.entries()) {
    const next = switches[index + 1];
    if (next !== undefined && !reach.isBefore(step.id, next.id)) {
      throw unsafe(`${step.id} and ${next.id} both change ${about}, and nothing says which comes first`);
    }
  }
  return sorted;
}

/** The states of some endpoints after each step. */
function replay(
  { graph, start }: Checked,
  steps: readonly Write[],
  keys: readonly string[],
): readonly States[] {
  const states = new Map(keys.map((key) => [key, start.get(key)]));
  return steps.map(({ target: of, step }) => {
    const by = graph.endpoint(of);
    for (const key of keys) {
      const endpoint = graph.endpoint(key);
      const prepares = step.effect === "none" && endpoint.adapter.facts.name === by.adapter.facts.name;
      if (of !== key && !prepares && !endpoint.seen.objects.includes(step.object)) continue;
      states.set(key, graph.after(key, states.get(key), step as Step<unknown>, of));
    }
    return new Map(states);
  });
}

function checkAccess(
  graph: Graph,
  key: string,
  states: readonly States[],
  start: States,
  goal: States,
): void {
  const { adapter, mayWeaken, mayDropEarly } = graph.endpoint(key);
  if (adapter.facts.role !== "verifier") return;
  const first = graph.verifierFace(key, start.get(key));
  const last = graph.verifierFace(key, goal.get(key));
  for (const one of states) {
    const face = graph.verifierFace(key, one.get(key));
    const { leaks, dropped } = compareAccess(first, face, last, graph.at, graph.rulesOf(key), graph.facts);
    if (leaks.length > 0 && !mayWeaken)
      throw unsafe(`${key} would let in ${leaks.join(", ")}, and nobody agreed to it`);
    if (dropped.length > 0 && !mayDropEarly)
      throw unsafe(`${key} would refuse ${dropped.join(", ")} for a while, and nobody agreed to it`);
  }
}

function checkRetire(plan: MtlsPlan): void {
  const wrong = plan.steps.find((step) => step.kind !== "write" || step.step.effect !== "remove");
  if (wrong !== undefined)
    throw unsafe(`${wrong.id} of a retire plan does more than remove what nothing refers to`);
}
