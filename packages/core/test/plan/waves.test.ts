import { describe, expect, it } from "vitest";
import { memoryPresenter } from "../../src/memory/memory-presenter.ts";
import { memoryVerifier } from "../../src/memory/memory-verifier.ts";
import { reachOf } from "../../src/plan/reach.ts";
import { type Ask, link, Oracle, observe, planFor, run, shows, wants } from "./world.ts";
import { atMostMs, laggingWorld, setAssociation, setListener } from "./worlds.ts";

/** Hostnames, each linked to one of the listeners in turn, all from CA a to CA b. */
function fleet(count: number, listeners = 1) {
  const { clock, world } = laggingWorld();
  const verifier = memoryVerifier(world, { atMostMs });
  const presenter = memoryPresenter(world, { atMostMs });
  const names = Array.from({ length: count }, (_, index) => `h${index}`);
  const shops = Array.from({ length: listeners }, (_, index) => `shop${index}`);
  for (const shop of shops) setListener(world, shop, "required", { name: `s${shop}`, anchors: ["a"] });
  for (const name of names) setAssociation(world, name, "a1");
  const shopOf = (index: number): string => shops[index % listeners] as string;
  const asks: Ask[] = [
    ...shops.map((key) => ({
      key,
      adapter: verifier,
      target: { listener: key },
      want: wants("required", ["b"]),
    })),
    ...names.map((key) => ({ key, adapter: presenter, target: { hostnames: [key] }, want: shows("b1") })),
  ];
  const links = names.map((name, index) => link(name, shopOf(index)));
  const traffic = names.map((name, index) => ({ name, association: name, listener: shopOf(index) }));
  return { clock, world, asks, links, traffic, names, adapters: [verifier, presenter] };
}

const wave = (name: string, members: readonly string[], bakeMs = 1_000, maxFailures = 1) => ({
  name,
  members: new Set(members),
  bakeMs,
  maxFailures,
});

describe("makePlan with waves", () => {
  it("20: lets the rest wait for the canary, over all listeners, and the narrowing for the last wave", async () => {
    const { clock, world, asks, links, traffic, names, adapters } = fleet(6, 2);
    const waves = [wave("canary", names.slice(0, 1)), wave("rest", names.slice(1))];
    const plan = await planFor(asks, links, clock, { waves });
    const reach = reachOf(plan.steps);
    const [canary, rest] = plan.steps.filter(({ kind }) => kind === "wave");
    expect(canary).toMatchObject({ wave: "canary", bakeMs: 1_000, maxFailures: 1 });
    const moves = (keys: readonly string[]) =>
      plan.steps.filter(
        (step) => step.kind === "write" && step.phase === "present" && keys.includes(step.target),
      );
    expect(moves(names)).toHaveLength(6);
    for (const { id } of moves(names.slice(0, 1))) expect(reach.isBefore(id, canary?.id ?? "")).toBe(true);
    for (const { id } of moves(names.slice(1))) expect(reach.isBefore(canary?.id ?? "", id)).toBe(true);
    const narrows = plan.steps.filter((step) => step.kind === "write" && step.phase === "narrow");
    expect(narrows).toHaveLength(2);
    for (const { id } of narrows) expect(reach.isBefore(rest?.id ?? "", id)).toBe(true);
    for (const [index, step] of plan.steps.entries()) expect(step.id).toBe(`s${index + 1}`);
    const oracle = new Oracle(world, traffic);
    await run(plan, adapters, world, clock, { oracle, hurry: true });
    expect(oracle.refusals).toEqual([]);
  });

  it("bakes a wave in which nothing moves too, before what it has a link to is narrowed", async () => {
    const { clock, world, asks, links, names } = fleet(3);
    setAssociation(world, "h0", "b1");
    setAssociation(world, "h2", "a1");
    setListener(world, "shop0", "required", { name: "both", anchors: ["a", "b"] });
    clock.turn(10_000);
    const waves = names.map((name) => wave(name, [name]));
    const plan = await planFor(asks, links, clock, { waves });
    const gates = plan.steps.flatMap((step) => (step.kind === "wave" ? [step] : []));
    expect(gates.map((gate) => gate.wave)).toEqual(["h0", "h1", "h2"]);
    expect(gates[0]?.of).toEqual([]);
    for (const [index, name] of names.slice(1).entries()) {
      const move = plan.steps.find(
        (step) => step.kind === "write" && step.phase === "present" && step.target === name,
      );
      expect(move?.after).toContain(gates[index]?.id);
    }
  });

  it("has no gate for a wave in which nothing moves and for which nobody would wait", async () => {
    const { clock, world, asks, links, names } = fleet(3);
    setAssociation(world, "h0", "b1");
    setListener(world, "shop0", "required", { name: "both", anchors: ["a", "b"] });
    clock.turn(10_000);
    const waves = names.map((name) => wave(name, [name], 0));
    const plan = await planFor(asks, links, clock, { waves });
    expect(plan.steps.flatMap((step) => (step.kind === "wave" ? [step.wave] : []))).toEqual(["h1", "h2"]);
  });

  it("needs no gate for a single wave without bake and budget", async () => {
    const { clock, asks, links, names } = fleet(2);
    const plan = await planFor(asks, links, clock, { waves: [wave("all", names, 0, 0)] });
    expect(plan.steps.some(({ kind }) => kind === "wave")).toBe(false);
  });

  it("20: asks the adapters no more for each of 1,000 hostnames than for each of 100", async () => {
    const callsFor = async (count: number): Promise<number> => {
      const { clock, asks, links, names } = fleet(count);
      let calls = 0;
      const counted = (adapter: Ask["adapter"]): Ask["adapter"] => {
        const { definition } = adapter;
        const count =
          <A extends unknown[], R>(ask: (...given: A) => R): ((...given: A) => R) =>
          (...given) => {
            calls += 1;
            return ask(...given);
          };
        const { steps, after, face, realise } = definition;
        return {
          ...adapter,
          definition: {
            ...definition,
            steps: count(steps),
            after: count(after),
            face: count(face),
            realise: count(realise),
          },
        } as Ask["adapter"];
      };
      const byAdapter = new Map(asks.map(({ adapter }) => [adapter, counted(adapter)]));
      const watched = asks.map((ask) => ({ ...ask, adapter: byAdapter.get(ask.adapter) as Ask["adapter"] }));
      const waves = [wave("canary", names.slice(0, 10)), wave("rest", names.slice(10))];
      const endpoints = await observe(watched, clock);
      await planFor([], links, clock, { endpoints, waves });
      return calls / count;
    };
    const [few, many] = [await callsFor(100), await callsFor(1_000)];
    expect(many).toBeLessThan(few * 1.1);
    expect(many).toBeLessThan(60);
  });
});
