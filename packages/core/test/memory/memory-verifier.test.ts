import { describe, expect, it } from "vitest";
import type { Seen, Step, WantedVerifier } from "../../src/adapter/contract.ts";
import { systemClock } from "../../src/clock.ts";
import { type MemoryVerifierOptions, memoryVerifier } from "../../src/memory/memory-verifier.ts";
import { MemoryWorld } from "../../src/memory/memory-world.ts";
import { digest, evidence } from "../fixtures/evidence.ts";

const shop = { listener: "shop" };
const clock = systemClock;
const wanting = (mode: WantedVerifier["mode"], ...anchors: readonly string[]): WantedVerifier => ({
  role: "verifier",
  mode,
  anchors,
  crls: [],
});

/** Two listeners, of which the first requires certificates of the root. */
async function makeShop(options: MemoryVerifierOptions = {}) {
  const world = new MemoryWorld({ clock });
  for (const name of ["shop", "api"])
    world.set(`listener/${name}`, { kind: "listener", mode: "off", store: null, ignoreExpiry: false });
  const { definition } = memoryVerifier(world, options);
  const { signal } = new AbortController();
  const look = async (target: object): Promise<Seen<unknown>> => {
    const keep = async (bytes: Uint8Array) => ({ sha256: "", size: bytes.byteLength });
    const [seen] = await definition.read([{ key: "one", target }], { clock, signal, keep });
    if (seen === undefined) throw new Error("nothing was seen");
    return seen;
  };
  const plan = async (target: object, wanted: WantedVerifier): Promise<readonly Step<unknown>[]> => {
    const { now } = await look(target);
    const realised = definition.realise(target, wanted, now, evidence);
    if (!("state" in realised)) throw new Error(JSON.stringify(realised.findings));
    return definition.steps(target, now, realised.state).steps;
  };
  const perform = (target: object, step: Step<unknown>) =>
    definition.perform([{ target: { key: "one", target }, step }], {
      clock,
      signal,
      idempotencyKey: step.key,
      bytes: async () => new Uint8Array(),
      secret: async () => "",
    });
  const move = async (target: object, wanted: WantedVerifier): Promise<void> => {
    for (const step of await plan(target, wanted)) await perform(target, step);
  };
  const owned = async (): Promise<unknown> => definition.owned(shop, (await look(shop)).now);
  return { world, definition, plan, perform, move, owned };
}

describe("memoryVerifier", () => {
  it("owns its listener and the store that this points to, and no other store", async () => {
    const { world, move, owned } = await makeShop();
    await move(shop, wanting("required", digest.a));
    const before = await owned();
    expect(before).toEqual({
      "listener/shop": expect.objectContaining({ mode: "required" }),
      [world.names("store/")[0] as string]: expect.objectContaining({ anchors: [digest.a] }),
    });
    await move({ listener: "api" }, wanting("required", digest.b));
    expect(await owned()).toEqual(before);
    await move(shop, wanting("request"));
    expect(await owned()).toEqual({ "listener/shop": expect.objectContaining({ mode: "request" }) });
  });

  it("owns the one store that it has, where that is changed in place", async () => {
    const { world, owned } = await makeShop({ inPlace: true });
    world.set("store/shop-store", { kind: "store", anchors: [], crls: [] });
    world.set("listener/shop", { kind: "listener", mode: "off", store: "shop-store", ignoreExpiry: false });
    expect(Object.keys((await owned()) as object).toSorted()).toEqual(["listener/shop", "store/shop-store"]);
  });

  it("switches to a store that it found only while that holds what was found in it", async () => {
    const { world, move, plan, perform } = await makeShop();
    await move({ listener: "api" }, wanting("required", digest.a));
    const [flip, ...more] = await plan(shop, wanting("required", digest.a));
    expect(more).toEqual([]);
    const [store] = world.names("store/") as [string];
    world.set(store, { kind: "store", anchors: [digest.b], crls: [] });
    await expect(perform(shop, flip as Step<unknown>)).rejects.toMatchObject({ code: "PRECONDITION_FAILED" });
    expect(world.get("listener/shop")).toMatchObject({ mode: "off" });
    world.set(store, { kind: "store", anchors: [digest.a], crls: [] });
    await perform(shop, flip as Step<unknown>);
    expect(world.get("listener/shop")).toMatchObject({ mode: "required" });
  });
});
