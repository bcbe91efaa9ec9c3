import type { PlanStep } from "./plan.ts";

/** What a step is about: key of the endpoint or link, name of the wave. */
export function aboutStep(step: PlanStep): string {
  if (step.kind === "prove") return step.link;
  return step.kind === "wave" ? step.wave : step.target;
}
