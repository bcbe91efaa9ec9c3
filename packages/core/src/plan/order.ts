/**
 * From a path to steps with "after" edges. Moves that share a link keep the path's order; all others are free to run
 * at once. Whatever order they then run in, each single link sees its moves as the path has them.
 */
import type { Digest, Step } from "../adapter/contract.ts";
import { digestOf } from "../certificate/digest.ts";
import { rank } from "./candidates.ts";
import { endsOf, type Graph, type Link, type States } from "./graph.ts";
import { type EndpointMove, Moves } from "./moves.ts";
import type { Label, Stage } from "./path.ts";
import type { PlanStep } from "./plan.ts";

/** A wave as the orderer needs it. */
export interface PlannedWave {
  readonly name: string;
  /** Keys of presenter members. */
  readonly members: ReadonlySet<string>;
  readonly bakeMs: number;
  readonly maxFailures: number;
}

/** What a link's proof takes. */
export interface ProofPolicy {
  /** Fresh successes in a row. */
  readonly times: number;
  readonly atMostMs: number;
}

/** How long a settle step may wait for somebody else's change. */
const settleAtMostMs = 90 * 60_000;

export class Orderer {
  readonly steps: PlanStep[] = [];
  readonly #graph: Graph;
  readonly #moves: Moves;
  readonly #waves: readonly PlannedWave[];
  readonly #proof: ProofPolicy | undefined;
  /** Steps that every later move of an endpoint, or across a link from it, has to wait for. */
  readonly #lastOn = new Map<string, string[]>();
  readonly #lastProof = new Map<string, string>();
  /** Links whose state was not proved since it changed. */
  readonly #unproved = new Set<string>();
  /** Prepare steps that several moves share: an upload, a store. */
  readonly #shared = new Map<string, string>();
  readonly #gates = new Map<string, string>();
  readonly #linkByKey: ReadonlyMap<string, Link>;

  constructor(graph: Graph, waves: readonly PlannedWave[], proof: ProofPolicy | undefined) {
    this.#graph = graph;
    this.#moves = new Moves(graph);
    this.#waves = waves;
    this.#proof = proof;
    this.#linkByKey = new Map(graph.links.map((link) => [link.key, link]));
    for (const link of graph.links) this.#unproved.add(link.key);
    for (const { key, seen, goal, unsettledUntil } of graph.endpoints.values()) {
      const moves = goal !== undefined || graph.linksOf(key).length > 0;
      if ((seen.settled && unsettledUntil === undefined) || !moves) continue;
      const id = this.#add({
        kind: "settle",
        phase: "settle",
        after: [],
        summary: `wait until the change already under way at ${key} is in effect`,
        target: key,
        ...(unsettledUntil === undefined ? {} : { notBefore: new Date(unsettledUntil).toISOString() }),
        atMostMs: settleAtMostMs,
      });
      this.#lastOn.set(key, [id]);
    }
  }

  /** Adds the stages of one component's path. */
  addPath(stages: readonly Stage[], start: States): void {
    let states = start;
    for (const stage of stages) {
      for (const move of stage.moves) {
        if (stage.label === "narrow") this.#proveBefore(move, states);
        this.#addMove(move, stage.label);
        states = new Map([...states, ...move.changes]);
        if (stage.label !== "widen") this.#proveAfter(move, states);
      }
      this.#closeWaves();
    }
  }

  /** Steps that no order but their own binds, and that touch no traffic: retire. */
  addRemovals(key: string, steps: readonly Step<unknown>[]): void {
    const ids = new Map<string, string>();
    for (const step of steps) {
      const after = (step.after ?? []).flatMap((other) => ids.get(other) ?? []);
      ids.set(step.key, this.#write(key, step, "retire", after));
    }
  }

  #addMove(move: EndpointMove, label: Label): void {
    const ids = new Map<string, string>();
    const affected = [...move.changes.keys()];
    const gate = this.#gateBefore(move.key);
    for (const step of move.steps) {
      const own = (step.after ?? []).flatMap((key) => ids.get(key) ?? []);
      if (step.effect !== "switch") {
        ids.set(step.key, this.#prepare(move.key, step, own));
        continue;
      }
      const after = [...ids.values(), ...this.#frontier(affected), ...(gate === undefined ? [] : [gate])];
      const id = this.#write(move.key, step, label, after);
      ids.set(step.key, id);
      for (const key of affected) this.#lastOn.set(key, [id]);
      for (const link of this.#linksOf(affected)) this.#unproved.add(link.key);
    }
  }

  /** All that a move of these endpoints must wait for: the last moves at either end of their links, and the proofs. */
  #frontier(keys: readonly string[]): string[] {
    const links = this.#linksOf(keys);
    const neighbours = new Set([...keys, ...links.flatMap(endsOf)]);
    return [
      ...[...neighbours].flatMap((key) => this.#lastOn.get(key) ?? []),
      ...links.flatMap((link) => this.#lastProof.get(link.key) ?? []),
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

  /** A narrowing waits for a proof of every link that it could break, of the state just before. */
  #proveBefore(move: EndpointMove, states: States): void {
    for (const link of this.#linksOf([...move.changes.keys()])) {
      if (this.#unproved.has(link.key) && rank(this.#graph.verifierOf(link, states).mode) > 0)
        this.#prove(link, states);
    }
  }

  #proveAfter(move: EndpointMove, states: States): void {
    for (const link of this.#linksOf([...move.changes.keys()])) this.#prove(link, states);
  }

  #prove(link: Link, states: States): void {
    if (this.#proof === undefined || link.probe === undefined) return;
    const certificate = this.#expected(link, states);
    const after = [...endsOf(link).flatMap((key) => this.#lastOn.get(key) ?? []), ...this.#proofsOf(link)];
    const what =
      certificate === undefined ? "is served" : `is served with certificate ${certificate.slice(0, 12)}`;
    const id = this.#add({
      kind: "prove",
      phase: "prove",
      after,
      summary: `prove by real handshakes that ${link.key} ${what}`,
      link: link.key,
      certificate,
      ...this.#proof,
    });
    this.#lastProof.set(link.key, id);
    this.#unproved.delete(link.key);
  }

  #proofsOf(link: Link): readonly string[] {
    const last = this.#lastProof.get(link.key);
    return last === undefined ? [] : [last];
  }

  /** The certificate that must have been seen at the verifier, if it asks and the presenter is ours. */
  #expected(link: Link, states: States): Digest | undefined {
    if (rank(this.#graph.verifierOf(link, states).mode) === 0 || !("endpoint" in link.from)) return undefined;
    const [credential] = this.#graph.credentials(link, states);
    const shown = credential?.shown;
    return typeof shown === "object" && "certificate" in shown ? shown.certificate : undefined;
  }

  #linksOf(keys: readonly string[]): readonly Link[] {
    return [...new Set(keys.flatMap((key) => this.#graph.linksOf(key)))];
  }

  #waveOf(key: string): number {
    return this.#waves.findIndex(({ members }) => members.has(key));
  }

  #gateBefore(key: string): string | undefined {
    const face = this.#graph.endpoint(key).adapter.facts.role;
    if (face === "verifier") return this.#lastGateOf(key);
    for (let wave = this.#waveOf(key) - 1; wave >= 0; wave -= 1) {
      const gate = this.#gates.get(this.#waves[wave]?.name ?? "");
      if (gate !== undefined) return gate;
    }
    return undefined;
  }

  /** A verifier narrows after the last wave that has a link to it has baked. */
  #lastGateOf(key: string): string | undefined {
    const waves = this.#graph
      .linksOf(key)
      .flatMap(endsOf)
      .map((end) => this.#waveOf(end));
    const last = this.#waves[Math.max(-1, ...waves)];
    return last === undefined ? undefined : this.#gates.get(last.name);
  }

  /** Closes each wave whose members have all moved: the next one waits for its bake. */
  #closeWaves(): void {
    if (this.#waves.length < 2 && this.#waves.every(({ bakeMs, maxFailures }) => bakeMs + maxFailures === 0))
      return;
    for (const wave of this.#waves) {
      if (this.#gates.has(wave.name)) continue;
      const of = this.steps.filter((step) => this.#isOf(step, wave.members)).map(({ id }) => id);
      const moved = new Set(
        this.steps.flatMap((step) =>
          step.kind === "write" && step.phase === "present" ? [step.target] : [],
        ),
      );
      if (
        of.length === 0 ||
        ![...wave.members].every((member) => moved.has(member) || !this.#willMove(member))
      )
        return;
      const bake = wave.bakeMs === 0 ? "" : `, then bake for ${Math.round(wave.bakeMs / 1000)} s`;
      const id = this.#add({
        kind: "wave",
        phase: "wave",
        after: of,
        summary: `wave ${wave.name} is through with at most ${wave.maxFailures} failures${bake}`,
        wave: wave.name,
        of,
        bakeMs: wave.bakeMs,
        maxFailures: wave.maxFailures,
      });
      this.#gates.set(wave.name, id);
    }
  }

  #willMove(key: string): boolean {
    const endpoint = this.#graph.endpoints.get(key);
    return endpoint?.goal !== undefined && !this.#moves.isThere(key, endpoint.seen.now, endpoint.goal);
  }

  #isOf(step: PlanStep, members: ReadonlySet<string>): boolean {
    if (step.kind === "write") return step.phase === "present" && members.has(step.target);
    if (step.kind !== "prove") return false;
    const link = this.#linkByKey.get(step.link);
    return link !== undefined && "endpoint" in link.from && members.has(link.from.endpoint);
  }

  #add(step: NewStep): string {
    const id = `s${this.steps.length + 1}`;
    const after = [...new Set(step.after)];
    this.steps.push({ ...step, id, after } as PlanStep);
    return id;
  }
}

type NewStep = {
  readonly after: readonly string[];
  readonly kind: PlanStep["kind"];
  readonly phase: PlanStep["phase"];
  readonly summary: string;
} & Record<string, unknown>;
