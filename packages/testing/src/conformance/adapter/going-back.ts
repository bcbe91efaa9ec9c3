/** What makes a rollback possible: an adapter takes any image that it gave as a goal. */
import type { Step } from "@handfast/core";
import { expect } from "vitest";
import { type AdapterCase, NotEquipped } from "./adapter-case.ts";
import { expectSame, viaJson } from "./plain.ts";
import type { Stage } from "./stage.ts";

export const goingBackCases: readonly AdapterCase[] = [
  {
    title: "steps lead back from every place of a tour to the image before",
    run: async (open) => {
      const forth = await open();
      const count = forth.wishes.tour.length;
      let tried = 0;
      for (let last = 0; last < count; last += 1) {
        const stage = last === 0 ? forth : await open();
        for (const wish of stage.wishes.tour.slice(0, last)) await moveIfPossible(stage, wish);
        const image = (await stage.look()).now;
        const steps = await moveIfPossible(stage, stage.wishes.tour[last] ?? stage.wishes.rest);
        if (!steps.every(canGoBack)) continue;
        await goBack(stage, image);
        tried += 1;
      }
      if (tried === 0) throw new NotEquipped("a step that can be taken back");
    },
  },
  {
    title: "steps lead back from behind every single step of a move",
    run: async (open) => {
      const { steps: all } = await prepared(await open());
      for (let performed = 1; performed <= all.length; performed += 1) {
        const stage = await open();
        const { steps, image } = await prepared(stage);
        const done = steps.slice(0, performed);
        await stage.carryOut({ target: stage.target(), steps: done });
        if (done.every(canGoBack)) await goBack(stage, image);
      }
    },
  },
];

/** A target at the first issuer, with its image, and the steps to the second. */
async function prepared(stage: Stage): Promise<{ image: unknown; steps: readonly Step<unknown>[] }> {
  await stage.move(stage.wishes.a);
  const image = (await stage.look()).now;
  return { image, steps: (await stage.plan(stage.wishes.b)).steps };
}

async function moveIfPossible(
  stage: Stage,
  wish: Stage["wishes"]["rest"],
): Promise<readonly Step<unknown>[]> {
  const { now } = await stage.look();
  return stage.tryRealise(stage.target(), wish, now) === undefined ? [] : (await stage.move(wish)).steps;
}

async function goBack(stage: Stage, image: unknown): Promise<void> {
  const target = stage.target();
  const { now } = await stage.look();
  const goal = viaJson(image);
  await stage.carryOut({ target, steps: stage.steps(target, now, goal) });
  const back = await stage.look();
  expectSame(stage.faceOf(target, back.now), stage.faceOf(target, goal), "the face, gone back");
  expect(stage.steps(target, back.now, goal), "steps that are left on the way back").toEqual([]);
}

/** What says that it can never be taken back need not be. */
function canGoBack({ back }: Step<unknown>): boolean {
  return typeof back === "string";
}
