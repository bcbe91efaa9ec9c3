/** Plans made by the memory adapters, for policies to judge. */
import { type MtlsPlan, memoryPresenter, memoryVerifier } from "../../src/index.ts";
import { certificates } from "../fixtures/certificates.ts";
import { type ShopOptions, shop } from "../fixtures/shop.ts";
import { link, planFor, shows, wants } from "../plan/world.ts";
import { atMostMs, laggingWorld, setAssociation, setListener } from "../plan/worlds.ts";

/** Hostnames `h0`, `h1`, ... that begin to show a certificate to a listener `shop`, which then requires it. */
export interface FleetOptions extends ShopOptions {
  readonly hostnames?: number;
  /** How many are in each wave but the last, which takes the rest. */
  readonly waves?: readonly number[];
  readonly bake?: "10m";
}

export function fleet({ hostnames = 1, waves = [], bake, ...options }: FleetOptions = {}) {
  const made = shop(options);
  const names = Array.from({ length: hostnames }, (_, index) => `h${index}`);
  const sizes = [...waves, names.length - waves.reduce((sum, size) => sum + size, 0)];
  const groups = sizes.map((size, index) => {
    const from = sizes.slice(0, index).reduce((sum, one) => sum + one, 0);
    return { name: `g${index}`, members: names.slice(from, from + size) };
  });
  const spec = made.handfast.parseSpec({
    trust: { edge: { anchors: certificates.a } },
    identities: { edge: { chain: certificates.a1, key: { secret: "edge-key" } } },
    verifiers: { shop: { adapter: "memory.verifier", listener: "shop", mode: "required", trust: "edge" } },
    presenters: Object.fromEntries(
      groups.map(({ name, members }) => [
        name,
        { adapter: "memory.presenter", hostnames: members, shows: "edge" },
      ]),
    ),
    links: groups.map(({ name }) => ({ from: name, to: "shop", probe: { url: "https://{hostname}/" } })),
    ...(waves.length === 0
      ? {}
      : {
          waves: groups.map(({ name }, index) => ({
            name,
            ...(index < groups.length - 1 ? { from: [name] } : {}),
            ...(bake === undefined ? {} : { bake }),
          })),
        }),
  });
  return { ...made, spec };
}

/** The first rollout of a fleet. */
export async function rollout(options: FleetOptions = {}): Promise<MtlsPlan> {
  const { handfast, spec } = fleet(options);
  return await handfast.plan(spec);
}

/** One plan of each kind, at the same endpoints. */
export async function plansOfAllKinds(): Promise<Readonly<Record<MtlsPlan["kind"], MtlsPlan>>> {
  const { handfast, spec } = fleet();
  const apply = await handfast.plan(spec);
  const { runId } = await handfast.apply(apply);
  const rollback = await handfast.plan({ rollback: runId });
  const back = await handfast.apply(rollback);
  const retire = await handfast.plan({ retire: back.runId });
  return { apply, rollback, retire, "break-glass": { ...rollback, kind: "break-glass" } };
}

/** Listeners `one` and `two` on one trust store with no room for another: to change `one` changes both. */
export async function sharedStore(): Promise<MtlsPlan> {
  const { clock, world } = laggingWorld();
  const verifier = memoryVerifier(world, { atMostMs, inPlace: true });
  const presenter = memoryPresenter(world, { atMostMs });
  for (const name of ["one", "two"]) setListener(world, name, "required", { name: "store", anchors: ["a"] });
  setAssociation(world, "h", "a1");
  clock.turn(10_000);
  const asks = [
    { key: "one", adapter: verifier, target: { listener: "one" }, want: wants("required", ["a", "b"]) },
    { key: "two", adapter: verifier, target: { listener: "two" }, want: wants("required", ["a", "b"]) },
    { key: "h", adapter: presenter, target: { hostnames: ["h"] }, want: shows("b1") },
  ];
  return await planFor(asks, [link("h", "one")], clock);
}
