/**
 * A path: moves in an order that breaks no link. First the plain one is tried (widen, present, narrow by rungs); where
 * that breaks something, a search over all states that could help finds the shortest, or says that there is none.
 */
import type { Finding, VerifierFace, Wanted } from "../adapter/contract.ts";
import { canonicalText } from "../certificate/digest.ts";
import { type Candidate, candidatesOf, rank } from "./candidates.ts";
import type { Graph, Link, States } from "./graph.ts";
import { type Baseline, firstBreak } from "./guard.ts";
import { type EndpointMove, Moves, sameFace } from "./moves.ts";

/** What people call a move. */
export type Label = "widen" | "present" | "narrow";

/** Moves of like endpoints at one place of the path: they touch no link of each other. */
export interface Stage {
  readonly label: Label;
  readonly moves: readonly EndpointMove[];
  /** States of all endpoints of the component after it. */
  readonly states: States;
}

/** Endpoints that are connected by links or objects: the unit of the search. */
export interface Component {
  readonly verifiers: readonly string[];
  /** Presenter members that start, end and connect alike, in the order of their waves. */
  readonly presenters: readonly (readonly string[])[];
}

export interface Path {
  readonly stages: readonly Stage[];
  readonly findings: readonly Finding[];
}

/** Why there is no path, for people; with what was in the way of the plain one. */
export interface NoPath {
  readonly noPath: string;
}

/** How many states a search may look at before it gives up. */
const searchLimit = 20_000;

export function findPath(
  graph: Graph,
  baseline: Baseline,
  component: Component,
  start: States,
  goal: States,
): Path | NoPath {
  const search = new PathSearch(graph, baseline, component, start, goal);
  const plain = search.plain();
  if ("stages" in plain) return plain;
  const found = search.shortest();
  return found ?? { noPath: plain.noPath };
}

class PathSearch {
  readonly #graph: Graph;
  readonly #baseline: Baseline;
  readonly #component: Component;
  readonly #start: States;
  readonly #goal: States;
  readonly #moves: Moves;
  readonly #candidates = new Map<string, readonly Candidate[]>();

  constructor(graph: Graph, baseline: Baseline, component: Component, start: States, goal: States) {
    this.#graph = graph;
    this.#baseline = baseline;
    this.#component = component;
    this.#start = start;
    this.#goal = goal;
    this.#moves = new Moves(graph);
    for (const key of component.verifiers) {
      const [first, last] = [start, goal].map((states) => graph.verifierFace(key, states.get(key)));
      this.#candidates.set(
        key,
        candidatesOf(graph, key, first as VerifierFace, last as VerifierFace, [start, goal]),
      );
    }
  }

  /** Widen every verifier, let every presenter show what it is to show, narrow every verifier rung by rung. */
  plain(): Path | NoPath {
    const stages: Stage[] = [];
    const findings: Finding[] = [];
    let states = this.#start;
    let obstacle: string | undefined;
    const go = (label: Label, keys: readonly string[], to: (key: string) => unknown): boolean => {
      const stage = this.#stage(label, keys, to, states);
      if (typeof stage === "string") obstacle = stage;
      else if (stage.moves.length > 0) {
        stages.push(stage);
        states = stage.states;
      }
      return obstacle === undefined;
    };
    for (const key of this.#component.verifiers) {
      const wide = this.#widest(key, states);
      if (wide === undefined) {
        return { noPath: `${key} has no state that accepts both what is shown now and what will be shown` };
      }
      findings.push(...this.#findingsOf(key, wide.candidate));
      if (!go("widen", [key], () => wide.state)) return { noPath: obstacle as string };
    }
    for (const unit of this.#component.presenters) {
      if (!go("present", unit, (key) => this.#goal.get(key))) return { noPath: obstacle as string };
    }
    for (const key of this.#component.verifiers) {
      for (const state of this.#rungs(key, states)) {
        if (!go("narrow", [key], () => state)) return { noPath: obstacle as string };
      }
      if (!go("narrow", [key], () => this.#goal.get(key))) return { noPath: obstacle as string };
    }
    return this.#isGoal(states)
      ? { stages, findings }
      : { noPath: "some endpoint is moved away by another's goal" };
  }

  /**
   * Breadth first over all states that candidates and goals make: the fewest moves. Three rounds: what needs no
   * consent, what drops some clients early, what lets some in that neither end does.
   */
  shortest(): Path | undefined {
    for (const round of [0, 1, 2]) {
      const allowed = (one: Candidate): boolean =>
        round === 2 || (one.leaks.length === 0 && (round === 1 || one.dropped.length === 0));
      const stages = this.#breadthFirst(allowed);
      if (stages !== undefined) return { stages, findings: this.#findingsOnTheWay(stages) };
    }
    return undefined;
  }

  #breadthFirst(allowed: (one: Candidate) => boolean): readonly Stage[] | undefined {
    interface Node {
      readonly states: States;
      readonly stages: readonly Stage[];
    }
    const units = [...this.#component.verifiers.map((key) => [key]), ...this.#component.presenters];
    let front: Node[] = [{ states: this.#start, stages: [] }];
    const seen = new Set([this.#name(this.#start)]);
    while (front.length > 0 && seen.size < searchLimit) {
      const next: Node[] = [];
      for (const { states, stages } of front) {
        for (const unit of units) {
          for (const stage of this.#onward(unit, states, allowed)) {
            const name = this.#name(stage.states);
            if (seen.has(name)) continue;
            seen.add(name);
            const node = { states: stage.states, stages: [...stages, stage] };
            if (this.#isGoal(stage.states)) return node.stages;
            next.push(node);
          }
        }
      }
      front = next;
    }
    return undefined;
  }

  /** Every allowed stage of one unit from here. */
  *#onward(unit: readonly string[], states: States, allowed: (one: Candidate) => boolean): Iterable<Stage> {
    const first = unit[0] as string;
    const candidates = this.#candidates.get(first);
    const goal = this.#stage(
      this.#labelOf(first, states, this.#goal.get(first)),
      unit,
      (key) => this.#goal.get(key),
      states,
    );
    if (typeof goal !== "string" && goal.moves.length > 0) yield goal;
    for (const candidate of candidates ?? []) {
      if (!allowed(candidate)) continue;
      const realised = this.#moves.realise(first, candidate.wanted, states);
      if (!("state" in realised)) continue;
      const stage = this.#stage(
        this.#labelOf(first, states, realised.state),
        unit,
        () => realised.state,
        states,
      );
      if (typeof stage !== "string" && stage.moves.length > 0) yield stage;
    }
  }

  /** The moves of some endpoints, judged one after the other; or why one of them would break something. */
  #stage(
    label: Label,
    keys: readonly string[],
    to: (key: string) => unknown,
    states: States,
  ): Stage | string {
    const moves: EndpointMove[] = [];
    const current = new Map(states);
    for (const key of keys) {
      const move = this.#moves.move(key, to(key), current);
      if ("findings" in move) return move.findings.map(({ message }) => message).join("; ");
      if (move.steps.length === 0) continue;
      for (const [other, state] of move.changes) current.set(other, state);
      const broken = firstBreak(this.#graph, this.#baseline, move.changes.keys(), current);
      if (broken !== undefined) return `${broken.link.key} would be refused: ${broken.reason}`;
      moves.push(move);
    }
    return { label, moves, states: current };
  }

  /**
   * Where a verifier goes first: straight to the goal when that is no stricter and refuses nothing shown on the way,
   * else to the strictest state that accepts all that is shown before and after.
   */
  #widest(
    key: string,
    states: States,
  ): { readonly state: unknown; readonly candidate?: Candidate } | undefined {
    const [now, goal] = [this.#start, this.#goal].map((at) => this.#graph.verifierFace(key, at.get(key)));
    if (now === undefined || goal === undefined) return undefined;
    const serves = (face: VerifierFace): boolean => this.#servesBothEnds(key, face);
    if (rank(goal.mode) <= rank(now.mode) && serves(goal)) return { state: this.#goal.get(key) };
    const ceiling = now.mode === "off" ? this.#firstAsking(key, goal) : rank(now.mode);
    for (const candidate of this.#candidates.get(key) ?? []) {
      const { wanted } = candidate;
      if (rank(wanted.mode) > ceiling) continue;
      const realised = this.#moves.realise(key, wanted, states);
      if (!("state" in realised)) continue;
      const face = this.#graph.verifierFace(key, realised.state);
      if (!serves(face) || !this.#mayUse(key, candidate)) continue;
      if (sameFace(face, now)) return { state: this.#start.get(key) };
      return { state: realised.state, candidate };
    }
    return serves(now) ? { state: this.#start.get(key) } : undefined;
  }

  /** From `off`, the first mode that asks and refuses nobody, if the goal is past it. */
  #firstAsking(key: string, goal: VerifierFace): number {
    const { facts } = this.#graph.endpoint(key).adapter;
    const asks =
      facts.role === "verifier" && facts.modes.includes("request") && rank(goal.mode) > rank("request");
    return asks ? rank("request") : rank("off");
  }

  #servesBothEnds(key: string, face: VerifierFace): boolean {
    return this.#graph.linksOf(key).every((link) => this.#keeps(link, face));
  }

  #keeps(link: Link, face: VerifierFace): boolean {
    const served = this.#baseline.get(link.key);
    if (served === "none") return true;
    const shown = [this.#start, this.#goal].flatMap((states) => this.#graph.credentials(link, states));
    return shown.every((credential) => {
      if (link.mayRefuse.includes(credential.name)) return true;
      if (typeof served === "object" && !served.has(credential.key)) return true;
      const { verdict } = this.#graph.judge(link, credential, face);
      return verdict === "accepted" || (verdict === "unknown" && served === "unknown");
    });
  }

  /** The states between where a verifier stands and its goal, one for each mode: a proof is due at each. */
  #rungs(key: string, states: States): readonly unknown[] {
    const { facts } = this.#graph.endpoint(key).adapter;
    const now = this.#graph.verifierFace(key, states.get(key));
    const goal = this.#graph.verifierFace(key, this.#goal.get(key));
    if (facts.role !== "verifier" || "unknown" in goal.anchors || "unknown" in goal.crls) return [];
    const rungs: unknown[] = [];
    for (const mode of facts.modes.toSorted((a, b) => rank(a) - rank(b))) {
      if (rank(mode) <= rank(now.mode) || rank(mode) >= rank(goal.mode)) continue;
      const wanted: Wanted = {
        role: "verifier",
        mode,
        anchors: goal.anchors.known,
        crls: goal.crls.known,
        ignoreExpiry: goal.ignoreExpiry,
        advertiseNames: goal.advertiseNames,
      };
      const realised = this.#moves.realise(key, wanted, states);
      if ("state" in realised) rungs.push(realised.state);
    }
    return rungs;
  }

  #isGoal(states: States): boolean {
    return [...this.#goal].every(([key, goal]) => this.#moves.isThere(key, states.get(key), goal));
  }

  #mayUse(key: string, { leaks, dropped }: Candidate): boolean {
    const { mayWeaken, mayDropEarly } = this.#graph.endpoint(key);
    return (leaks.length === 0 || mayWeaken) && (dropped.length === 0 || mayDropEarly);
  }

  #labelOf(key: string, states: States, to: unknown): Label {
    const face = this.#graph.face(key, to);
    if (face.role === "presenter") return "present";
    const now = this.#graph.verifierFace(key, states.get(key));
    if (rank(face.mode) !== rank(now.mode)) return rank(face.mode) < rank(now.mode) ? "widen" : "narrow";
    const held = new Set("known" in now.anchors ? now.anchors.known : []);
    return "known" in face.anchors && face.anchors.known.some((anchor) => !held.has(anchor))
      ? "widen"
      : "narrow";
  }

  #findingsOf(key: string, candidate: Candidate | undefined): readonly Finding[] {
    if (candidate === undefined) return [];
    const { mayWeaken, mayDropEarly } = this.#graph.endpoint(key);
    const found: Finding[] = [];
    if (candidate.leaks.length > 0) {
      found.push({
        code: "weakened-on-the-way",
        severity: mayWeaken ? "warning" : "consent",
        target: key,
        message: `for a while ${key} lets in: ${candidate.leaks.join(", ")}; no other path keeps every link served`,
        ...(mayWeaken
          ? {}
          : {
              mend: `agree to it with mayWeaken: "agreed" on verifier ${key}, or give its provider more room`,
            }),
      });
    }
    if (candidate.dropped.length > 0) {
      found.push({
        code: "dropped-early",
        severity: mayDropEarly ? "warning" : "consent",
        target: key,
        message: `for a while ${key} refuses: ${candidate.dropped.join(", ")}; no link of the spec shows these`,
        ...(mayDropEarly ? {} : { mend: `agree to it with mayDropEarly: "agreed" on verifier ${key}` }),
      });
    }
    return found;
  }

  #findingsOnTheWay(stages: readonly Stage[]): readonly Finding[] {
    const findings = new Map<string, Finding>();
    for (const { moves, states } of stages) {
      for (const { key } of moves) {
        const face = this.#graph.face(key, states.get(key));
        if (face.role !== "verifier") continue;
        const used = this.#candidates
          .get(key)
          ?.find(({ wanted }) => sameFace(face, { ...face, ...known(wanted) }));
        for (const finding of this.#findingsOf(key, used)) findings.set(canonicalText(finding), finding);
      }
    }
    return [...findings.values()];
  }

  #name(states: States): string {
    const units = [
      ...this.#component.verifiers,
      ...this.#component.presenters.map((unit) => unit[0] as string),
    ];
    return canonicalText(units.map((key) => states.get(key)));
  }
}

function known(wanted: Candidate["wanted"]): Partial<VerifierFace> {
  return {
    mode: wanted.mode,
    anchors: { known: wanted.anchors },
    crls: { known: wanted.crls },
    ignoreExpiry: wanted.ignoreExpiry ?? false,
  };
}
