import type { Step } from "../adapter/contract.ts";
import { canonicalText } from "../certificate/digest.ts";
import type { Graph } from "./graph.ts";
import type { Moves } from "./moves.ts";
import type { MtlsPlan, PlanStep } from "./plan.ts";
import { unsafe } from "./unsafe.ts";

/** A step that writes. */
export type Write = Extract<PlanStep, { kind: "write" }>;

/** A switch, and the steps that prepare it in an order in which they can run. */
interface Group {
  readonly prepares: ReadonlySet<Write>;
  readonly flip: Write;
}

/** More states than an endpoint has on any sensible way; beyond, every switch beside it counts. */
const mostStates = 64;

/**
 * All steps that matter to each endpoint: switches of its own, those of others that change it through an object that both
 * stand on, and the steps that prepare these, whichever endpoint they were planned for.
 */
export function writesByEndpoint(
  plan: MtlsPlan,
  graph: Graph,
  moves: Moves,
): ReadonlyMap<string, ReadonlySet<Write>> {
  const groups = groupsOf(plan, graph);
  const own = Map.groupBy(groups, ({ flip }) => flip.target);
  const near = new Map<string, Group[]>();
  for (const group of groups) {
    for (const key of moves.standingOn(group.flip.step.object)) {
      if (key === group.flip.target) continue;
      const known = near.get(key);
      if (known === undefined) near.set(key, [group]);
      else known.push(group);
    }
  }
  const beside = preparedBeside(plan, moves);
  return new Map(
    [...new Set([...own.keys(), ...near.keys(), ...beside.keys()])].map((key) => {
      const [ours, others] = [own.get(key) ?? [], near.get(key) ?? []];
      const flips = [...ours, ...changing(graph, key, ours, others)].map(({ flip }) => flip);
      const prepares = [...ours, ...others].flatMap((group) => [...group.prepares]);
      return [key, new Set([...prepares, ...(beside.get(key) ?? []), ...flips])];
    }),
  );
}

/** Steps of others that touch no traffic, and write to an object that an endpoint stands on: a setting of its zone. */
function preparedBeside(plan: MtlsPlan, moves: Moves): ReadonlyMap<string, readonly Write[]> {
  const found = new Map<string, Write[]>();
  for (const step of plan.steps) {
    if (step.kind !== "write" || step.step.effect !== "none") continue;
    for (const key of moves.standingOn(step.step.object)) {
      if (key === step.target) continue;
      const known = found.get(key);
      if (known === undefined) found.set(key, [step]);
      else known.push(step);
    }
  }
  return found;
}

function groupsOf(plan: MtlsPlan, graph: Graph): readonly Group[] {
  const byId = new Map(plan.steps.map((step) => [step.id, step]));
  const addPreparing = (step: Write, found: Set<Write>): Set<Write> => {
    for (const id of step.after) {
      const other = byId.get(id);
      if (other?.kind !== "write" || other.step.effect !== "none" || found.has(other)) continue;
      addPreparing(other, found);
      found.add(other);
    }
    return found;
  };
  const groups: Group[] = [];
  for (const step of plan.steps) {
    if (step.kind !== "write" || step.step.effect !== "switch") continue;
    const prepares = addPreparing(step, new Set());
    const keys = new Set([...prepares, step].map((one) => one.step.key));
    const missing = (step.step.after ?? []).find((key) => !keys.has(key));
    if (missing !== undefined) throw unsafe(`${step.id} does not wait for ${missing}, which it needs`);
    if (!graph.endpoints.has(step.target))
      throw unsafe(`${step.id} writes to ${step.target}, which is no endpoint`);
    groups.push({ prepares, flip: step });
  }
  return groups;
}

/**
 * Which switches of others change an endpoint in any state that it may be in when they run. Those that never do are about
 * other fields of an object that it shares, and may run at any time.
 */
function changing(
  graph: Graph,
  key: string,
  ours: readonly Group[],
  others: readonly Group[],
): readonly Group[] {
  if (others.length === 0) return [];
  const after = (state: unknown, { target, step }: Write): unknown =>
    graph.after(key, state, step as Step<unknown>, target);
  const prepared = (state: unknown, { prepares }: Group): unknown => [...prepares].reduce(after, state);
  const found = new Set<Group>();
  for (;;) {
    const states = statesUnder(graph.endpoint(key).seen.now, [...ours, ...found], (state, group) =>
      after(prepared(state, group), group.flip),
    );
    if (states === undefined) return others;
    const more = others.filter((group) => {
      if (found.has(group)) return false;
      return states.some((state) => {
        const before = prepared(state, group);
        return !isSame(after(before, group.flip), before);
      });
    });
    if (more.length === 0) return [...found];
    for (const group of more) found.add(group);
  }
}

/** Every state that some moves lead to from one, in whatever order; undefined when they are too many. */
function statesUnder(
  start: unknown,
  groups: readonly Group[],
  move: (state: unknown, group: Group) => unknown,
): readonly unknown[] | undefined {
  const states = new Map([[canonicalText(start), start]]);
  for (const state of states.values()) {
    for (const group of groups) {
      const next = move(state, group);
      const text = canonicalText(next);
      if (!states.has(text)) states.set(text, next);
      if (states.size > mostStates) return undefined;
    }
  }
  return [...states.values()];
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || canonicalText(a) === canonicalText(b);
}
