/** What `removals` promises. */
import type { Keeping, Step } from "@handfast/core";
import { expect } from "vitest";
import type { AdapterCase } from "./adapter-case.ts";
import { expectSame, purely } from "./plain.ts";
import type { Stage } from "./stage.ts";

export const removingCases: readonly AdapterCase[] = [
  {
    title: "removals take what is made and unused, and nothing else",
    run: async (open) => {
      const stage = await open();
      const start = await stage.inventory();
      const made = [...(await stage.move(stage.wishes.a)).made, ...(await stage.move(stage.wishes.b)).made];
      expect(await removalsOf(stage, { keep: [], made: [] }), "removals of what nobody made").toEqual([]);
      const before = await stage.face();
      const steps = await removalsOf(stage, { keep: [], made });
      for (const { effect, object, summary } of steps) {
        expect(effect, `effect of "${summary}"`).toBe("remove");
        expect(made, `object of "${summary}"`).toContain(object);
      }
      const { removed } = await stage.carryOut({ target: stage.target(), steps });
      for (const step of steps) await stage.perform(stage.target(), step, "again");
      expectSame(await stage.face(), before, "the face after removals");
      expect(made, "what removals say that they removed").toEqual(expect.arrayContaining([...removed]));
      const left = made.filter((key) => !removed.includes(key));
      expect(await removalsOf(stage, { keep: [], made: left }), "removals, asked for again").toEqual([]);
      await stage.move(stage.wishes.rest);
      const rest = await removalsOf(stage, { keep: [], made: left });
      const last = (await stage.carryOut({ target: stage.target(), steps: rest })).removed;
      const none = await removalsOf(stage, { keep: [], made: left.filter((key) => !last.includes(key)) });
      expect(none, "removals after those at rest").toEqual([]);
      if (stage.adapter.facts.role === "verifier") {
        expect(await stage.inventory(), "what exists once all is removed").toEqual(start);
      }
    },
  },
  {
    title: "removals leave what an image may need",
    run: async (open) => {
      const stage = await open();
      const target = stage.target();
      const { a, b } = stage.wishes;
      const first = await stage.move(a);
      const image = (await stage.look()).now;
      const second = await stage.move(b);
      const made = [...first.made, ...second.made];
      const wayBack = stage.steps(target, (await stage.look()).now, image);
      await stage.carryOut({ target, steps: await removalsOf(stage, { keep: [image], made }) });
      const back = stage.steps(target, (await stage.look()).now, image);
      expectSame(back, wayBack, "the steps back to the image, after removals");
      await stage.carryOut({ target, steps: back });
      await stage.expectAt(target, a.wanted, image);
    },
  },
  {
    title: "removals leave what another target stands on",
    run: async (open) => {
      const stage = await open();
      const [one, other] = [stage.target(0), stage.target(1)];
      const { a, b } = stage.wishes;
      const made = [
        ...(await stage.move(a, one)).made,
        ...(await stage.move(a, other)).made,
        ...(await stage.move(b, one)).made,
      ];
      const { now } = await stage.look(other);
      await stage.carryOut({ target: one, steps: await removalsOf(stage, { keep: [], made }) });
      await stage.expectAt(other, a.wanted, now);
      await stage.expectAt(one, b.wanted, (await stage.look(one)).now);
    },
  },
];

async function removalsOf(stage: Stage, keeping: Keeping<unknown>): Promise<readonly Step<unknown>[]> {
  const seen = await stage.look();
  return purely("removals", stage.definition.removals, stage.target().target, seen, keeping).steps;
}
