/**
 * The checker: judges a plan from its data alone, without a word of how it was made. It replays every link's steps in
 * the order that the "after" edges force, and refuses a plan in which some link could be broken.
 */
import type { Facts, Step } from "../adapter/contract.ts";
import type { Adapter } from "../adapter/define-adapter.ts";
import { HandfastError } from "../errors.ts";
import { compareAccess } from "./classes.ts";
import { endsOf, Graph, type Link, type States } from "./graph.ts";
import { type Baseline, baselineOf, breakOf } from "./guard.ts";
import { Moves } from "./moves.ts";
import type { MtlsPlan, PlanStep } from "./plan.ts";
import { type Reach, reachOf } from "./reach.ts";

type Write = Extract<PlanStep, { kind: "write" }>;

/**
 * Refutes an unsafe plan.
 *
 * @throws HandfastError `PLAN_UNKNOWN_ADAPTER`; `PLAN_INVALID` when edges are broken or adapter versions differ;
 * `PLAN_UNSAFE` when some order that the edges allow would refuse a link that was served, let somebody in without
 * consent, or not end at the goal
 */
export function checkPlan(plan: MtlsPlan, adapters: ReadonlyMap<string, Adapter>, facts: Facts): void {
  const graph = graphOf(plan, adapters, facts);
  const reach = reachOf(plan.steps);
  if (plan.kind === "retire") {
    checkRetire(plan);
    return;
  }
  const start: States = new Map([...graph.endpoints.values()].map(({ key, seen }) => [key, seen.now]));
  const baseline = baselineOf(graph, start);
  const writes = writesByEndpoint(plan, graph);
  for (const link of graph.links) checkLink(graph, reach, baseline, link, start, writes);
  for (const endpoint of graph.endpoints.values()) {
    if (endpoint.goal === undefined) continue;
    const states = replay(graph, ordered(writes.get(endpoint.key) ?? [], reach, endpoint.key), start, [
      endpoint.key,
    ]);
    const last = states.at(-1) ?? start;
    if (!new Moves(graph).isThere(endpoint.key, last.get(endpoint.key), endpoint.goal)) {
      throw unsafe(`${endpoint.key} would not end in the state that is wanted`);
    }
    checkAccess(graph, endpoint.key, states, start);
  }
}

/** Builds the graph that a stored plan speaks of. */
export function graphOf(plan: MtlsPlan, adapters: ReadonlyMap<string, Adapter>, facts: Facts): Graph {
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
      };
    },
  );
  return new Graph(endpoints, plan.links as readonly Link[], facts, [Date.parse(plan.createdAt)]);
}

/**
 * All steps that matter to each endpoint: switches of its own and of others on an object that it stands on, and the
 * steps that prepare these, whichever endpoint they were planned for.
 */
function writesByEndpoint(plan: MtlsPlan, graph: Graph): ReadonlyMap<string, readonly Write[]> {
  const byObject = new Map<string, Set<string>>();
  for (const { key, seen } of graph.endpoints.values()) {
    for (const object of seen.objects) byObject.set(object, (byObject.get(object) ?? new Set()).add(key));
  }
  const byId = new Map(plan.steps.map((step) => [step.id, step]));
  const preparing = (step: Write, found: Set<Write>): Set<Write> => {
    for (const id of step.after) {
      const other = byId.get(id);
      if (other?.kind !== "write" || other.step.effect !== "none" || found.has(other)) continue;
      found.add(other);
      preparing(other, found);
    }
    return found;
  };
  const writes = new Map<string, Write[]>();
  for (const step of plan.steps) {
    if (step.kind !== "write" || step.step.effect !== "switch") continue;
    const group = [...preparing(step, new Set()), step];
    const missing = (step.step.after ?? []).find((key) => !group.some((one) => one.step.key === key));
    if (missing !== undefined) throw unsafe(`${step.id} does not wait for ${missing}, which it needs`);
    for (const key of new Set([step.target, ...(byObject.get(step.step.object) ?? [])])) {
      writes.set(key, [...(writes.get(key) ?? []), ...group]);
    }
  }
  return new Map([...writes].map(([key, steps]) => [key, [...new Set(steps)]]));
}

function checkLink(
  graph: Graph,
  reach: Reach,
  baseline: Baseline,
  link: Link,
  start: States,
  writes: ReadonlyMap<string, readonly Write[]>,
): void {
  const ends = endsOf(link);
  const steps = new Set(ends.flatMap((key) => writes.get(key) ?? []));
  const sequence = ordered([...steps], reach, link.key);
  for (const [index, states] of replay(graph, sequence, start, ends).entries()) {
    const reason = breakOf(graph, baseline, link, states);
    if (reason !== undefined) throw unsafe(`${sequence[index]?.id} would break ${link.key}: ${reason}`);
  }
}

/** The steps in the one order that the edges allow; steps that touch no traffic may run in any. */
function ordered(steps: readonly Write[], reach: Reach, about: string): readonly Write[] {
  const sorted = steps.toSorted((a, b) => reach.position(a.id) - reach.position(b.id));
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
  graph: Graph,
  steps: readonly Write[],
  start: States,
  keys: readonly string[],
): readonly States[] {
  const states = new Map(start);
  return steps.map(({ target: of, step }) => {
    for (const key of keys) {
      const { adapter, target, seen } = graph.endpoint(key);
      const prepares = step.effect === "none" && adapter.facts.name === graph.endpoint(of).adapter.facts.name;
      if (of !== key && !prepares && !seen.objects.includes(step.object)) continue;
      states.set(key, adapter.definition.after(target, states.get(key), step as Step<unknown>));
    }
    return new Map(states);
  });
}

function checkAccess(graph: Graph, key: string, states: readonly States[], start: States): void {
  const { adapter, mayWeaken, mayDropEarly, goal } = graph.endpoint(key);
  if (adapter.facts.role !== "verifier") return;
  const first = graph.verifierFace(key, start.get(key));
  const last = graph.verifierFace(key, goal);
  for (const one of states) {
    const face = graph.verifierFace(key, one.get(key));
    const { leaks, dropped } = compareAccess(
      first,
      face,
      last,
      graph.moments[0] as number,
      graph.rulesOf(key),
      graph.facts,
    );
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

function unsafe(reason: string): HandfastError {
  return new HandfastError("PLAN_UNSAFE", `check plan failed: ${reason}; nothing was changed`);
}
