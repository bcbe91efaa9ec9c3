/** What `perform` promises where nothing goes wrong. */
import { expect } from "vitest";
import type { AdapterCase } from "./adapter-case.ts";
import { pathOf } from "./path.ts";
import { expectSame } from "./plain.ts";

export const performingCases: readonly AdapterCase[] = [
  {
    title: "perform converges: what was wanted is read back, and no step is left",
    run: async (open) => {
      const stage = await open();
      for (const wish of stage.wishes.tour) {
        const { now } = await stage.look();
        if (stage.tryRealise(stage.target(), wish, now) === undefined) continue;
        const { to } = await stage.move(wish);
        await stage.expectAt(stage.target(), wish.wanted, to);
      }
    },
  },
  {
    title: "perform walks a path that was planned in one go",
    run: async (open) => {
      const stage = await open();
      const target = stage.target();
      const legs = await pathOf(stage);
      for (const { wish, steps, to } of legs) {
        await stage.carryOut({ target, steps });
        await stage.expectAt(target, wish.wanted, to);
      }
    },
  },
  {
    title: "perform of what is done already is success, and changes nothing more",
    run: async (open) => {
      const stage = await open();
      const target = stage.target();
      for (const wish of [stage.wishes.a, stage.wishes.b]) {
        const { steps } = await stage.move(wish);
        const [before, exists] = [await stage.look(), await stage.inventory()];
        for (const step of steps) {
          const { made = [], adopted } = await stage.perform(target, step, "another run");
          await stage.settle(target, step);
          expect(made, `what "${step.summary}" made the second time`).toEqual([]);
          if (step.effect === "none") expect(adopted, `"${step.summary}" was found already so`).toBe(true);
        }
        expectSame((await stage.look()).now, before.now, "the state afterwards");
        expect(await stage.inventory(), "what exists afterwards").toEqual(exists);
      }
    },
  },
  {
    title: "perform answers for each step of a batch, and makes what two targets need once",
    run: async (open) => {
      const stage = await open();
      const { a } = stage.wishes;
      const moves = await Promise.all(stage.targets.map((target) => stage.plan(a, target)));
      for (let nth = 0; nth < Math.max(...moves.map(({ steps }) => steps.length)); nth += 1) {
        const batch = moves.flatMap(({ target, steps }) => {
          const step = steps[nth];
          return step === undefined ? [] : [{ target, step }];
        });
        await stage.performAll(batch, `batch ${nth}`);
        for (const { target, step } of batch) await stage.settle(target, step);
      }
      for (const { target, to } of moves) await stage.expectAt(target, a.wanted, to);
      const exists = (await stage.inventory()) ?? [];
      expect(exists, "what exists, each once").toEqual([...new Set(exists)]);
    },
  },
];
