/** Where on a path each wave is over: whatever narrows a link of it from there on waits for its gate. */
import type { Graph, States } from "./graph.ts";
import { narrowedBy, type Stage } from "./stages.ts";

/** The waves of one path. */
export interface WavePlaces {
  /** Place of the first stage that waits for the wave's gate; absent where the wave has no business on this path. */
  from(wave: number): number | undefined;
  /** Waves whose gate stands right before a stage although nothing moves in them, with the verifiers to wait for. */
  readonly idle: readonly {
    readonly wave: number;
    readonly index: number;
    readonly verifiers: Set<string>;
  }[];
}

/** Everything that happens to waves on a path. */
interface Course {
  readonly length: number;
  /** First and last stage in which members of a wave move. */
  readonly moved: ReadonlyMap<number, { readonly first: number; readonly last: number }>;
  /** Narrowings, and the waves with a link to what they narrow. */
  readonly narrowings: readonly {
    readonly index: number;
    readonly key: string;
    readonly waves: Set<number>;
  }[];
}

/** Waves in their order: each is over behind its last move, or right before the first narrowing that it has a link to. */
export function placesInOrder(
  graph: Graph,
  stages: readonly Stage[],
  start: States,
  waveOf: (member: string) => number,
): WavePlaces {
  const { moved, narrowings, length } = courseOf(graph, stages, start, waveOf);
  const places = new Map<number, number>();
  const idle: { wave: number; index: number; verifiers: Set<string> }[] = [];
  const waves = new Set([...moved.keys(), ...narrowings.flatMap((one) => [...one.waves])]);
  let floor = 0;
  for (const wave of [...waves].toSorted((a, b) => a - b)) {
    const own = moved.get(wave);
    if (own === undefined) {
      // what moves in a later wave waits for this one's gate, so the gate can't wait for it
      const later = [...moved].flatMap(([other, { first }]) => (other > wave ? [first] : []));
      const most = Math.max(floor, Math.min(length, ...later));
      const linked = narrowings.filter((one) => one.waves.has(wave));
      floor = Math.min(linked.find(({ index }) => index >= floor)?.index ?? most, most);
      idle.push({ wave, index: floor, verifiers: new Set(linked.map(({ key }) => key)) });
    } else floor = Math.max(floor, own.last + 1);
    places.set(wave, floor);
  }
  return { from: (wave) => places.get(wave), idle };
}

/** All waves as one, where they can't be kept apart: over before the narrowing that follows its moves, or the last one. */
export function placeOfAll(
  graph: Graph,
  stages: readonly Stage[],
  start: States,
  waveOf: (member: string) => number,
): WavePlaces {
  const { moved, narrowings } = courseOf(graph, stages, start, waveOf);
  const last = Math.max(-1, ...[...moved.values()].map((one) => one.last));
  const linked = narrowings.filter(({ waves }) => waves.size > 0).map(({ index }) => index);
  const place = linked.find((index) => index > last) ?? linked.at(-1) ?? last + 1;
  return { from: () => place, idle: [] };
}

function courseOf(
  graph: Graph,
  stages: readonly Stage[],
  start: States,
  waveOf: (member: string) => number,
): Course {
  const moved = new Map<number, { first: number; last: number }>();
  const narrowings: { index: number; key: string; waves: Set<number> }[] = [];
  let before = start;
  for (const [index, { label, moves, states }] of stages.entries()) {
    for (const { key, changes } of moves) {
      const wave = waveOf(key);
      if (wave >= 0) moved.set(wave, { first: moved.get(wave)?.first ?? index, last: index });
      if (label !== "narrow") continue;
      for (const narrowed of narrowedBy(graph, changes, before))
        narrowings.push({ index, key: narrowed, waves: wavesWithLinkTo(graph, narrowed, waveOf) });
    }
    before = states;
  }
  return { length: stages.length, moved, narrowings };
}

/** The waves of those, presenters and populations, that have a link to a verifier. */
export function wavesWithLinkTo(
  graph: Graph,
  verifier: string,
  waveOf: (member: string) => number,
): Set<number> {
  const waves = graph
    .linksOf(verifier)
    .map(({ from }) => waveOf("population" in from ? from.population : from.endpoint));
  return new Set(waves.filter((wave) => wave >= 0));
}
