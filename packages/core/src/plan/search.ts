/** The search for the fewest moves, over classes of like links. */
import type { VerifierFace } from "../adapter/contract.ts";
import { canonicalText } from "../certificate/digest.ts";
import { type Candidate, consentRank } from "./candidates.ts";
import type { Unit } from "./components.ts";
import { type Credential, type Graph, type Link, type StateOf, type States, textOf } from "./graph.ts";
import { Baseline } from "./guard.ts";
import type { Journey } from "./journey.ts";
import { type EndpointMove, Moves, type Refusal } from "./moves.ts";
import { sameFace } from "./same-face.ts";
import { type Judges, stageOf } from "./stages.ts";

/** One move of a path: an endpoint, or the unit that it stands for, goes somewhere. */
export interface Hop {
  readonly key: string;
  readonly to: "start" | "goal" | { readonly state: unknown };
}

/** The hops of a path, and whether waves move in their order on it. */
export interface Found {
  readonly hops: readonly Hop[];
  readonly inWaveOrder: boolean;
}

/** How many states one round of the search looks at before it gives up. */
const searchLimit = 5_000;

/**
 * Breadth first over all states that candidates and goals make. One member stands for its unit, so the search is as
 * small with a thousand like presenters as with one. What needs no consent is tried first, then what locks clients out
 * early, then what lets some in that neither end does; in each round, waves in their order first.
 */
export function searchPath(
  journey: Journey,
  candidatesOf: (key: string) => readonly Candidate[],
): Found | undefined {
  const search = new Search(journey, candidatesOf);
  const waves = new Set(journey.component.units.map(({ wave }) => wave));
  for (const most of [0, 1, 2]) {
    for (const inWaveOrder of waves.size > 1 ? [true, false] : [true]) {
      const hops = search.shortest(most, inWaveOrder);
      if (hops !== undefined) return { hops, inWaveOrder };
    }
  }
  return undefined;
}

interface Node {
  readonly states: States;
  readonly from: Node | undefined;
  readonly hop: Hop | undefined;
}

/** A state that a verifier may go to, and what of all that is shown anywhere near it would accept. */
interface Option {
  readonly hop: Hop;
  readonly consent: number;
  readonly accepts: string;
}

class Search {
  readonly #judges: Judges;
  readonly #verifiers: readonly string[];
  readonly #units: readonly (Unit & { readonly key: string })[];
  readonly #options: ReadonlyMap<string, { readonly isFree: boolean; readonly options: readonly Option[] }>;
  readonly #shown: readonly Credential[];
  readonly #numbers = new Map<string, { byState: WeakMap<object, number>; byName: Map<string, number> }>();
  readonly #accepted = new WeakMap<VerifierFace, string>();

  constructor(journey: Journey, candidatesOf: (key: string) => readonly Candidate[]) {
    const { component, goalIsImage } = journey;
    this.#units = component.units.map((unit) => ({ ...unit, key: unit.members[0] as string }));
    this.#verifiers = component.verifiers;
    const keys = [...component.verifiers, ...this.#units.map(({ key }) => key)];
    const graph = journey.graph.part(keys);
    const only = (states: States): States => new Map(keys.map((key) => [key, states.get(key)]));
    const [start, goal] = [only(journey.start), only(journey.goal)];
    const baseline = new Baseline(graph, start, goal, goalIsImage);
    const numberOf = (key: string, state: unknown): number => this.#numberOf(key, state as object);
    this.#judges = { graph, moves: new RememberedMoves(graph, numberOf), baseline, start, goal };
    const shown = graph.links.flatMap((link) => [start, goal].flatMap((at) => graph.credentials(link, at)));
    this.#shown = [...new Map(shown.map((one) => [textOf(one), one])).values()];
    this.#options = new Map(component.verifiers.map((key) => [key, this.#optionsOf(key, candidatesOf(key))]));
  }

  shortest(most: number, inWaveOrder: boolean): readonly Hop[] | undefined {
    const { start } = this.#judges;
    const seen = new Set([this.#name(start)]);
    const queue: Node[] = [{ states: start, from: undefined, hop: undefined }];
    for (const node of queue) {
      for (const hop of this.#hops(node.states, most, inWaveOrder)) {
        const stage = stageOf(this.#judges, [hop.key], () => this.#stateOf(hop), node.states);
        if (typeof stage !== "object") continue;
        const name = this.#name(stage.states);
        if (seen.has(name)) continue;
        seen.add(name);
        const next: Node = { states: stage.states, from: node, hop };
        if (this.#isGoal(stage.states)) return hopsTo(next);
        if (seen.size < searchLimit) queue.push(next);
      }
    }
    return undefined;
  }

  /**
   * The states worth going to. A verifier that shares nothing and can go anywhere in one move is free: of the states
   * that accept the same of all that is shown, only the first is of use to it. Where mode and anchors move one by one,
   * a few contents are: the first of those that would accept the same if they were checked, and those of both ends; each
   * in every mode.
   */
  #optionsOf(key: string, candidates: readonly Candidate[]): { isFree: boolean; options: readonly Option[] } {
    const { graph, moves, start, goal } = this.#judges;
    const { seen } = graph.endpoint(key);
    let isFree = seen.objects.every((object) => moves.standingOn(object).length < 2);
    const options = candidates.flatMap((candidate): (Option & { checked: VerifierFace })[] => {
      const realised = moves.realise(key, candidate.wanted, start);
      if (!("state" in realised)) return [];
      isFree &&= "steps" in moves.move(key, realised.state, start);
      const face = graph.verifierFace(key, realised.state);
      const hop = { key, to: { state: realised.state } };
      const accepts = this.#accepts(key, face);
      return [{ hop, consent: consentRank(candidate), accepts, checked: { ...face, mode: "required" } }];
    });
    if (isFree) return { isFree, options: firstOfEach(options, ({ accepts }) => accepts) };
    const contents = firstOfEach(options, ({ checked }) => this.#accepts(key, checked)).map(
      ({ checked }) => checked,
    );
    for (const end of [start, goal])
      contents.push({ ...graph.verifierFace(key, end.get(key)), mode: "required" });
    return {
      isFree,
      options: options.filter(({ checked }) => contents.some((one) => sameFace(checked, one))),
    };
  }

  /** What of all that is shown in this component a verifier with this face lets in: a mark for each. */
  #accepts(key: string, face: VerifierFace): string {
    const known = this.#accepted.get(face);
    if (known !== undefined) return known;
    const link: Link = {
      key: "",
      from: { population: "", credentials: [] },
      to: { endpoint: key },
      mayRefuse: [],
      named: false,
    };
    const marks = this.#shown.map((credential) =>
      this.#judges.graph.judge(link, credential, face).verdict.slice(0, 1),
    );
    this.#accepted.set(face, marks.join(""));
    return marks.join("");
  }

  *#hops(states: States, most: number, inWaveOrder: boolean): Iterable<Hop> {
    for (const key of this.#verifiers) {
      yield { key, to: "goal" };
      const now = this.#accepts(key, this.#judges.graph.verifierFace(key, states.get(key)));
      const { isFree, options } = this.#options.get(key) ?? { isFree: true, options: [] };
      for (const { hop, consent, accepts } of options)
        if (consent <= most && (!isFree || isWider(now, accepts))) yield hop;
    }
    const open = inWaveOrder ? this.#openWave(states) : Number.POSITIVE_INFINITY;
    for (const { key, wave } of this.#units) {
      if (wave <= open) yield { key, to: "goal" };
      yield { key, to: "start" };
    }
  }

  /** The first wave of which some unit has not moved yet. */
  #openWave(states: States): number {
    const { moves, goal } = this.#judges;
    const waiting = this.#units.find(
      ({ key, wave }) => wave >= 0 && !moves.isThere(key, states.get(key), goal.get(key)),
    );
    return waiting?.wave ?? Number.POSITIVE_INFINITY;
  }

  #stateOf({ key, to }: Hop): unknown {
    if (typeof to === "object") return to.state;
    return (to === "goal" ? this.#judges.goal : this.#judges.start).get(key);
  }

  #isGoal(states: States): boolean {
    const { moves, goal } = this.#judges;
    return [...goal].every(([key, last]) => moves.isThere(key, states.get(key), last));
  }

  /** States that look alike and are as far from both ends are one: what was prepared makes no difference. */
  #name(states: States): string {
    let name = "";
    for (const [key, state] of states) name += ` ${this.#numberOf(key, state as object)}`;
    return name;
  }

  #numberOf(key: string, state: object): number {
    let numbers = this.#numbers.get(key);
    if (numbers === undefined) {
      numbers = { byState: new WeakMap(), byName: new Map() };
      this.#numbers.set(key, numbers);
    }
    const known = numbers.byState.get(state);
    if (known !== undefined) return known;
    const { graph, moves, start, goal } = this.#judges;
    const ends = [start, goal].map((end) => moves.isThere(key, state, end.get(key)));
    const name = canonicalText([graph.face(key, state), ...ends]);
    const number = numbers.byName.get(name) ?? numbers.byName.size;
    numbers.byName.set(name, number);
    numbers.byState.set(state, number);
    return number;
  }
}

/** The search asks for the same move in many states that differ elsewhere: it is worked out once. */
class RememberedMoves extends Moves {
  readonly #numberOf: (key: string, state: unknown) => number;
  readonly #known = new Map<string, WeakMap<object, Map<string, EndpointMove | Refusal>>>();
  readonly #beside = new Map<string, readonly string[]>();

  constructor(graph: Graph, numberOf: (key: string, state: unknown) => number) {
    super(graph);
    this.#numberOf = numberOf;
    for (const { key, seen } of graph.endpoints.values()) {
      const beside = new Set([key, ...seen.objects.flatMap((object) => this.standingOn(object))]);
      this.#beside.set(key, [...beside]);
    }
  }

  override move(key: string, to: unknown, states: StateOf): EndpointMove | Refusal {
    const name = (this.#beside.get(key) ?? [key])
      .map((other) => this.#numberOf(other, states.get(other)))
      .join();
    const byState = this.#known.get(key) ?? new WeakMap<object, Map<string, EndpointMove | Refusal>>();
    this.#known.set(key, byState);
    const moves = byState.get(to as object) ?? new Map<string, EndpointMove | Refusal>();
    byState.set(to as object, moves);
    const known = moves.get(name) ?? super.move(key, to, states);
    moves.set(name, known);
    return known;
  }
}

function firstOfEach<T>(all: readonly T[], nameOf: (one: T) => string): T[] {
  const first = new Map<string, T>();
  for (const one of all) if (!first.has(nameOf(one))) first.set(nameOf(one), one);
  return [...first.values()];
}

/** Whether the second accepts something that the first does not. */
function isWider(now: string, next: string): boolean {
  return [...next].some((mark, index) => mark === "a" && now[index] !== "a");
}

function hopsTo(node: Node): readonly Hop[] {
  const hops: Hop[] = [];
  for (let at: Node | undefined = node; at?.hop !== undefined; at = at.from) hops.push(at.hop);
  return hops.reverse();
}
