/**
 * From paths to steps with "after" edges. Moves that share a link keep the path's order; all others are free to run at
 * once. Whatever order they then run in, each single link sees its moves as the path has them.
 */
import type { Step, VerifierFace } from "../adapter/contract.ts";
import { digestOf } from "../certificate/digest.ts";
import type { Narrowing } from "./gate-findings.ts";
import { Gates, type PlannedWave } from "./gates.ts";
import { endsOf, type Graph, type Link, type StateOf, type States } from "./graph.ts";
import { type EndpointMove, Moves } from "./moves.ts";
import type { Path } from "./path.ts";
import type { PlanStep } from "./plan.ts";
import { type NewStep, type ProofPolicy, Proofs } from "./proofs.ts";
import { type Label, narrowedBy, type Stage } from "./stages.ts";
import { placeOfAll, placesInOrder, type WavePlaces, wavesWithLinkTo } from "./wave-places.ts";

export type { PlannedWave } from "./gates.ts";
export type { ProofPolicy } from "./proofs.ts";

/** How long a settle step may wait for somebody else's change. */
const settleAtMostMs = 90 * 60_000;

/** Collects the steps of all components; `finish` gives them with their edges. */
export class Orderer {
  readonly #steps: PlanStep[] = [];
  readonly #graph: Graph;
  readonly #gates: Gates;
  /** Steps that every later move of an endpoint, or across a link from it, has to wait for. */
  readonly #lastOn = new Map<string, readonly string[]>();
  readonly #proofs: Proofs;
  /** Links that are proved once their verifier is open: no proof may hold that back. */
  readonly #held = new Set<string>();
  /** Where verifiers get narrower, in the order of the paths. */
  readonly narrowings: Narrowing[] = [];
  /** Prepare steps that several moves share: an upload, a store. */
  readonly #shared = new Map<string, string>();

  constructor(graph: Graph, waves: readonly PlannedWave[], proof: ProofPolicy | undefined) {
    this.#graph = graph;
    this.#gates = new Gates(waves);
    this.#proofs = new Proofs({
      graph,
      policy: proof,
      add: (step) => this.#add(step),
      lastOn: (key) => this.#lastOn.get(key) ?? [],
    });
    this.#settle();
  }

  /** Adds one component's path. `start` and `goal` are read only. */
  addPath(path: Path, start: States, goal: States): void {
    const { stages } = path;
    const states = new Map(start);
    const opens = lastOpenings(stages);
    const { waveOf, places } = this.#wavesOn(path, start);
    for (const [index, { label, moves }] of stages.entries()) {
      this.#holdIdle(places, index);
      const over = (wave: number): boolean => (places.from(wave) ?? Number.POSITIVE_INFINITY) <= index;
      for (const move of moves) {
        const wave = waveOf(move.key);
        const gates = this.#gatesBefore(move, waveOf, over);
        if (label === "narrow") this.#proveBefore(move, states, goal, gates);
        const made = this.#addMove(move, label, gates, states, goal);
        const before = new Map([...move.changes.keys()].map((key) => [key, states.get(key)]));
        for (const [key, state] of move.changes) states.set(key, state);
        const isHeld = ({ to }: Link): boolean =>
          wave < 0 && "endpoint" in to && (opens.get(to.endpoint) ?? index) > index;
        made.push(...this.#proveAfter(move, label, before, states, goal, made, isHeld));
        if (wave < 0 || over(wave)) continue;
        this.#gates.add(wave, made);
        this.#proofs.behind(this.#linksOf([move.key]), this.#gates.allBefore(wave));
      }
    }
    this.#holdIdle(places, stages.length);
  }

  /** The waves as they are, or one in place of all where the path can't keep them apart. */
  #wavesOn({ stages, inWaveOrder }: Path, start: States) {
    const waveOf = (member: string): number => this.#gates.waveOf(member);
    if (inWaveOrder) return { waveOf, places: placesInOrder(this.#graph, stages, start, waveOf) };
    const keys = stages.flatMap(({ moves }) => moves.flatMap(({ changes }) => [...changes.keys()]));
    const linked = [...new Set(keys)].flatMap((key) =>
      this.#isVerifier(key) ? [...wavesWithLinkTo(this.#graph, key, waveOf)] : [waveOf(key)],
    );
    const mixed = new Set(linked.filter((wave) => wave >= 0));
    const merged = mixed.size === 0 ? -1 : this.#gates.merge(mixed);
    const inAll = (member: string): number => (mixed.has(waveOf(member)) ? merged : -1);
    return { waveOf: inAll, places: placeOfAll(this.#graph, stages, start, inAll) };
  }

  /** Gates of waves in which nothing moves: they begin once all is as it will be before the narrowing. */
  #holdIdle({ idle }: WavePlaces, at: number): void {
    for (const { wave, index, verifiers } of idle)
      if (index === at) this.#gates.hold(wave, this.#frontier([...verifiers]));
  }

  /** All steps, each after those that it waits for. */
  finish(): readonly PlanStep[] {
    return this.#gates.close(this.#steps);
  }

  /** Whatever is under way where we move, or look, is waited for first. */
  #settle(): void {
    const moves = new Moves(this.#graph);
    for (const { key, seen, goal, unsettledUntil } of this.#graph.endpoints.values()) {
      if (seen.settled && unsettledUntil === undefined) continue;
      if (goal === undefined && this.#graph.linksOf(key).length === 0) continue;
      const id = this.#add({
        kind: "settle",
        phase: "settle",
        after: [],
        summary: `wait until the change already under way at ${key} is in effect`,
        target: key,
        ...(unsettledUntil === undefined ? {} : { notBefore: new Date(unsettledUntil).toISOString() }),
        atMostMs: settleAtMostMs,
      });
      for (const other of new Set([key, ...seen.objects.flatMap((object) => moves.standingOn(object))]))
        this.#lastOn.set(other, [...(this.#lastOn.get(other) ?? []), id]);
    }
  }

  #addMove(
    move: EndpointMove,
    label: Label,
    gates: readonly string[],
    states: StateOf,
    goal: States,
  ): string[] {
    const ids = new Map<string, string>();
    const affected = [...move.changes.keys()];
    const switched: string[] = [];
    for (const step of move.steps) {
      const own = (step.after ?? []).flatMap((key) => ids.get(key) ?? []);
      if (step.effect !== "switch") {
        // what follows the switch clears up behind it
        const isBehind = switched.length > 0;
        if (isBehind) ids.set(step.key, this.#write(move.key, step, label, own));
        else if (step.late === true) {
          const last = this.#lastOn.get(move.key) ?? [];
          ids.set(step.key, this.#write(move.key, step, "prepare", [...own, ...last]));
        } else if (step.rehearses === undefined) ids.set(step.key, this.#prepare(move.key, step, own));
        else {
          // what was rehearsed weeks before says little; and it is nobody else's to share
          const late = [...own, ...this.#frontier(affected), ...gates];
          ids.set(step.key, this.#write(move.key, step, "prepare", late));
        }
        continue;
      }
      const rehearsed = this.#rehearse(move, ids, states, goal);
      const before = [...ids.values(), ...rehearsed, ...this.#frontier(affected), ...gates];
      const id = this.#write(move.key, step, label, before);
      ids.set(step.key, id);
      switched.push(id);
      for (const key of affected) this.#lastOn.set(key, [id]);
      this.#proofs.changed(this.#linksOf(affected));
    }
    return switched;
  }

  /** What a move is about to bring is proved where the verifier rehearses it. */
  #rehearse(
    { key, steps, changes }: EndpointMove,
    ids: ReadonlyMap<string, string>,
    states: StateOf,
    goal: StateOf,
  ): readonly string[] {
    const then: StateOf = { get: (at) => (changes.has(at) ? changes.get(at) : states.get(at)) };
    return steps.flatMap((step) => {
      const id = ids.get(step.key);
      if (step.rehearses === undefined || id === undefined) return [];
      const at = { port: step.rehearses.port, after: [id] };
      return this.#proofs.direct(this.#graph.linksOf(key), then, goal, at);
    });
  }

  /** All that a move of these endpoints must wait for: the last moves at either end of their links, and the proofs. */
  #frontier(keys: readonly string[]): string[] {
    const links = this.#linksOf(keys);
    const neighbours = new Set([...keys, ...links.flatMap(endsOf)]);
    return [
      ...[...neighbours].flatMap((key) => this.#lastOn.get(key) ?? []),
      ...links.flatMap((link) => this.#proofs.last(link)),
    ];
  }

  #prepare(key: string, step: Step<unknown>, own: readonly string[]): string {
    const { name } = this.#graph.endpoint(key).adapter.facts;
    const identity = `${name} ${step.object} ${digestOf(step.action)}`;
    const known = this.#shared.get(identity);
    if (known !== undefined) return known;
    const id = this.#write(key, step, "prepare", own);
    this.#shared.set(identity, id);
    return id;
  }

  #write(target: string, step: Step<unknown>, phase: PlanStep["phase"], after: readonly string[]): string {
    return this.#add({
      kind: "write",
      phase,
      after,
      summary: step.summary,
      target,
      step: { ...step, after: step.after === undefined ? undefined : [...step.after] } as never,
    });
  }

  #proveBefore(move: EndpointMove, states: StateOf, goal: StateOf, gates: readonly string[]): void {
    const keys = [...move.changes.keys()];
    const slow = gates.filter((gate) => this.#gates.takesTime(gate));
    this.#proofs.before(this.#linksOf(keys), states, goal, { all: gates, slow });
    for (const key of narrowedBy(this.#graph, move.changes, states)) {
      const [now, next] = [states, move.changes].map((at) => this.#graph.verifierFace(key, at.get(key)));
      if (now === undefined || next === undefined) continue;
      this.narrowings.push({ key, now, next });
      const id = this.#proofs.evidence(key, now, next, [...this.#frontier(keys), ...gates]);
      if (id !== undefined) this.#lastOn.set(key, [...(this.#lastOn.get(key) ?? []), id]);
    }
  }

  #proveAfter(
    move: EndpointMove,
    label: Label,
    before: StateOf,
    states: StateOf,
    goal: StateOf,
    made: readonly string[],
    isHeld: (link: Link) => boolean,
  ): readonly string[] {
    const verifiers = [...move.changes.keys()].filter((key) => this.#isVerifier(key));
    for (const key of verifiers) {
      const [was, is] = [before, states].map((at) => this.#graph.verifierFace(key, at.get(key)));
      this.#proofs.asks(key, was as VerifierFace, is as VerifierFace, made);
    }
    const links = this.#linksOf([...move.changes.keys()]);
    const direct = this.#proofs.direct(this.#linksOf(verifiers), states, goal);
    const over = links.flatMap((link) => {
      if (label === "widen" && !this.#held.delete(link.key)) return [];
      if (!isHeld(link)) return this.#proofs.over(link, states);
      this.#held.add(link.key);
      return [];
    });
    if (verifiers.length === 0) this.#proofs.shows(links, [...made, ...over]);
    return [...direct, ...over];
  }

  #isVerifier(key: string): boolean {
    return this.#graph.endpoint(key).adapter.facts.role === "verifier";
  }

  #linksOf(keys: readonly string[]): readonly Link[] {
    return [...new Set(keys.flatMap((key) => this.#graph.linksOf(key)))];
  }

  /** A presenter waits for the waves before its own; a verifier for those that are over and have a link to it. */
  #gatesBefore(
    { key, changes }: EndpointMove,
    waveOf: (member: string) => number,
    over: (wave: number) => boolean,
  ): readonly string[] {
    const own = this.#isVerifier(key) ? [] : this.#gates.before(waveOf(key));
    const verifiers = [...changes.keys()].filter((one) => this.#isVerifier(one));
    const linked = verifiers.flatMap((one) => [...wavesWithLinkTo(this.#graph, one, waveOf)]);
    return [...own, ...new Set(linked.filter(over).map((wave) => this.#gates.gateOf(wave)))];
  }

  #add(step: NewStep): string {
    const id = `s${this.#steps.length + 1}`;
    const after = [...new Set(step.after)];
    this.#steps.push({ ...step, id, after } as PlanStep);
    return id;
  }
}

/** Where each verifier is opened for good: with nothing after it that narrows it. */
function lastOpenings(stages: readonly Stage[]): ReadonlyMap<string, number> {
  const opens = new Map<string, number>();
  for (const [index, { label, moves }] of stages.entries())
    for (const key of moves.flatMap(({ changes }) => [...changes.keys()])) {
      if (label === "widen") opens.set(key, index);
      else if (label === "narrow") opens.delete(key);
    }
  return opens;
}
