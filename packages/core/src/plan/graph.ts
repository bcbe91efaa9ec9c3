/**
 * The graph that the planner works on: endpoints with a state each, and links between them. Made once from what was
 * observed and what is wanted; the path search only moves states about.
 */

import { accepts, acceptsIssuedBy, type Rules, type Verdict } from "../accept/accepts.ts";
import type {
  Digest,
  Face,
  Facts,
  Move,
  PresenterFace,
  Seen,
  Shown,
  Step,
  VerifierFace,
} from "../adapter/contract.ts";
import type { Adapter } from "../adapter/define-adapter.ts";
import type { SpecEvidence } from "../spec/spec.ts";
import type { LinkProbe } from "./plan.ts";

/** One endpoint that has an adapter: a verifier, or one member of a presenter. */
export interface Endpoint {
  readonly key: string;
  readonly adapter: Adapter;
  readonly target: unknown;
  readonly seen: Seen<unknown>;
  /** The native state that is wanted; `undefined` for one that is only looked at. */
  readonly goal: unknown;
  readonly mayWeaken: boolean;
  readonly mayDropEarly: boolean;
  readonly mayMixWaves?: boolean | undefined;
  /** When a change of ours, that the provider itself can't tell of, is in effect: milliseconds since the epoch. */
  readonly unsettledUntil?: number | undefined;
  /** What its connection logs must tell before it is narrowed. */
  readonly evidence?: SpecEvidence | undefined;
}

/** What may come over a link, where nobody here configures it. */
export interface Credential {
  /** Unique on its link. */
  readonly key: string;
  /** What the spec calls it: `nothing`, a trust, an identity. */
  readonly name: string;
  readonly shown?: Shown | undefined;
  /** Any certificate that this CA issues. */
  readonly issuedBy?: Digest | undefined;
}

/** One end of a link: an endpoint of the graph, or a fixed set of what may be shown, or a fixed verifier. */
export type From =
  | { readonly endpoint: string }
  | { readonly population: string; readonly credentials: readonly Credential[] };
export type To = { readonly endpoint: string } | { readonly verifier: string; readonly face: VerifierFace };

export interface Link {
  readonly key: string;
  readonly from: From;
  readonly to: To;
  /** Names of credentials that this link may lose for good, by consent. */
  readonly mayRefuse: readonly string[];
  readonly probe?: LinkProbe | undefined;
  /** False for links that no spec names any more, or never did. */
  readonly named: boolean;
}

/** States of all endpoints, by key. */
export type States = ReadonlyMap<string, unknown>;

/** All that judging takes: the state of an endpoint by its key. */
export type StateOf = Pick<States, "get">;

/** Rules for a verifier that no adapter stands behind. */
const strictest: Rules = { maxIntermediates: 3, partialChain: false, crlRule: "whole" };

/** What an adapter answered about one endpoint. It is pure, and planning asks the same many times. */
class Answers {
  readonly faces = new Map<object, Face>();
  readonly moves = new Map<object, Map<object, Move<unknown>>>();
  readonly effects = new Map<object, Map<Step<unknown>, unknown>>();
}

const newMoves = () => new Map<object, Move<unknown>>();
const newEffects = () => new Map<Step<unknown>, unknown>();

/** What was worked out once and holds for every part of a graph, at any moment. */
class Known {
  readonly answers = new Map<Endpoint, Answers>();
  /** By what is shown: a thousand hostnames that show the same are judged as one. */
  readonly credentials = new Map<string, readonly Credential[]>();
  readonly shownBy = new Map<PresenterFace, readonly Credential[]>();
}

/** What was judged at one moment. */
type Verdicts = Map<VerifierFace, Map<Rules, Map<Credential, Verdict>>>;

export class Graph {
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly links: readonly Link[];
  readonly facts: Facts;
  /** The moment at which every state is judged. Milliseconds since the epoch. */
  readonly at: number;
  readonly #linksOf = new Map<string, Link[]>();
  readonly #known: Known;
  readonly #verdicts: Verdicts;

  constructor(
    endpoints: readonly Endpoint[],
    links: readonly Link[],
    facts: Facts,
    at: number,
    known: Known = new Known(),
    verdicts: Verdicts = new Map(),
  ) {
    this.endpoints = new Map(endpoints.map((endpoint) => [endpoint.key, endpoint]));
    this.links = links;
    this.facts = facts;
    this.at = at;
    this.#known = known;
    this.#verdicts = verdicts;
    for (const link of links)
      for (const key of endsOf(link)) recall(this.#linksOf, key, (): Link[] => []).push(link);
  }

  /** The graph of some endpoints alone, with the links that have no end outside. What was judged stays known. */
  part(keys: readonly string[]): Graph {
    const inside = new Set(keys);
    const links = new Set(keys.flatMap((key) => this.linksOf(key)));
    return new Graph(
      keys.map((key) => this.endpoint(key)),
      [...links].filter((link) => endsOf(link).every((end) => inside.has(end))),
      this.facts,
      this.at,
      this.#known,
      this.#verdicts,
    );
  }

  /** The same graph, judged at another moment. */
  later(at: number): Graph {
    return new Graph([...this.endpoints.values()], this.links, this.facts, at, this.#known);
  }

  endpoint(key: string): Endpoint {
    const endpoint = this.endpoints.get(key);
    if (endpoint === undefined) throw new TypeError(`graph has no endpoint ${key}`);
    return endpoint;
  }

  linksOf(key: string): readonly Link[] {
    return this.#linksOf.get(key) ?? [];
  }

  face(key: string, state: unknown): Face {
    const endpoint = this.endpoint(key);
    const answer = (): Face => endpoint.adapter.definition.face(endpoint.target, state);
    return isObject(state) ? recall(this.#answers(endpoint).faces, state, answer) : answer();
  }

  /** The steps from one state of an endpoint to another. */
  steps(key: string, from: unknown, to: unknown): Move<unknown> {
    const endpoint = this.endpoint(key);
    const answer = (): Move<unknown> => endpoint.adapter.definition.steps(endpoint.target, from, to);
    if (!isObject(from) || !isObject(to)) return answer();
    return recall(recall(this.#answers(endpoint).moves, from, newMoves), to, answer);
  }

  /**
   * The state of an endpoint once a step, perhaps of another endpoint, is in effect. Adapters that share an object each
   * own fields of it: an action that an endpoint's adapter can't read is about fields of the other.
   */
  after(key: string, state: unknown, step: Step<unknown>, by: string): unknown {
    const endpoint = this.endpoint(key);
    const { facts, definition } = endpoint.adapter;
    const answer = (): unknown => {
      const isForeign = facts.name !== this.endpoint(by).adapter.facts.name;
      if (isForeign && !definition.schema.action.safeParse(step.action).success) return state;
      return definition.after(endpoint.target, state, step);
    };
    if (!isObject(state)) return answer();
    return recall(recall(this.#answers(endpoint).effects, state, newEffects), step, answer);
  }

  #answers(endpoint: Endpoint): Answers {
    return recall(this.#known.answers, endpoint, () => new Answers());
  }

  verifierFace(key: string, state: unknown): VerifierFace {
    const face = this.face(key, state);
    if (face.role !== "verifier") throw new TypeError(`${key} is no verifier`);
    return face;
  }

  presenterFace(key: string, state: unknown): PresenterFace {
    const face = this.face(key, state);
    if (face.role !== "presenter") throw new TypeError(`${key} is no presenter`);
    return face;
  }

  rulesOf(key: string): Rules {
    const { facts } = this.endpoint(key).adapter;
    return facts.role === "verifier" ? facts : strictest;
  }

  /** What may come over the link in these states. */
  credentials(link: Link, states: StateOf): readonly Credential[] {
    if ("population" in link.from) return link.from.credentials;
    const { endpoint } = link.from;
    const face = this.presenterFace(endpoint, states.get(endpoint));
    return recall(this.#known.shownBy, face, () => {
      const { shows } = face;
      const issuedBy = shows !== "nothing" && "unknown" in shows ? shows.issuedBy : undefined;
      const credential: Credential =
        issuedBy === undefined
          ? { key: "shown", name: nameOf(shows), shown: shows }
          : { key: "shown", name: issuedBy, issuedBy };
      return recall(this.#known.credentials, textOf(credential), () => [credential]);
    });
  }

  /** What becomes of one credential at the link's verifier, if that has this face. */
  judge(link: Link, credential: Credential, face: VerifierFace): Verdict {
    const rules = "endpoint" in link.to ? this.rulesOf(link.to.endpoint) : strictest;
    const byRules = recall(this.#verdicts, face, () => new Map<Rules, Map<Credential, Verdict>>());
    return recall(
      recall(byRules, rules, () => new Map<Credential, Verdict>()),
      credential,
      () => {
        const request = { at: this.at };
        return credential.issuedBy !== undefined
          ? acceptsIssuedBy(face, credential.issuedBy, request, rules, this.facts)
          : accepts(face, credential.shown ?? "nothing", request, rules, this.facts);
      },
    );
  }

  /** The face of the link's verifier in these states. */
  verifierOf(link: Link, states: StateOf): VerifierFace {
    return "endpoint" in link.to
      ? this.verifierFace(link.to.endpoint, states.get(link.to.endpoint))
      : link.to.face;
  }

  /** The verdict on each credential of a link in these states. */
  verdicts(link: Link, states: StateOf): readonly (Verdict & { readonly credential: Credential })[] {
    const face = this.verifierOf(link, states);
    return this.credentials(link, states).map((credential) => ({
      ...this.judge(link, credential, face),
      credential,
    }));
  }
}

/** Keys of the endpoints at the ends of a link. */
export function endsOf(link: Link): readonly string[] {
  const ends: string[] = [];
  if ("endpoint" in link.from) ends.push(link.from.endpoint);
  if ("endpoint" in link.to) ends.push(link.to.endpoint);
  return ends;
}

/** Two credentials with the same text are judged alike everywhere. */
export function textOf({ shown, issuedBy }: Credential): string {
  if (issuedBy !== undefined) return `issued by ${issuedBy}`;
  if (shown === undefined || shown === "nothing") return "nothing";
  return "unknown" in shown ? `unknown ${shown.unknown}` : [shown.certificate, ...shown.chain].join();
}

function nameOf(shows: Shown): string {
  if (shows === "nothing") return "nothing";
  return "unknown" in shows ? "unknown" : shows.certificate;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** The value at a key, made when there is none. */
function recall<K, V>(
  map: { get(key: K): V | undefined; set(key: K, value: V): unknown },
  key: K,
  make: () => V,
): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
