import { canonicalText } from "../certificate/digest.ts";
import type { PlannedWave } from "./gates.ts";
import { endsOf, type Graph, type States } from "./graph.ts";

/** Presenter members that start, end and connect alike: they move as one. */
export interface Unit {
  /** Place of their wave; -1 when they are in none. */
  readonly wave: number;
  /** At least one. */
  readonly members: readonly string[];
}

/** Endpoints that are connected by links or objects: planned together, apart from all others. */
export interface Component {
  readonly keys: readonly string[];
  readonly verifiers: readonly string[];
  /** In the order of their waves. */
  readonly units: readonly Unit[];
}

/**
 * The parts of the graph that share neither a link nor an object. Within a part, presenter members that start, end and
 * connect alike are one unit, so that a thousand hostnames stay a small search.
 */
export function componentsOf(
  graph: Graph,
  start: States,
  goal: States,
  waves: readonly PlannedWave[],
): readonly Component[] {
  const parent = new Map<string, string>();
  const rootOf = (key: string): string => {
    let root = key;
    for (let up = parent.get(root); up !== undefined && up !== root; up = parent.get(root)) root = up;
    parent.set(key, root);
    return root;
  };
  const join = (keys: readonly string[]): void => {
    const [first, ...rest] = keys;
    for (const key of rest) parent.set(rootOf(key), rootOf(first as string));
  };
  for (const link of graph.links) join(endsOf(link));
  const standing = standingOf(graph);
  for (const keys of standing.values()) join(keys);

  const waveOf = new Map(waves.flatMap(({ members }, index) => [...members].map((key) => [key, index])));
  const parts = Map.groupBy(graph.endpoints.keys(), rootOf);
  return [...parts.values()].map((keys) => ({
    keys,
    verifiers: keys.filter((key) => graph.endpoint(key).adapter.facts.role === "verifier"),
    units: unitsOf(
      graph,
      [start, goal],
      waveOf,
      standing,
      keys.filter((key) => graph.endpoint(key).adapter.facts.role === "presenter"),
    ),
  }));
}

function standingOf(graph: Graph): ReadonlyMap<string, readonly string[]> {
  const standing = new Map<string, string[]>();
  for (const { key, seen } of graph.endpoints.values()) {
    for (const object of new Set(seen.objects)) {
      const keys = standing.get(object);
      if (keys === undefined) standing.set(object, [key]);
      else keys.push(key);
    }
  }
  return standing;
}

function unitsOf(
  graph: Graph,
  ends: readonly States[],
  waveOf: ReadonlyMap<string, number>,
  standing: ReadonlyMap<string, readonly string[]>,
  keys: readonly string[],
): readonly Unit[] {
  const units = new Map<string, { wave: number; members: string[] }>();
  for (const key of keys) {
    const { adapter, seen, goal } = graph.endpoint(key);
    const wave = waveOf.get(key) ?? -1;
    const links = graph
      .linksOf(key)
      .map(({ to, mayRefuse, named }) => canonicalText({ to, mayRefuse, named }))
      .toSorted();
    const name = canonicalText({
      adapter: adapter.facts.name,
      wave,
      links,
      faces: ends.map((states) => graph.face(key, states.get(key))),
      moves: goal !== undefined,
      shared: seen.objects.filter((object) => (standing.get(object)?.length ?? 0) > 1),
    });
    const known = units.get(name);
    if (known === undefined) units.set(name, { wave, members: [key] });
    else known.members.push(key);
  }
  return [...units.values()].toSorted((a, b) => a.wave - b.wave);
}
