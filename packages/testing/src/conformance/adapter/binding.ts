/** What the optional parts promise: `owned`, `makes`, `permissions`, and the scope among the facts. */
import { canonicalText, type Step, type Target } from "@handfast/core";
import { expect } from "vitest";
import { type AdapterCase, NotEquipped } from "./adapter-case.ts";
import { pathOf } from "./path.ts";
import { expectSame, purely } from "./plain.ts";
import { findSecret, secretsOf } from "./secrecy.ts";
import type { Stage } from "./stage.ts";

export const bindingCases: readonly AdapterCase[] = [
  {
    title: "scope names what the adapter reaches, and holds no secret",
    run: async (open) => {
      const stage = await open();
      const { scope } = stage.adapter.facts;
      if (scope === undefined) throw new NotEquipped("the adapter has no scope");
      for (const [name, value] of Object.entries(scope)) expect(typeof value, `scope.${name}`).toBe("string");
      expect(stage.world.again?.().facts.scope ?? scope, "the scope of another instance").toEqual(scope);
      expect(findSecret(scope, secretsOf(stage)), "the secret that was found").toBeUndefined();
    },
  },
  {
    title: "owned is of the state alone, and moves with the target and not with others",
    run: async (open) => {
      const stage = await open();
      const { a, b } = stage.wishes;
      const [one, other] = [stage.target(0), stage.target(1)];
      await stage.move(a, one);
      const [atA, { objects }] = [await ownedOf(stage, one), await stage.look(one)];
      let apart = 0;
      for (const wish of [b, a]) {
        const planned = await stage.plan(wish, other);
        if (planned.steps.some(({ object }) => objects.includes(object))) continue;
        await stage.carryOut(planned);
        apart += 1;
        expect(await ownedOf(stage, one), `what is owned once another target is at ${wish.name}`).toBe(atA);
      }
      await stage.move(b, one);
      expect(await ownedOf(stage, one), "what is owned once the target itself moved").not.toBe(atA);
      if (apart === 0) throw new NotEquipped("two targets that stand on different objects");
    },
  },
  {
    title: "makes names what perform makes, over a whole rollout",
    run: async (open) => {
      const stage = await open();
      const { a, tour } = stage.wishes;
      const known = new Set<string>();
      for (const [index, target] of stage.targets.slice(0, 2).entries()) {
        for (const wish of index === 0 ? tour : [a]) {
          const from = (await stage.look(target)).now;
          const to = stage.tryRealise(target, wish, from);
          if (to === undefined) continue;
          for (const step of stage.steps(target, from, to)) await expectMakes(stage, target, step, known);
        }
      }
    },
  },
  {
    title: "permissions names something for the reading and for every step, if for anything",
    run: async (open) => {
      const stage = await open();
      const { target } = stage.target();
      const steps = (await pathOf(stage)).flatMap((leg) => leg.steps);
      const named = [undefined, ...steps].map((step) => ({
        what: step === undefined ? "reading" : `"${step.summary}"`,
        permissions: purely("permissions", stage.definition.permissions, target, step),
      }));
      if (named.every(({ permissions }) => permissions.length === 0)) {
        throw new NotEquipped("the adapter names no permissions");
      }
      for (const { what, permissions } of named) {
        expect(permissions.length, `permissions for ${what}`).toBeGreaterThan(0);
        for (const { allow, on } of permissions) {
          expect(allow, `what ${what} must be allowed`).not.toBe("");
          expect(on, `what ${allow} must be allowed on`).not.toBe("");
        }
        const pairs = permissions.map(({ allow, on }) => `${allow} ${on}`);
        expect(pairs, `permissions for ${what}, each once`).toEqual([...new Set(pairs)]);
      }
    },
  },
];

/** What a plan for a target stands on now, as a text. */
async function ownedOf(stage: Stage, target: Target<unknown>): Promise<string> {
  const { now } = await stage.look(target);
  const owned = purely("owned", stage.definition.owned, target.target, now);
  return canonicalText(owned ?? null);
}

/** Performs a step; what is new of what it makes must be what it made, unless that was found. */
async function expectMakes(
  stage: Stage,
  target: Target<unknown>,
  step: Step<unknown>,
  known: Set<string>,
): Promise<void> {
  const makes = purely("makes", stage.definition.makes, target.target, step);
  if (step.effect === "remove") expect(makes, `what "${step.summary}" makes`).toEqual([]);
  const { made = [], adopted } = await stage.perform(target, step, "a rollout");
  await stage.settle(target, step);
  expect(makes, `what "${step.summary}" makes, of what it made`).toEqual(expect.arrayContaining([...made]));
  const due = adopted === true ? [] : makes.filter((name) => !known.has(name));
  expect(made, `what "${step.summary}" made, of what it makes`).toEqual(expect.arrayContaining(due));
  for (const name of makes) known.add(name);
  expectSame(makes, stage.definition.makes(target.target, step), "what it makes, once it is made");
}
