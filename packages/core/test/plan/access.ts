/** Who gets in, by real leaves and without a word of the planner: the oracle for leaks. */
import { accepts } from "../../src/accept/accepts.ts";
import type { Shown, VerifierFace } from "../../src/adapter/contract.ts";
import type { MemoryWorld } from "../../src/memory/memory-world.ts";
import { type CertificateName, evidence, nameOf } from "../fixtures/evidence.ts";
import { faceAt } from "../fixtures/node-view.ts";
import { type Ask, leaf } from "./world.ts";

const clients: readonly Shown[] = [
  "nothing",
  ...(["a1", "a2", "b1", "b2", "c1", "d1", "s1", "aexp"] satisfies CertificateName[]).map((name) =>
    leaf(name),
  ),
];
const rules = { maxIntermediates: 3, partialChain: false, crlRule: "whole" as const };

function letsIn(face: VerifierFace, at: number): ReadonlySet<string> {
  const inside = clients.filter((one) => accepts(face, one, { at }, rules, evidence).verdict === "accepted");
  return new Set(
    inside.map((one) =>
      typeof one === "string" ? one : nameOf((one as { certificate: string }).certificate),
    ),
  );
}

/** Watches who is let in at any node of a verifier although neither the start nor the goal lets them in. */
export class LeakWatch {
  readonly leaks: string[] = [];
  readonly #world: MemoryWorld;
  readonly #allowed: ReadonlyMap<string, ReadonlySet<string>>;

  constructor(world: MemoryWorld, asks: readonly Ask[]) {
    this.#world = world;
    const at = world.clock.now();
    this.#allowed = new Map(
      asks.flatMap(({ key, want }) => {
        if (want?.role !== "verifier") return [];
        const goal: VerifierFace = {
          role: "verifier",
          mode: want.mode,
          anchors: { known: want.anchors },
          crls: { known: want.crls },
          ignoreExpiry: want.ignoreExpiry ?? false,
          advertiseNames: false,
        };
        const before = letsIn(faceAt(world, key, 0), at);
        return [[key, new Set([...before, ...letsIn(goal, at)])]];
      }),
    );
    world.watch(() => this.look());
  }

  look(): void {
    for (const [key, allowed] of this.#allowed) {
      for (let node = 0; node < this.#world.nodes; node += 1) {
        for (const one of letsIn(faceAt(this.#world, key, node), this.#world.clock.now()))
          if (!allowed.has(one)) this.leaks.push(`${key} lets in ${one}`);
      }
    }
  }
}
