/** Stages: moves of like endpoints, judged one after the other. */
import type { Finding } from "../adapter/contract.ts";
import { compareAccess } from "./classes.ts";
import type { Graph, StateOf, States } from "./graph.ts";
import type { Baseline } from "./guard.ts";
import { type EndpointMove, isNarrower, type Moves } from "./moves.ts";

/** What people call a move. */
export type Label = "widen" | "present" | "narrow";

/** Moves of like endpoints at one place of the path: they touch no link of each other. */
export interface Stage {
  readonly label: Label;
  /** At least one. */
  readonly moves: readonly EndpointMove[];
  /** States of all endpoints of the component after it. */
  readonly states: States;
}

/** What stages are judged by. */
export interface Judges {
  readonly graph: Graph;
  readonly moves: Moves;
  readonly baseline: Baseline;
  readonly start: States;
  readonly goal: States;
}

/** Moves that were judged, and what they change. */
export interface Judged {
  readonly moves: readonly EndpointMove[];
  readonly changes: ReadonlyMap<string, unknown>;
}

/**
 * The stage that brings some endpoints to a state each; undefined when they are there already; or, in words, what it
 * would break.
 */
export function stageOf(
  judges: Judges,
  keys: readonly string[],
  to: (key: string) => unknown,
  states: States,
): Stage | string | undefined {
  const judged = judgeMoves(judges, keys, to, states);
  if (typeof judged === "string") return judged;
  const { moves, changes } = judged;
  if (moves.length === 0) return undefined;
  const after = new Map<string, unknown>();
  states.forEach((state, key) => {
    after.set(key, changes.has(key) ? changes.get(key) : state);
  });
  return { label: labelOf(judges.graph, moves, states), moves, states: after };
}

/** The moves that bring some endpoints to a state each, without those that are there; or, in words, what they would break. */
export function judgeMoves(
  judges: Judges,
  keys: readonly string[],
  to: (key: string) => unknown,
  states: States,
): Judged | string {
  const { moves, baseline } = judges;
  const made: EndpointMove[] = [];
  const changes = new Map<string, unknown>();
  const current: StateOf = { get: (key) => (changes.has(key) ? changes.get(key) : states.get(key)) };
  for (const key of keys) {
    const move = moves.move(key, to(key), current);
    if ("findings" in move && !("steps" in move))
      return move.findings.map(({ message }) => message).join("; ");
    if (move.steps.length === 0) continue;
    const before = new Map([...move.changes.keys()].map((other) => [other, current.get(other)]));
    const back: StateOf = { get: (at) => (before.has(at) ? before.get(at) : current.get(at)) };
    for (const [other, state] of move.changes) changes.set(other, state);
    const broken = baseline.firstBreak(move.changes.keys(), current, back);
    if (broken !== undefined) return `${broken.link.key} would be refused: ${broken.reason}`;
    const beside = changeBeside(judges, move, current);
    if (beside !== undefined) return beside;
    made.push(move);
  }
  return { moves: made, changes };
}

/** What moves are called by what they do: anything is a narrowing as soon as any verifier may refuse more by it. */
function labelOf(graph: Graph, moves: readonly EndpointMove[], states: States): Label {
  if (moves.some(({ changes }) => narrowedBy(graph, changes, states).length > 0)) return "narrow";
  const isPresenter = moves.some(({ key }) => graph.endpoint(key).adapter.facts.role === "presenter");
  return isPresenter ? "present" : "widen";
}

/** The verifiers that changes make narrower, be it beside the endpoint that is moved: on the same store, in one zone. */
export function narrowedBy(
  graph: Graph,
  changes: ReadonlyMap<string, unknown>,
  before: StateOf,
): readonly string[] {
  return [...changes.keys()].filter((key) => {
    if (graph.endpoint(key).adapter.facts.role !== "verifier") return false;
    const [now, next] = [before, changes].map((states) => graph.verifierFace(key, states.get(key)));
    return now !== undefined && next !== undefined && isNarrower(now, next);
  });
}

/** A move of one verifier changes another one that shares its store: whom does that let in or lock out, unasked? */
function changeBeside(
  { graph, start, goal }: Judges,
  move: EndpointMove,
  states: StateOf,
): string | undefined {
  for (const other of move.changes.keys()) {
    const { adapter, mayWeaken, mayDropEarly } = graph.endpoint(other);
    if (other === move.key || adapter.facts.role !== "verifier") continue;
    const [first, on, last] = [start, states, goal].map((at) => graph.verifierFace(other, at.get(other)));
    if (first === undefined || on === undefined || last === undefined) continue;
    const { leaks, dropped } = compareAccess(first, on, last, graph.at, graph.rulesOf(other), graph.facts);
    if (leaks.length > 0 && !mayWeaken) return `${other} would let in ${leaks.join(", ")}`;
    if (dropped.length > 0 && !mayDropEarly) return `${other} would refuse ${dropped.join(", ")} for a while`;
  }
  return undefined;
}

/** What the adapters had to say about the moves of a path. */
export function findingsOfMoves(stages: readonly Stage[]): readonly Finding[] {
  return stages.flatMap(({ moves }) => moves.flatMap(({ findings }) => findings));
}
