import type { Finding } from "../adapter/contract.ts";
import type { MtlsPlan, PlanStep } from "../plan/plan.ts";
import { changesOf, stepsByEndpoint } from "./changes.ts";
import { isJudged, type Policy, type PolicyOptions } from "./policy.ts";

/** A change of something that is protected. */
export interface ProtectedChange {
  /** Key of the endpoint, e.g. `shop-edge/shop.example.com`. */
  readonly target: string;
  /** The steps that touch it: its own, and those of others at an object that it stands on. */
  readonly steps: readonly PlanStep[];
  readonly plan: MtlsPlan;
  /** When the plan would be started. Milliseconds since the epoch. */
  readonly at: number;
}

/** What {@link protectTargets} can be given. */
export interface ProtectOptions extends PolicyOptions {
  /** Lets a change of a protected target through all the same. */
  readonly unless?: ((change: ProtectedChange) => boolean) | undefined;
}

/**
 * Refuses plans that touch what is protected: by steps of its own, or by a step at an object that it shares with
 * others (a trust store, a zone). To look at it, or to prove a link to it, is no change.
 *
 * Judges `apply`, unless `kinds` says otherwise: `["apply", "retire"]` keeps what it left from being deleted too.
 *
 * @param targets keys of endpoints as plans have them, with `*` for any characters: `shop`, `pay-edge/*`
 * @throws {TypeError} for an empty name
 * @example
 * ```ts
 * import { protectTargets } from "@handfast/core/guardrails";
 *
 * // payments: a new leaf may be shown, whom the verifiers trust may not change
 * export const payments = protectTargets(["pay", "pay-edge/*"], {
 *   unless: ({ steps }) => steps.every(({ phase }) => phase === "present"),
 * });
 * ```
 */
export function protectTargets(targets: readonly string[], options: ProtectOptions = {}): Policy {
  if (targets.some((name) => name.trim() === ""))
    throw new TypeError("protectTargets: a name is empty; write the key of an endpoint, or a pattern with *");
  const patterns = targets.map(patternOf);
  return function protectTargets(plan, { at }): readonly Finding[] {
    if (!isJudged(plan, options)) return [];
    const isProtected = (key: string): boolean => patterns.some((pattern) => pattern.test(key));
    const touched = stepsByEndpoint(changesOf(plan), isProtected);
    return [...touched]
      .filter(([target, steps]) => options.unless?.({ target, steps, plan, at }) !== true)
      .map(([target, steps]) => ({
        code: "target-protected",
        severity: "blocker",
        target,
        message: `${target} is protected, and ${steps.map(({ id, summary }) => `${id} (${summary})`).join(", ")} would touch it`,
        mend: "leave it out of the spec, or have the protection lifted",
      }));
  };
}

function patternOf(name: string): RegExp {
  const parts = name.split("*").map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s");
}
