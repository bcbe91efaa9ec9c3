/** Builders for the odd worlds of the counter-examples, and the proof that a plan is safe in one of them. */
import { expect } from "vitest";
import type { Mode } from "../../src/adapter/contract.ts";
import { MemoryWorld } from "../../src/memory/memory-world.ts";
import type { Link } from "../../src/plan/graph.ts";
import type { MtlsPlan, PlanStep } from "../../src/plan/plan.ts";
import { type CertificateName, type CrlName, crlDigest, digest } from "../fixtures/evidence.ts";
import { LeakWatch } from "./access.ts";
import { type Ask, handClock, leaf, Oracle, planBack, planFor, run, type Traffic } from "./world.ts";

export const atMostMs = 4_000;

/** A world of three nodes that pick up a change after nothing, one and two seconds. */
export function laggingWorld() {
  const clock = handClock();
  const world = new MemoryWorld({ clock, nodes: 3, lag: (node) => node * 1_000 });
  return { clock, world };
}

export function setListener(
  world: MemoryWorld,
  name: string,
  mode: Mode,
  store?: {
    name: string;
    anchors: readonly CertificateName[];
    crls?: readonly CrlName[];
    ignoreExpiry?: boolean;
  },
): void {
  if (store !== undefined) {
    world.set(`store/${store.name}`, {
      kind: "store",
      anchors: store.anchors.map((one) => digest[one]),
      crls: (store.crls ?? []).map((one) => crlDigest[one]),
    });
  }
  const ignoreExpiry = store?.ignoreExpiry ?? false;
  world.set(`listener/${name}`, { kind: "listener", mode, store: store?.name ?? null, ignoreExpiry });
}

export function setAssociation(world: MemoryWorld, name: string, shows: CertificateName | "nothing"): void {
  world.set(`association/${name}`, { kind: "association", shows: shows === "nothing" ? shows : leaf(shows) });
}

/** A world, what is asked of it, and its links; traffic over a link is named by the link's key. */
export interface Scene {
  readonly clock: ReturnType<typeof handClock>;
  readonly world: MemoryWorld;
  readonly asks: readonly Ask[];
  readonly links: readonly Link[];
  readonly traffic: readonly Traffic[];
}

type Pick = (ready: readonly PlanStep[]) => PlanStep;
const first: Pick = (ready) => ready[0] as PlanStep;
const last: Pick = (ready) => ready.at(-1) as PlanStep;
const narrowFirst: Pick = (ready) => ready.find(({ phase }) => phase === "narrow") ?? last(ready);

/** The adverse orders that every plan is run in. */
const orders: readonly { readonly pick: Pick; readonly hurry: boolean }[] = [
  { pick: first, hurry: false },
  { pick: first, hurry: true },
  { pick: last, hurry: false },
  { pick: last, hurry: true },
  { pick: narrowFirst, hurry: true },
];

const adaptersOf = (asks: readonly Ask[]): Ask["adapter"][] => asks.map(({ adapter }) => adapter);

/**
 * Plans and runs a scene in every adverse order, stops after every step and goes back, and then forward again: nobody
 * who was served is refused at any pair of nodes, nobody gets in whom neither end lets in, and nothing is left to do.
 */
export async function provesSafe(
  make: () => Scene,
  options: { readonly hasWayBack?: boolean; readonly mayLeak?: boolean } = {},
): Promise<MtlsPlan> {
  const sample = make();
  const plan = await planFor(sample.asks, sample.links, sample.clock);
  for (const order of orders) {
    const { clock, world, asks, links, traffic } = make();
    const [oracle, watch] = [new Oracle(world, traffic), new LeakWatch(world, asks)];
    await run(await planFor(asks, links, clock), adaptersOf(asks), world, clock, { ...order, oracle });
    expect(oracle.refusals).toEqual([]);
    if (options.mayLeak !== true) expect(watch.leaks).toEqual([]);
    const again = await planFor(asks, links, clock);
    expect(again.steps.filter(({ kind }) => kind !== "settle")).toEqual([]);
  }
  if (options.hasWayBack === false) return plan;
  for (let most = 0; most <= plan.steps.length; most += 1) {
    for (const order of orders.slice(1, 4)) {
      const { clock, world, asks, links, traffic } = make();
      const [oracle, watch] = [new Oracle(world, traffic), new LeakWatch(world, asks)];
      const forward = await planFor(asks, links, clock);
      await run(forward, adaptersOf(asks), world, clock, { ...order, most, oracle });
      // who was refused before may be so again: the caller agrees to it by name
      const kept = links.filter(({ key, from }) => "population" in from || oracle.served.has(key));
      await run(await planBack(forward, asks, kept, clock), adaptersOf(asks), world, clock, {
        ...order,
        oracle,
      });
      for (const [key, { before }] of Object.entries(forward.endpoints)) {
        const own = before.objects[0] as string;
        expect(world.get(own), `${key} after ${most} steps`).toEqual(
          (before.now as Record<string, unknown>)[own],
        );
      }
      await run(await planFor(asks, links, clock), adaptersOf(asks), world, clock, { ...order, oracle });
      expect(oracle.refusals, `stopped after ${most} steps`).toEqual([]);
      if (options.mayLeak !== true) expect(watch.leaks).toEqual([]);
    }
  }
  return plan;
}
