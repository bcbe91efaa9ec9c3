/** What a plan changes, in the words in which policies speak. */
import type { MtlsPlan, PlanStep } from "../plan/plan.ts";

/** A step that changes, or removes, what some endpoints stand on. */
export interface Change {
  readonly step: Extract<PlanStep, { kind: "write" }>;
  /** Keys of the endpoints that it changes: its own target, and all others that stand on the same object. */
  readonly endpoints: readonly string[];
  /** The wave, counted from 0: how many ends of waves the step has to wait for, one after the other. */
  readonly wave: number;
}

/** Steps that touch traffic, and removals; what is only prepared (an upload, a store beside) is not among them. */
export function changesOf(plan: MtlsPlan): readonly Change[] {
  const standing = new Map<string, string[]>();
  for (const [key, { before }] of Object.entries(plan.endpoints)) {
    for (const object of new Set(before.objects)) {
      const keys = standing.get(object);
      if (keys === undefined) standing.set(object, [key]);
      else keys.push(key);
    }
  }
  const waves = wavesOf(plan.steps);
  return plan.steps.flatMap((step): Change[] => {
    if (step.kind !== "write" || step.step.effect === "none") return [];
    const endpoints = [...new Set([step.target, ...(standing.get(step.step.object) ?? [])])];
    return [{ step, endpoints, wave: waves.get(step.id) as number }];
  });
}

/** Endpoints of one role that changes touch. */
export function endpointsOf(
  plan: MtlsPlan,
  changes: readonly Change[],
  role?: "verifier" | "presenter",
): readonly string[] {
  const keys = new Set(changes.flatMap(({ endpoints }) => endpoints));
  return [...keys].filter((key) => role === undefined || plan.endpoints[key]?.role === role);
}

/** The steps that change each endpoint, in the plan's order. */
export function stepsByEndpoint(
  changes: readonly Change[],
  counts: (key: string) => boolean,
): ReadonlyMap<string, readonly Change["step"][]> {
  const steps = new Map<string, Change["step"][]>();
  for (const { step, endpoints } of changes) {
    for (const key of endpoints.filter(counts)) {
      const known = steps.get(key);
      if (known === undefined) steps.set(key, [step]);
      else known.push(step);
    }
  }
  return steps;
}

/** At most five names, and how many more there are. */
export function listed(names: readonly string[]): string {
  const first = names.slice(0, 5).join(", ");
  return names.length > 5 ? `${first} and ${names.length - 5} more` : first;
}

/** Steps stand behind those they wait for; one that does not counts as waiting for nothing, which is the stricter. */
function wavesOf(steps: readonly PlanStep[]): ReadonlyMap<string, number> {
  const behind = new Map<string, number>();
  const waves = new Map<string, number>();
  for (const step of steps) {
    let wave = 0;
    for (const id of step.after) wave = Math.max(wave, behind.get(id) ?? 0);
    waves.set(step.id, wave);
    behind.set(step.id, step.kind === "wave" ? wave + 1 : wave);
  }
  return waves;
}
