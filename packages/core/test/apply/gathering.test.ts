import { expect, it } from "vitest";
import { Batches } from "../../src/apply/batches.ts";
import { Slots } from "../../src/apply/slots.ts";
import { sleepersClock } from "../fixtures/sleepers-clock.ts";

type Turn = Parameters<ConstructorParameters<typeof Batches>[0]["perform"]>[0][number];

const turn = (id: string): Turn => ({
  write: { id } as Turn["write"],
  prepare: async () => true,
  finish: async () => {},
});

/** Calls that take a second each, and what was under way when each began. */
function slowCalls(concurrency: number) {
  const clock = sleepersClock();
  const calls: { readonly ids: readonly string[]; readonly beside: number }[] = [];
  let underWay = 0;
  const batches = new Batches({
    clock,
    slots: new Slots(concurrency),
    perform: async (turns) => {
      calls.push({ ids: turns.map(({ write }) => write.id), beside: underWay });
      underWay += 1;
      await clock.sleep(1_000);
      underWay -= 1;
      return new Map();
    },
  });
  return { batches, clock, calls };
}

it("Batches keeps calls of one key apart, and lets those of others go at the same time", async () => {
  const { batches, calls } = slowCalls(8);
  await Promise.all(
    ["a1", "b1", "a2", "b2", "a3", "b3"].map((id) => batches.perform(id[0] ?? "", 2, turn(id))),
  );
  expect(calls).toEqual([
    { ids: ["a1", "a2"], beside: 0 },
    { ids: ["b1", "b2"], beside: 1 },
    { ids: ["a3"], beside: expect.any(Number) },
    { ids: ["b3"], beside: 1 },
  ]);
});

it("Batches takes along who comes while a call of the key is under way, or while there is no slot", async () => {
  const { batches, clock, calls } = slowCalls(1);
  const first = [batches.perform("a", 9, turn("a1")), batches.perform("b", 9, turn("b1"))];
  await clock.sleep(500);
  const later = ["a2", "a3", "b2"].map((id) => batches.perform(id[0] ?? "", 9, turn(id)));
  await Promise.all([...first, ...later]);
  expect(calls.map(({ ids }) => ids)).toEqual([["a1"], ["b1", "b2"], ["a2", "a3"]]);
  expect(calls.every(({ beside }) => beside === 0)).toBe(true);
});
