import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isHandfastError } from "../../src/errors.ts";
import { type MtlsPlan, type PlanStep, planSchema } from "../../src/plan/plan.ts";
import { LeakWatch } from "./access.ts";
import { type BuiltWorld, buildWorld, type Recipe, recipes } from "./random-world.ts";
import { Oracle, planBack, planFor, run } from "./world.ts";

/** Worlds for each law. */
const numRuns = 160;
const seed = 20261201;

/** A seeded choice among ready steps: the adverse orders. */
function picker(seedOf: number): (ready: readonly PlanStep[]) => PlanStep {
  let at = seedOf >>> 0;
  return (ready) => {
    at = (Math.imul(at, 1664525) + 1013904223) >>> 0;
    return ready[at % ready.length] as PlanStep;
  };
}

/** The plan of a world; undefined where the planner refuses, with a message that says what to do. */
async function planned(built: BuiltWorld): Promise<MtlsPlan | undefined> {
  try {
    return await planFor(built.asks, built.links, built.clock);
  } catch (error) {
    if (!isHandfastError(error)) throw error;
    if (error.code !== "PLAN_BLOCKED" && error.code !== "PLAN_NO_PATH") throw error;
    return undefined;
  }
}

const orders = fc.record({
  order: fc.nat(),
  back: fc.nat(),
  stop: fc.integer({ min: 0, max: 14 }),
  hurry: fc.boolean(),
});
const check = async (
  property: (
    recipe: Recipe,
    how: { order: number; back: number; stop: number; hurry: boolean },
  ) => Promise<void>,
  runs = numRuns,
): Promise<void> => {
  await fc.assert(fc.asyncProperty(recipes, orders, property), {
    numRuns: runs,
    seed,
    endOnFailure: true,
    interruptAfterTimeLimit: 20_000,
  });
};

describe("makePlan, in random worlds", () => {
  it("refuses no link that was served, lets nobody in unasked, reaches the goal, and then plans nothing", async () => {
    let made = 0;
    await check(async (recipe, { order, hurry }) => {
      const built = buildWorld(recipe);
      const plan = await planned(built);
      if (plan === undefined) return;
      made += 1;
      const oracle = new Oracle(built.world, built.traffic);
      const watch = new LeakWatch(built.world, built.asks);
      await run(plan, built.adapters, built.world, built.clock, { pick: picker(order), oracle, hurry });
      expect(oracle.refusals).toEqual([]);
      if (!recipe.mayWeaken) expect(watch.leaks).toEqual([]);
      const again = await planFor(built.asks, built.links, built.clock);
      expect(again.steps.filter(({ kind }) => kind !== "settle").map(({ summary }) => summary)).toEqual([]);
    });
    expect(made).toBeGreaterThan(numRuns / 3);
  });

  it("has a safe way back, or forward, from wherever it stops", async () => {
    await check(async (recipe, { order, back, stop, hurry }) => {
      const built = buildWorld(recipe);
      const plan = await planned(built);
      if (plan === undefined) return;
      const { world, clock, asks, adapters, links } = built;
      const oracle = new Oracle(world, built.traffic);
      const watch = new LeakWatch(world, asks);
      await run(plan, adapters, world, clock, { pick: picker(order), oracle, hurry, most: stop });
      const wayBack = await planBackOrForgive(built, plan, oracle);
      if (wayBack !== undefined) {
        await run(wayBack, adapters, world, clock, { pick: picker(back), oracle, hurry });
        for (const [key, { before }] of Object.entries(plan.endpoints)) {
          const own = before.objects[0] as string;
          const was = (before.now as Record<string, unknown>)[own];
          expect(world.get(own), key).toEqual(was);
        }
      }
      const forward = await planFor(asks, links, clock);
      await run(forward, adapters, world, clock, { pick: picker(order + back), oracle, hurry });
      expect(oracle.refusals).toEqual([]);
      if (!recipe.mayWeaken) expect(watch.leaks).toEqual([]);
    });
  });

  it("makes the same plan twice, and one that survives JSON", async () => {
    await check(async (recipe) => {
      const built = buildWorld(recipe);
      const plan = await planned(built);
      if (plan === undefined) return;
      expect(planSchema.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
      expect(await planFor(built.asks, built.links, built.clock)).toEqual(plan);
    }, numRuns / 4);
  });
});

/** The way back; undefined only where the plan had said that there is none. */
async function planBackOrForgive(
  built: BuiltWorld,
  plan: MtlsPlan,
  oracle: Oracle,
): Promise<MtlsPlan | undefined> {
  // whoever was refused before may be so again: that is agreed to by name
  const links = built.links.filter(({ key, from }) => "population" in from || oracle.served.has(key));
  try {
    return await planBack(plan, built.asks, links, built.clock);
  } catch (error) {
    const told = plan.findings.some(
      ({ code }) => code === "no-way-back" || code === "weakened-on-the-way" || code === "dropped-early",
    );
    if (told || plan.pointOfNoReturn !== undefined) return undefined;
    throw error;
  }
}
