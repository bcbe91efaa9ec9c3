import type { Step } from "@handfast/core";
import type { Stage } from "./stage.ts";
import type { Wish } from "./wishes.ts";

/** One move of a path. */
export interface Leg {
  readonly wish: Wish;
  readonly from: unknown;
  readonly to: unknown;
  readonly steps: readonly Step<unknown>[];
}

/**
 * The tour of the first target, planned as core plans a path: from one reading on, each leg from where the fold of the
 * leg before ends. Wishes that can't be had are left out.
 */
export async function pathOf(stage: Stage): Promise<readonly Leg[]> {
  const target = stage.target();
  const legs: Leg[] = [];
  let from = (await stage.look(target)).now;
  for (const wish of stage.wishes.tour) {
    const to = stage.tryRealise(target, wish, from);
    if (to === undefined) continue;
    const steps = stage.steps(target, from, to);
    legs.push({ wish, from, to, steps });
    from = stage.fold(target, from, steps);
  }
  return legs;
}
