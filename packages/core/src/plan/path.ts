/**
 * A path: moves in an order that breaks no link. First the plain one is tried (widen, present, narrow by rungs); where
 * that breaks something, a search over all states that could help finds the shortest, or says that there is none.
 */
import type { Finding, VerifierFace, Wanted } from "../adapter/contract.ts";
import { type Candidate, candidatesOf, consentRank, rank } from "./candidates.ts";
import { type Link, type States, textOf } from "./graph.ts";
import type { Journey } from "./journey.ts";
import { Moves } from "./moves.ts";
import { sameFace } from "./same-face.ts";
import { type Found, searchPath } from "./search.ts";
import { findingsOfMoves, type Judges, type Stage, stageOf } from "./stages.ts";

/** A path, its findings, and whether waves can be kept apart on it. */
export interface Path {
  readonly stages: readonly Stage[];
  readonly findings: readonly Finding[];
  /** False when the only path moves a later wave before an earlier one: no wave can wait for another then. */
  readonly inWaveOrder: boolean;
}

/** Why there is no path, for people: what was in the way of the plain one. */
export interface NoPath {
  readonly noPath: string;
}

/** Finds a path; one that needs consent only where there is none without, and then with a finding that asks for it. */
export function findPath(journey: Journey): Path | NoPath {
  return new PathFinder(journey).find();
}

class PathFinder {
  readonly #journey: Journey;
  readonly #judges: Judges;
  readonly #candidates = new Map<string, readonly Candidate[]>();

  constructor(journey: Journey) {
    this.#journey = journey;
    this.#judges = { ...journey, moves: new Moves(journey.graph) };
  }

  find(): Path | NoPath {
    const plain = this.#plain();
    if (!("noPath" in plain)) return this.#path(plain, true);
    const found = searchPath(this.#journey, (key) =>
      this.#candidatesOf(key).toSorted((a, b) => consentRank(a) - consentRank(b)),
    );
    const stages = found === undefined ? undefined : this.#replay(found);
    if (found === undefined || stages === undefined) return plain;
    return this.#path(stages, found.inWaveOrder);
  }

  #path(stages: readonly Stage[], inWaveOrder: boolean): Path {
    const findings = [...this.#findingsOnTheWay(stages), ...findingsOfMoves(stages)];
    return { stages, findings, inWaveOrder };
  }

  /** Widen every verifier, let every presenter show what it is to show, narrow every verifier rung by rung. */
  #plain(): readonly Stage[] | NoPath {
    const { start, goal, component } = this.#journey;
    const stages: Stage[] = [];
    let states = start;
    const go = (keys: readonly string[], to: (key: string) => unknown): string | undefined => {
      const stage = stageOf(this.#judges, keys, to, states);
      if (typeof stage === "string") return stage;
      if (stage !== undefined) {
        stages.push(stage);
        states = stage.states;
      }
      return undefined;
    };
    for (const key of component.verifiers) {
      const wide = this.#widest(key, states);
      if (wide === undefined) {
        return { noPath: `${key} has no state that accepts both what is shown now and what will be shown` };
      }
      const obstacle = go([key], () => wide.state);
      if (obstacle !== undefined) return { noPath: obstacle };
    }
    for (const { members } of component.units) {
      const obstacle = go(members, (key) => goal.get(key));
      if (obstacle !== undefined) return { noPath: obstacle };
    }
    for (const key of component.verifiers) {
      for (const state of [...this.#rungs(key, states), goal.get(key)]) {
        const obstacle = go([key], () => state);
        if (obstacle !== undefined) return { noPath: obstacle };
      }
    }
    const { moves } = this.#judges;
    const away = component.keys.find((key) => !moves.isThere(key, states.get(key), goal.get(key)));
    return away === undefined ? stages : { noPath: `${away} is moved away by another's move` };
  }

  /** The stages of a path that was found on one member of each unit, for all members and with all rungs. */
  #replay({ hops }: Found): readonly Stage[] | undefined {
    const { component, start, goal } = this.#journey;
    const unitOf = new Map(component.units.map(({ members }) => [members[0], members]));
    const stages: Stage[] = [];
    let states = start;
    for (const { key, to } of hops) {
      const members = unitOf.get(key);
      const state = (one: string): unknown => {
        if (to === "start" || to === "goal") return (to === "goal" ? goal : start).get(one);
        return to.state;
      };
      const rungs = members === undefined && to === "goal" ? this.#rungs(key, states) : [];
      for (const rung of rungs) {
        const stage = stageOf(this.#judges, [key], () => rung, states);
        if (typeof stage === "string" || stage === undefined) continue;
        stages.push(stage);
        states = stage.states;
      }
      const stage = stageOf(this.#judges, members ?? [key], state, states);
      if (typeof stage === "string") return undefined;
      if (stage === undefined) continue;
      stages.push(stage);
      states = stage.states;
    }
    return stages;
  }

  /**
   * Where a verifier goes first: nowhere when it accepts already all that is shown now and will be; to the goal when that
   * accepts it and is no stricter; else to the strictest state that accepts it and needs no consent.
   */
  #widest(key: string, states: States): { readonly state: unknown } | undefined {
    const { graph, start, goal } = this.#journey;
    const now = graph.verifierFace(key, start.get(key));
    const last = graph.verifierFace(key, goal.get(key));
    const asks = now.mode === "off" && this.#asksFirst(key, last);
    if (!asks && this.#servesBothEnds(key, now, start)) return { state: states.get(key) };
    if (rank(last.mode) <= rank(now.mode) && this.#servesBothEnds(key, last, goal))
      return { state: goal.get(key) };
    const ceiling = asks ? rank("request") : rank(now.mode);
    for (const candidate of this.#candidatesOf(key)) {
      if (rank(candidate.wanted.mode) > ceiling || consentRank(candidate) > 0) continue;
      const realised = this.#judges.moves.realise(key, candidate.wanted, states);
      if (!("state" in realised)) continue;
      const face = graph.verifierFace(key, realised.state);
      if (this.#servesBothEnds(key, face, undefined)) return { state: realised.state };
    }
    return undefined;
  }

  /** From `off`, a mode that asks and refuses nobody comes first, if the goal is past it: it can be proved. */
  #asksFirst(key: string, goal: VerifierFace): boolean {
    const { facts } = this.#journey.graph.endpoint(key).adapter;
    return facts.role === "verifier" && facts.modes.includes("request") && rank(goal.mode) > rank("request");
  }

  #servesBothEnds(key: string, face: VerifierFace, end: States | undefined): boolean {
    return this.#journey.graph.linksOf(key).every((link) => this.#keeps(link, face, end));
  }

  /** @param end the states of the end that the face is from, where what can't be read is known to be as it was */
  #keeps(link: Link, face: VerifierFace, end: States | undefined): boolean {
    const { graph, baseline, start, goal, goalIsImage } = this.#journey;
    const asItWas = new Set<string>();
    if (end === start || (end === goal && goalIsImage))
      for (const credential of graph.credentials(link, end)) asItWas.add(textOf(credential));
    return [start, goal]
      .flatMap((states) => graph.credentials(link, states))
      .every((credential) => {
        if (link.mayRefuse.includes(credential.name)) return true;
        if (baseline.served(link, credential.key) === undefined) return true;
        const { verdict } = graph.judge(link, credential, face);
        return verdict === "accepted" || (verdict === "unknown" && asItWas.has(textOf(credential)));
      });
  }

  /** The states between where a verifier stands and its goal, one for each mode: a proof is due at each. */
  #rungs(key: string, states: States): readonly unknown[] {
    const { graph, goal } = this.#journey;
    const { facts } = graph.endpoint(key).adapter;
    const now = graph.verifierFace(key, states.get(key));
    const last = graph.verifierFace(key, goal.get(key));
    if (facts.role !== "verifier" || "unknown" in last.anchors || "unknown" in last.crls) return [];
    const { anchors, crls, ignoreExpiry, advertiseNames, ocsp } = last;
    return facts.modes
      .filter((mode) => rank(mode) > rank(now.mode) && rank(mode) < rank(last.mode))
      .toSorted((a, b) => rank(a) - rank(b))
      .flatMap((mode) => {
        const wanted: Wanted = {
          role: "verifier",
          mode,
          anchors: (anchors as { known: readonly string[] }).known,
          crls: (crls as { known: readonly string[] }).known,
          ignoreExpiry,
          advertiseNames,
          ocsp,
        };
        const realised = this.#judges.moves.realise(key, wanted, states);
        return "state" in realised ? [realised.state] : [];
      });
  }

  #candidatesOf(key: string): readonly Candidate[] {
    const known = this.#candidates.get(key);
    if (known !== undefined) return known;
    const { graph, start, goal } = this.#journey;
    const first = graph.verifierFace(key, start.get(key));
    const last = graph.verifierFace(key, goal.get(key));
    const candidates = candidatesOf(graph, key, first, last, [start, goal]);
    this.#candidates.set(key, candidates);
    return candidates;
  }

  /** What has to be agreed to, or was, at the verifiers' states on the path. */
  #findingsOnTheWay(stages: readonly Stage[]): readonly Finding[] {
    const { graph } = this.#journey;
    return stages.flatMap(({ moves, states }) =>
      moves.flatMap(({ key }) => {
        const face = graph.face(key, states.get(key));
        if (face.role !== "verifier") return [];
        const used = this.#candidates.get(key)?.find(({ wanted }) => sameFace(face, faceLike(face, wanted)));
        return used === undefined ? [] : this.#consentFor(key, used);
      }),
    );
  }

  #consentFor(key: string, { access }: Candidate): readonly Finding[] {
    const { leaks, dropped } = access();
    const { mayWeaken, mayDropEarly } = this.#journey.graph.endpoint(key);
    const found: Finding[] = [];
    if (leaks.length > 0) {
      found.push({
        code: "weakened-on-the-way",
        severity: mayWeaken ? "warning" : "consent",
        target: key,
        message: `for a while ${key} lets in: ${leaks.join(", ")}; no other path keeps every link served`,
        ...(mayWeaken
          ? {}
          : {
              mend: `agree to it with mayWeaken: "agreed" on verifier ${key}, or give its provider more room`,
            }),
      });
    }
    if (dropped.length > 0) {
      found.push({
        code: "dropped-early",
        severity: mayDropEarly ? "warning" : "consent",
        target: key,
        message: `for a while ${key} refuses: ${dropped.join(", ")}; no link of the spec shows these`,
        ...(mayDropEarly ? {} : { mend: `agree to it with mayDropEarly: "agreed" on verifier ${key}` }),
      });
    }
    return found;
  }
}

function faceLike(
  face: VerifierFace,
  { mode, anchors, crls, ignoreExpiry, ocsp }: Candidate["wanted"],
): VerifierFace {
  return {
    ...face,
    mode,
    anchors: { known: anchors },
    crls: { known: crls },
    ignoreExpiry: ignoreExpiry ?? false,
    ocsp: ocsp ?? false,
  };
}
