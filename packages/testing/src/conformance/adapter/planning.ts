/** What `steps` and `after` promise. */
import type { Step } from "@handfast/core";
import { expect } from "vitest";
import type { AdapterCase } from "./adapter-case.ts";
import { pathOf } from "./path.ts";
import { expectSame, purely, viaJson } from "./plain.ts";
import { mismatch } from "./wishes.ts";

const dayMs = 86_400_000;

export const planningCases: readonly AdapterCase[] = [
  {
    title: "steps switch once at most, and have keys and edges that make an order",
    run: async (open) => {
      for (const { steps, wish } of await pathOf(await open())) {
        const switches = steps.filter(({ effect }) => effect === "switch");
        expect(switches.length, `switches on the way to ${wish.name}`).toBeLessThanOrEqual(1);
        expect(
          steps.map(({ effect }) => effect),
          "effects",
        ).not.toContain("remove");
        expect(new Set(steps.map(({ key }) => key)).size, "keys, each once").toBe(steps.length);
        steps.forEach(({ key, after = [] }, index) => {
          const earlier = steps.slice(0, index).map((step) => step.key);
          for (const name of after) expect(earlier, `what "${key}" comes after`).toContain(name);
        });
      }
    },
  },
  {
    title: "steps are the same whenever they are planned from the same state",
    run: async (open) => {
      const stage = await open();
      const { target } = stage.target();
      const first = await stage.plan(stage.wishes.a);
      await stage.world.clock.sleep(dayMs);
      const { now } = await stage.look();
      const second = purely("steps", stage.definition.steps, target, now, first.to);
      expectSame(second.steps, first.steps, "steps, planned again a day later");
      for (const step of first.steps) purely("after", stage.definition.after, target, first.from, step);
    },
  },
  {
    title: "steps from a state to itself are none",
    run: async (open) => {
      const stage = await open();
      for (const { from, to } of await pathOf(stage)) {
        expect(stage.steps(stage.target(), viaJson(from), viaJson(from)), "steps of the start").toEqual([]);
        expect(stage.steps(stage.target(), viaJson(to), viaJson(to)), "steps of the goal").toEqual([]);
      }
    },
  },
  {
    title: "steps say what they cost and how they settle, in a line that a person can read",
    run: async (open) => {
      for (const { steps } of await pathOf(await open())) for (const step of steps) expectReadable(step);
    },
  },
  {
    title: "after, folded over the steps, arrives",
    run: async (open) => {
      const stage = await open();
      for (const { from, to, steps, wish } of await pathOf(stage)) {
        const end = stage.fold(stage.target(), from, steps);
        const face = stage.faceOf(stage.target(), end);
        expect(mismatch(face, wish.wanted), `face after the steps to ${wish.name}`).toBeUndefined();
        expect(stage.steps(stage.target(), end, to), `steps left before ${wish.name}`).toEqual([]);
      }
    },
  },
  {
    title: "after changes the face by the switch alone",
    run: async (open) => {
      const stage = await open();
      for (const { from, steps } of await pathOf(stage)) {
        const before = stage.faceOf(stage.target(), from);
        const quiet = steps.filter(({ effect }) => effect === "none");
        const face = stage.faceOf(stage.target(), stage.fold(stage.target(), from, quiet));
        expectSame(face, before, "the face after the steps that touch no traffic");
      }
    },
  },
  {
    title: "after leaves the face of a target alone that does not stand on the step's object",
    run: async (open) => {
      const stage = await open();
      const [one, other] = [stage.target(0), stage.target(1)];
      await stage.move(stage.wishes.a, other);
      const { now, objects } = await stage.look(other);
      const { steps } = await stage.plan(stage.wishes.b, one);
      for (const step of steps.filter(({ object }) => !objects.includes(object))) {
        const state = viaJson(stage.definition.after(other.target, now, step));
        expectSame(
          stage.faceOf(other, state),
          stage.faceOf(other, now),
          `the other's face after "${step.summary}"`,
        );
      }
    },
  },
];

function expectReadable({ key, summary, settles, cost, back }: Step<unknown>): void {
  expect(key, "key").not.toBe("");
  expect(summary, "summary, one line that begins with a verb").toMatch(/^[a-z][a-z-]+ [^\n\r]+$/);
  expect(summary, "summary: no digest longer than twelve characters").not.toMatch(/[0-9a-f]{13,}/i);
  expect(cost.budget, "budget").not.toBe("");
  expect(Number.isInteger(cost.calls) && cost.calls >= 1, `calls of "${summary}": ${cost.calls}`).toBe(true);
  if (typeof back === "object") expect(back.never, "why there is no way back").not.toBe("");
  if (settles.by === "call") return;
  expect(settles.typicalMs, `typical time of "${summary}"`).toBeGreaterThanOrEqual(0);
  expect(settles.atMostMs, `longest time of "${summary}"`).toBeGreaterThanOrEqual(settles.typicalMs);
  expect(Number.isFinite(settles.atMostMs), `longest time of "${summary}"`).toBe(true);
}
