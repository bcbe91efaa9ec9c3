import { describe, expect, it } from "vitest";
import { memoryPresenter } from "../../src/memory/memory-presenter.ts";
import { memoryVerifier } from "../../src/memory/memory-verifier.ts";
import { MemoryWorld } from "../../src/memory/memory-world.ts";
import { planSchema } from "../../src/plan/plan.ts";
import { digest } from "../fixtures/evidence.ts";
import { type Ask, handClock, leaf, link, Oracle, planBack, planFor, run, shows, wants } from "./world.ts";

function shop(
  modes: readonly ("off" | "request" | "optional" | "required")[] = ["off", "request", "required"],
) {
  const clock = handClock();
  const world = new MemoryWorld({ clock, nodes: 3, lag: (node) => node * 1000 });
  world.set("listener/shop", { kind: "listener", mode: "off", store: null, ignoreExpiry: false });
  const verifier = memoryVerifier(world, { modes, atMostMs: 5000 });
  const presenter = memoryPresenter(world, { atMostMs: 5000 });
  const asks: Ask[] = [
    { key: "shop", adapter: verifier, target: { listener: "shop" }, want: wants("required", ["a"]) },
    { key: "edge/h", adapter: presenter, target: { hostnames: ["h"] }, want: shows("a1") },
  ];
  return {
    clock,
    world,
    asks,
    adapters: [verifier, presenter],
    links: [link("edge/h", "shop")],
    traffic: [{ name: "h", association: "h", listener: "shop" }],
  };
}

describe("makePlan", () => {
  it("turns a link on by widen, present, prove, narrow", async () => {
    const { asks, links, clock } = shop();
    const plan = await planFor(asks, links, clock);
    expect(
      plan.steps.map(({ phase, summary }) => `${phase}: ${summary.replace(/[0-9a-f]{12,}/g, "…")}`),
    ).toMatchInlineSnapshot(`
      [
        "widen: change listener/shop",
        "prepare: create certificate/…",
        "present: create association/h",
        "prove: prove by real handshakes that edge/h -> shop is served with certificate …",
        "prepare: create store/…",
        "narrow: change listener/shop",
        "prove: prove by real handshakes that edge/h -> shop is served with certificate …",
      ]
    `);
    expect(planSchema.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  });

  it("keeps a link served at every node, and finds nothing when it plans again", async () => {
    const { asks, links, clock, world, adapters, traffic } = shop();
    const oracle = new Oracle(world, traffic);
    const plan = await planFor(asks, links, clock);
    await run(plan, adapters, world, clock, { oracle });
    expect(oracle.refusals).toEqual([]);
    expect(world.get("listener/shop")).toMatchObject({ mode: "required" });
    expect((await planFor(asks, links, clock)).steps).toEqual([]);
    const back = await planBack(plan, asks, links, clock);
    await run(back, adapters, world, clock, { oracle });
    expect(oracle.refusals).toEqual([]);
    expect(world.get("listener/shop")).toMatchObject({ mode: "off" });
    expect(world.get("association/h")).toBeUndefined();
  });

  it("rotates a CA through the union of both", async () => {
    const { asks, links, clock, world, adapters, traffic } = shop();
    await run(await planFor(asks, links, clock), adapters, world, clock);
    const oracle = new Oracle(world, traffic);
    const next = [
      { ...asks[0], want: wants("required", ["b"]) },
      { ...asks[1], want: shows("b1") },
    ] as Ask[];
    const plan = await planFor(next, links, clock);
    expect(plan.steps.filter(({ kind }) => kind === "write").map(({ phase }) => phase)).toEqual([
      "prepare",
      "widen",
      "prepare",
      "present",
      "prepare",
      "narrow",
    ]);
    await run(plan, adapters, world, clock, { oracle });
    expect(oracle.refusals).toEqual([]);
    expect(world.get("association/h")).toMatchObject({ shows: leaf("b1") });
  });

  it("proves no link in a state in which it is still broken, as it was at the start", async () => {
    const { asks, links, clock, world } = shop();
    world.set("store/theirs", { kind: "store", anchors: [digest.b], crls: [] });
    world.set("listener/shop", { kind: "listener", mode: "required", store: "theirs", ignoreExpiry: false });
    world.set("association/h", { kind: "association", shows: leaf("a2") });
    clock.turn(10_000);
    const { steps } = await planFor(asks, links, clock);
    const switches = steps.filter((step) => step.kind === "write" && step.step.effect === "switch");
    const proofs = steps.filter(({ kind }) => kind === "prove");
    expect(switches).toHaveLength(2);
    expect(proofs).toHaveLength(1);
    expect(proofs[0]?.after).toEqual(expect.arrayContaining(switches.map(({ id }) => id)));
  });

  it("proves service only, and says so, where the application repeats no certificate", async () => {
    const { asks, clock } = shop();
    const bare = { ...link("edge/h", "shop"), probe: { url: "https://example.com/" } };
    const plan = await planFor(asks, [bare], clock);
    const proofs = plan.steps.filter(({ kind }) => kind === "prove");
    expect(proofs.length).toBeGreaterThan(0);
    expect(proofs.some((step) => "certificate" in step)).toBe(false);
    expect(plan.findings).toContainEqual(expect.objectContaining({ code: "served-only", severity: "info" }));
  });

  it("asks each adapter once what stands in the way of all its targets together", async () => {
    const { asks, links, clock } = shop();
    const asked: unknown[] = [];
    const crowded = asks.map((ask): Ask => {
      const { facts, definition } = ask.adapter;
      const judge: typeof definition.judge = (ends) => {
        asked.push([facts.name, ends.map(({ target }) => target)]);
        if (facts.role === "verifier") return [];
        return [{ code: "room-is-full", severity: "blocker", message: "two do not fit", mend: "want one" }];
      };
      return { ...ask, adapter: { facts, definition: { ...definition, judge } } as Ask["adapter"] };
    });
    await expect(planFor(crowded, links, clock)).rejects.toMatchObject({
      code: "PLAN_BLOCKED",
      message: expect.stringContaining("two do not fit"),
    });
    expect(asked).toEqual([
      ["memory.verifier", [{ listener: "shop" }]],
      ["memory.presenter", [{ hostnames: ["h"] }]],
    ]);
  });
});
