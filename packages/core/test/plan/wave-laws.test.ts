/** Random worlds under random waves: no gate waits for itself, and none that was asked for is missing. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { isHandfastError } from "../../src/errors.ts";
import type { PlannedWave } from "../../src/plan/gates.ts";
import { isNarrower } from "../../src/plan/moves.ts";
import type { MtlsPlan } from "../../src/plan/plan.ts";
import { reachOf } from "../../src/plan/reach.ts";
import { buildWorld, recipes } from "./random-world.ts";
import { observe, planFor } from "./world.ts";

const names = ["first", "second", "third"] as const;

/** Every presenter and population in one of three waves, in whatever order, with a bake, checks or nothing. */
function wavesOf(members: readonly string[], seeds: readonly number[], bakes: readonly boolean[]) {
  return names.map(
    (name, index): PlannedWave => ({
      name,
      members: new Set(members.filter((_, at) => (seeds[at % seeds.length] ?? 0) % names.length === index)),
      bakeMs: bakes[index] === true ? 60_000 : 0,
      maxFailures: 0,
      ...(bakes[index + names.length] === true ? { checks: [name] } : {}),
    }),
  );
}

/** The gates of a plan by the names of their waves; those that are one stand under each. */
const gatesOf = ({ steps }: MtlsPlan) =>
  new Map(
    steps.flatMap((step) =>
      step.kind === "wave" ? step.wave.split(" and ").map((name) => [name, step.id] as const) : [],
    ),
  );

it("makes a gate for each wave that bakes and has a link to what is narrowed, and no circle of gates", async () => {
  let gated = 0;
  await fc.assert(
    fc.asyncProperty(
      recipes,
      fc.array(fc.nat(), { minLength: 1, maxLength: 8 }),
      fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
      async (recipe, seeds, bakes) => {
        const { asks, links, clock } = buildWorld(recipe);
        const endpoints = (await observe(asks, clock)).map((one) => ({ ...one, mayMixWaves: true }));
        const presenters = endpoints.flatMap(({ key, adapter }) =>
          adapter.facts.role === "presenter" ? [key] : [],
        );
        const people = links.flatMap(({ from }) => ("population" in from ? [from.population] : []));
        const waves = wavesOf([...new Set([...presenters, ...people])], seeds, bakes);
        let plan: MtlsPlan;
        try {
          plan = await planFor([], links, clock, { endpoints, waves });
        } catch (error) {
          if (isHandfastError(error) && ["PLAN_BLOCKED", "PLAN_NO_PATH"].includes(error.code)) return;
          throw error;
        }
        reachOf(plan.steps);
        const gates = gatesOf(plan);
        for (const { key, adapter, target, seen } of endpoints) {
          const goal = plan.endpoints[key]?.goal;
          if (adapter.facts.role !== "verifier" || goal === undefined) continue;
          const [now, next] = [seen.now, goal].map((state) =>
            adapter.definition.face(target, state as never),
          );
          if (now?.role !== "verifier" || next?.role !== "verifier" || !isNarrower(now, next)) continue;
          const linked = links.flatMap(({ from, to }) =>
            "endpoint" in to && to.endpoint === key
              ? ["population" in from ? from.population : from.endpoint]
              : [],
          );
          for (const { name, members, bakeMs, checks } of waves) {
            if (!linked.some((one) => members.has(one)) || (bakeMs === 0 && checks === undefined)) continue;
            gated += 1;
            expect([...gates.keys()], `${key} is narrowed`).toContain(name);
          }
        }
      },
    ),
    { numRuns: 150, seed: 20261129, endOnFailure: true, interruptAfterTimeLimit: 20_000 },
  );
  expect(gated).toBeGreaterThan(20);
}, 60_000);
