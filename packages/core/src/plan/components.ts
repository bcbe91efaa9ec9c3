import { canonicalText } from "../certificate/digest.ts";
import { endsOf, type Graph, type States } from "./graph.ts";
import type { PlannedWave } from "./order.ts";
import type { Component } from "./path.ts";

/**
 * The parts of the graph that share neither a link nor an object: each is planned for itself. Within a part, presenter
 * members that start, end and connect alike move as one, so that a thousand hostnames stay a small search.
 */
export function componentsOf(
  graph: Graph,
  goal: States,
  waves: readonly PlannedWave[],
): readonly Component[] {
  const parent = new Map<string, string>();
  const rootOf = (key: string): string => {
    const up = parent.get(key) ?? key;
    if (up === key) return key;
    const root = rootOf(up);
    parent.set(key, root);
    return root;
  };
  const join = (keys: readonly string[]): void => {
    const [first, ...rest] = keys;
    for (const key of rest) parent.set(rootOf(key), rootOf(first as string));
  };
  for (const link of graph.links) join(endsOf(link));
  const standing = new Map<string, string[]>();
  for (const { key, seen } of graph.endpoints.values()) {
    for (const object of seen.objects) standing.set(object, [...(standing.get(object) ?? []), key]);
  }
  for (const keys of standing.values()) join(keys);

  const parts = new Map<string, string[]>();
  for (const key of graph.endpoints.keys()) parts.set(rootOf(key), [...(parts.get(rootOf(key)) ?? []), key]);
  return [...parts.values()].map((keys) => ({
    verifiers: keys.filter((key) => graph.endpoint(key).adapter.facts.role === "verifier"),
    presenters: classesOf(
      graph,
      goal,
      waves,
      keys.filter((key) => graph.endpoint(key).adapter.facts.role === "presenter"),
    ),
  }));
}

function classesOf(
  graph: Graph,
  goal: States,
  waves: readonly PlannedWave[],
  keys: readonly string[],
): readonly (readonly string[])[] {
  const classes = new Map<string, { wave: number; members: string[] }>();
  for (const key of keys) {
    const { adapter, seen } = graph.endpoint(key);
    const wave = waves.findIndex(({ members }) => members.has(key));
    const verifiers = graph.linksOf(key).map(({ to, mayRefuse }) => ({ to, mayRefuse }));
    const faces = [graph.face(key, seen.now), graph.face(key, goal.get(key))];
    const name = canonicalText({
      adapter: adapter.facts.name,
      wave,
      verifiers,
      faces,
      settled: seen.settled,
    });
    const known = classes.get(name);
    if (known === undefined) classes.set(name, { wave, members: [key] });
    else known.members.push(key);
  }
  return [...classes.values()].toSorted((a, b) => a.wave - b.wave).map(({ members }) => members);
}
