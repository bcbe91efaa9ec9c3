/**
 * Who is refused and who is let in, by the objects of the world alone: no adapter, no planner. It looks at every pair
 * of nodes after every write and at every moment at which a node changes.
 */
import { accepts, type Shown, type VerifierFace } from "@handfast/core";
import { type CertificateName, digest, evidence, nameOf } from "../packages/core/test/fixtures/evidence.ts";
import { faceAt, shownAt } from "../packages/core/test/fixtures/node-view.ts";
import type { WatchedWorld } from "./watched-world.ts";

/** A link by the names of objects: who shows what, and to which listener. */
export interface Traffic {
  /** Key of the link. */
  readonly link: string;
  readonly association?: string | undefined;
  readonly zone?: string | undefined;
  /** What clients show that nobody here configures. */
  readonly shows?: Shown | undefined;
  readonly listener: string;
}

const rules = { maxIntermediates: 3, partialChain: false, crlRule: "whole" } as const;

/** Everybody who may come along. */
const clients: readonly CertificateName[] = ["a1", "a2", "b1", "b2", "c1", "d1", "s1", "aexp"];

/** Verdicts by what decides them. No fixture begins or ends to be valid within the days that a cell takes. */
const verdicts = new Map<string, boolean>();

function isAccepted(face: VerifierFace, shown: Shown, at: number): boolean {
  const key = JSON.stringify([face.mode, face.anchors, face.crls, face.ignoreExpiry, shown]);
  const known = verdicts.get(key);
  if (known !== undefined) return known;
  const isIn = accepts(face, shown, { at }, rules, evidence).verdict === "accepted";
  verdicts.set(key, isIn);
  return isIn;
}

/** Names of the clients that a face lets in. */
function letsIn(face: VerifierFace, at: number): readonly string[] {
  const shown: readonly Shown[] = [
    "nothing",
    ...clients.map((name) => ({ certificate: digest[name], chain: [] })),
  ];
  return shown
    .filter((one) => isAccepted(face, one, at))
    .map((one) => (typeof one === "string" ? one : nameOf((one as { certificate: string }).certificate)));
}

export class Oracle {
  /** What was refused though it was served at the start. */
  readonly refusals: string[] = [];
  /** Who was let in though neither the start nor the end lets them in. */
  readonly leaks: string[] = [];
  readonly #world: WatchedWorld;
  readonly #traffic: readonly Traffic[];
  readonly #served: readonly Traffic[];
  readonly #allowed: ReadonlyMap<string, ReadonlySet<string>> | undefined;

  /** @param allowed who may be let in at each listener; undefined while that is to be found out */
  constructor(
    world: WatchedWorld,
    traffic: readonly Traffic[],
    allowed: ReadonlyMap<string, ReadonlySet<string>> | undefined,
  ) {
    this.#world = world;
    this.#traffic = traffic;
    this.#allowed = allowed;
    this.#served = traffic.filter((one) => this.#refusal(one) === undefined);
    world.watch(() => this.look());
  }

  look(): void {
    for (const one of this.#served) {
      const refusal = this.#refusal(one);
      if (refusal !== undefined) this.refusals.push(`${one.link}: ${refusal}`);
    }
    for (const [listener, allowed] of this.#allowed ?? []) {
      for (const inside of this.inside(listener))
        if (!allowed.has(inside)) this.leaks.push(`${listener} lets in ${inside}`);
    }
  }

  /** Whether a link is served at all nodes now. */
  isServed(link: string): boolean {
    return this.#traffic.every((one) => one.link !== link || this.#refusal(one) === undefined);
  }

  /** All that some node of a listener lets in now. */
  inside(listener: string): ReadonlySet<string> {
    return new Set(
      this.#nodes().flatMap((node) => letsIn(faceAt(this.#world, listener, node), this.#world.clock.now())),
    );
  }

  #refusal({ association, zone, shows, listener }: Traffic): string | undefined {
    const at = this.#world.clock.now();
    const faces = this.#nodes().map((node) => faceAt(this.#world, listener, node));
    const shown =
      shows !== undefined
        ? [shows]
        : this.#nodes().map((node) => shownAt(this.#world, { association, zone }, node));
    for (const [verifier, face] of faces.entries())
      for (const [presenter, one] of shown.entries())
        if (!isAccepted(face, one, at)) return `node ${verifier} refuses what node ${presenter} shows`;
    return undefined;
  }

  #nodes(): readonly number[] {
    return Array.from({ length: this.#world.nodes }, (_, node) => node);
  }
}
