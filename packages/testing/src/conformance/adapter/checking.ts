/** What `check` promises. */
import { expect } from "vitest";
import { type AdapterCase, equipped } from "./adapter-case.ts";
import { expectSame, purely } from "./plain.ts";

export const checkingCases: readonly AdapterCase[] = [
  {
    title: "check says todo before a step, and done in time after it",
    run: async (open) => {
      const stage = await open();
      const target = stage.target();
      const { a, b, rest } = stage.wishes;
      for (const wish of [a, b, rest]) {
        const { steps } = await stage.plan(wish);
        for (const step of steps) {
          expect(await stage.check(target, step), `"${step.summary}" before`).toBe("todo");
          await stage.perform(target, step, `to ${wish.name}`);
          const just = await stage.check(target, step);
          expect(["done", "pending", "todo"], `"${step.summary}" just after`).toContain(just);
          if (step.settles.by === "call")
            expect(just, `"${step.summary}", which settles with the call`).toBe("done");
          await stage.settle(target, step);
          expect(await stage.check(target, step), `"${step.summary}" once it is settled`).toBe("done");
        }
      }
    },
  },
  {
    title: "check says done no sooner than read says settled",
    run: async (open) => {
      const stage = await open();
      const target = stage.target();
      for (const wish of [stage.wishes.a, stage.wishes.b]) {
        for (const step of (await stage.plan(wish)).steps) {
          await stage.perform(target, step, `to ${wish.name}`);
          const seen = await stage.look(target);
          const where = stage.definition.check(target.target, step, seen);
          if (step.settles.by === "status" && step.effect === "switch" && where === "done") {
            expect(seen.settled, `settled, when "${step.summary}" is done`).toBe(true);
            expectSame(seen.may, [], `what may still run, when "${step.summary}" is done`);
          }
          await stage.settle(target, step);
        }
      }
    },
  },
  {
    title: "check is pure: it judges what was read, whatever happened since",
    run: async (open) => {
      const stage = await open();
      const target = stage.target();
      for (const wish of [stage.wishes.a, stage.wishes.b]) {
        for (const step of (await stage.plan(wish)).steps) {
          const ask = (seen: unknown) =>
            purely(
              "check",
              stage.definition.check,
              target.target,
              step,
              seen as Awaited<ReturnType<typeof stage.look>>,
            );
          const before = await stage.look(target);
          expect(ask(before), `"${step.summary}" before`).toBe("todo");
          await stage.perform(target, step, `to ${wish.name}`);
          const just = await stage.look(target);
          const first = ask(just);
          await stage.settle(target, step);
          expect(ask(before), `"${step.summary}" by what was read before it`).toBe("todo");
          expectSame(ask(just), first, `"${step.summary}" by what was read just after it`);
        }
      }
    },
  },
  {
    title: "check says the same by what is read for progress alone",
    run: async (open) => {
      const stage = await open();
      const target = stage.target();
      await stage.lookForProgress(target);
      for (const wish of [stage.wishes.a, stage.wishes.b]) {
        for (const step of (await stage.plan(wish)).steps) {
          const ask = async () =>
            stage.definition.check(target.target, step, await stage.lookForProgress(target));
          await stage.perform(target, step, `to ${wish.name}`);
          expectSame(await ask(), await stage.check(target, step), `"${step.summary}" just after it`);
          await stage.settle(target, step);
          expect(await ask(), `"${step.summary}" once it is in effect`).toBe("done");
        }
      }
    },
  },
  {
    title: "check says moved when somebody else wrote there",
    run: async (open) => {
      const stage = await open();
      const target = stage.target();
      const meddle = equipped(stage.world.meddle?.bind(stage.world), "way to meddle");
      await stage.move(stage.wishes.a);
      const { steps } = await stage.plan(stage.wishes.b);
      const flip = steps.find(({ effect }) => effect === "switch") ?? expect.fail("no step switches");
      await meddle(target.target);
      const where = await stage.check(target, flip);
      expect(where, `"${flip.summary}" after somebody else wrote`).toMatchObject({
        moved: expect.any(String),
      });
      expect((where as { readonly moved: string }).moved).not.toBe("");
    },
  },
];
