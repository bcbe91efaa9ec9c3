import { dependantsOf } from "../plan/dependants.ts";
import type { MtlsPlan, PlanStep } from "../plan/plan.ts";

/**
 * Steps that only clean up: they change nothing that anybody meets, stand behind a switch or in nobody's way, and nothing
 * but waves and other clean-ups waits for them. When one fails, what was rolled out stands all the same.
 */
export function cleanUpsOf({ kind, steps }: Pick<MtlsPlan, "kind" | "steps">): ReadonlySet<string> {
  const found = new Set<string>();
  if (kind === "retire") return found;
  const dependants = dependantsOf(steps);
  const behind = behindSwitches(steps, dependants);
  const isSpare = (step: PlanStep): boolean =>
    step.kind === "write" &&
    step.step.effect === "none" &&
    (behind.has(step.id) || !dependants.has(step.id)) &&
    (dependants.get(step.id) ?? []).every((next) => next.kind === "wave" || found.has(next.id));
  // the last ones first; what waits for what was found is found in the next round
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const step of steps.toReversed()) if (!found.has(step.id) && isSpare(step)) found.add(step.id);
  }
  return found;
}

function behindSwitches(
  steps: readonly PlanStep[],
  dependants: ReadonlyMap<string, readonly PlanStep[]>,
): ReadonlySet<string> {
  const behind = new Set<string>();
  const stack = steps.filter((step) => step.kind === "write" && step.step.effect === "switch");
  for (let step = stack.pop(); step !== undefined; step = stack.pop()) {
    for (const next of dependants.get(step.id) ?? []) {
      if (behind.has(next.id)) continue;
      behind.add(next.id);
      stack.push(next as (typeof stack)[number]);
    }
  }
  return behind;
}
