import type { Adapter, ErasedDefinition, MemoryWorld } from "@handfast/core";
import { describe, expect, it } from "vitest";
import { runCells } from "../matrix.ts";
import type { Trouble } from "../problem.ts";
import { rehearse } from "../rehearsal.ts";
import type { Scenario } from "../scenario.ts";
import { changes, oddLinks } from "../scenarios/one-link.ts";

type Break = (inner: ErasedDefinition, world: MemoryWorld) => Partial<ErasedDefinition>;

/** What a new process may get wrong behind a crash, and where the matrix must see it. */
const broken: readonly (readonly [string, Trouble, string, Break])[] = [
  [
    "forgets that a change is under way",
    "request",
    "lagging-nodes/perform 2",
    ({ read, check }) => ({
      read: async (targets, context) =>
        (await read(targets, context)).map((seen) => ({ ...seen, may: [], settled: true })),
      check: (target, step, seen) => {
        const where = check(target, step, seen);
        return where === "pending" ? "done" : where;
      },
    }),
  ],
  [
    "asks for a thing again under a token that its provider has forgotten",
    "duplicate",
    "leaf-rotation/perform 1",
    ({ check }, world) => ({
      check: (target, step, seen) => {
        const where = check(target, step, seen);
        if (step.effect !== "none" || where !== "done" || world.makers.get(step.object) === "") return where;
        world.makers.set(step.object, "");
        return "todo";
      },
    }),
  ],
  [
    "removes nothing",
    "leftover",
    "leaf-rotation/append 4",
    () => ({ removals: () => ({ steps: [], findings: [] }) }),
  ],
  [
    "writes nothing and says it did",
    "resume",
    "leaf-rotation/append 1",
    () => ({ perform: async (steps) => steps.map(() => ({})), check: () => "done" }),
  ],
  [
    "goes nowhere and says it is back",
    "rollback",
    "leaf-rotation/perform 2",
    () => ({ perform: async (steps) => steps.map(() => ({})), check: () => "done" }),
  ],
];

/** The same scenario, whose adapters are broken in all processes but the one that is struck. */
function breakIn(scenario: Scenario, change: Break): Scenario {
  const begun = new WeakSet<object>();
  return {
    ...scenario,
    adapters: (world) => {
      const adapters = scenario.adapters(world);
      if (!begun.has(world.bytes)) {
        begun.add(world.bytes);
        return adapters;
      }
      return adapters.map(({ facts, definition }) => {
        const changed = { ...definition, ...change(definition, world) };
        return { facts, definition: changed } as Adapter;
      });
    },
  };
}

describe("crash matrix", () => {
  it.each(broken)("goes red over an adapter that, behind a crash, %s", async (_, trouble, only, change) => {
    const scenario = [...changes, ...oddLinks].find(({ name }) => only.startsWith(`${name}/`));
    if (scenario === undefined) throw new Error(`no scenario of ${only}`);
    const rehearsal = await rehearse(scenario);
    if (typeof rehearsal === "string") throw new Error(rehearsal);
    const cells = await runCells({ ...rehearsal, scenario: breakIn(scenario, change) }, only, () => {});
    const troubles = cells.flatMap(({ problems }) => problems.map((problem) => problem.trouble));
    expect(troubles).toContain(trouble);
  });
});
