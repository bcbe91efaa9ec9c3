import { type Adapter, memoryPresenter, memoryVerifier, memoryZone } from "@handfast/core";
import { turnableClock } from "../../src/clock.ts";
import type { AdapterUnderTest, AdapterWorld } from "../../src/conformance/adapter/adapter-world.ts";
import { FaultyMemoryWorld } from "./faulty-memory-world.ts";
import { issuers } from "./issuers.ts";

/** What differs between the three. */
interface Kind {
  readonly targets: readonly unknown[];
  readonly missing?: unknown;
  adapter(world: FaultyMemoryWorld): Adapter;
  meddle(world: FaultyMemoryWorld, target: unknown): void;
}

/** A world with three nodes, of which the last takes two seconds to pick up a change. */
function worldOf({ targets, missing, adapter, meddle }: Kind): AdapterWorld {
  const clock = turnableClock();
  const world = new FaultyMemoryWorld({ clock, nodes: 3, lag: (node) => node * 1_000 });
  for (const name of ["shop", "api", "admin"]) {
    world.set(`listener/${name}`, { kind: "listener", mode: "off", store: null, ignoreExpiry: false });
    world.set(`zone/${name}`, { kind: "zone", certificates: [] });
  }
  return {
    adapter: adapter(world),
    again: () => adapter(world),
    clock,
    targets,
    missing,
    faults: world,
    meddle: async (target) => meddle(world, target),
    inventory: () => ["store/", "certificate/", "association/"].flatMap((prefix) => world.names(prefix)),
    close: clock.autoAdvance(),
  };
}

const atMostMs = 5_000;
const stranger = { certificate: "5".repeat(64), chain: [] };

/** The three memory adapters, each over a world of its own. */
export const memoryWorlds = {
  verifier: {
    targets: [{ listener: "shop" }, { listener: "api" }, { listener: "admin" }],
    missing: { listener: "nowhere" },
    adapter: (world) => memoryVerifier(world, { atMostMs }),
    meddle: (world, target) => {
      const name = `listener/${(target as { readonly listener: string }).listener}`;
      world.set(name, { kind: "listener", mode: "request", store: null, ignoreExpiry: true });
    },
  },
  presenter: {
    targets: [
      { hostnames: ["shop.example.com"], zone: "shop" },
      { hostnames: ["api.example.com"], zone: "shop" },
      { hostnames: ["admin.example.com"] },
    ],
    adapter: (world) => memoryPresenter(world, { atMostMs }),
    meddle: (world, target) => {
      const [hostname] = (target as { readonly hostnames: readonly string[] }).hostnames;
      world.set(`association/${hostname}`, { kind: "association", shows: stranger });
    },
  },
  zone: {
    targets: [{ zone: "shop" }, { zone: "api" }, { zone: "admin" }],
    missing: { zone: "nowhere" },
    adapter: (world) => memoryZone(world, { atMostMs }),
    meddle: (world, target) => {
      const name = `zone/${(target as { readonly zone: string }).zone}`;
      world.set(name, { kind: "zone", certificates: [stranger] });
    },
  },
} satisfies Readonly<Record<string, Kind>>;

/** A memory adapter as the suite takes it. */
export function memoryUnderTest(kind: Kind, gaps?: AdapterUnderTest["gaps"]): AdapterUnderTest {
  return { issuers, setUp: () => worldOf(kind), gaps };
}
