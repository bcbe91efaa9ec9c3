import type { Finding } from "../adapter/contract.ts";
import { type MtlsPlan, planSchema } from "../plan/plan.ts";
import { refusalOf } from "../plan/refusal.ts";

/** What a policy knows beside the plan. */
export interface PolicyContext {
  /** When the plan would be started. Milliseconds since the epoch. */
  readonly at: number;
}

/**
 * A rule of the house about plans: a pure function from a plan to what it has to say about it. A finding of severity
 * `blocker` refuses the plan; `warning` and `info` are shown. Nobody can agree to a policy, so `consent` refuses too.
 *
 * @example
 * ```ts
 * import type { Policy } from "@handfast/core/guardrails";
 *
 * export const probesEverywhere: Policy = (plan) =>
 *   plan.links
 *     .filter(({ named, probe }) => named && probe === undefined)
 *     .map(({ key }) => ({
 *       code: "link-without-probe",
 *       severity: "warning",
 *       message: `${key} has no probe`,
 *       mend: "give one in the spec",
 *     }));
 * ```
 */
export type Policy = (plan: MtlsPlan, context: PolicyContext) => readonly Finding[];

/** What a plan is for. */
export type PlanKind = MtlsPlan["kind"];

/** What every ready-made policy can be given. */
export interface PolicyOptions {
  /**
   * The kinds of plans that are judged. By default never `rollback` nor `break-glass`: the way back stays open; each
   * policy says which of the others.
   */
  readonly kinds?: readonly PlanKind[] | undefined;
}

/** Whether a plan is of a kind that a policy judges, and changes anything at all. */
export function isJudged(
  plan: MtlsPlan,
  { kinds }: PolicyOptions,
  byDefault: readonly PlanKind[] = ["apply"],
): boolean {
  return plan.steps.length > 0 && (kinds ?? byDefault).includes(plan.kind);
}

/**
 * What all policies have to say about a plan, in their order. A policy that throws, or answers with anything but a list
 * of findings (a promise, say), has not let the plan pass: that is a blocker, `policy-threw` or `policy-malformed`; of
 * `rollback` and `break-glass` a warning, for a mistake in a policy must not close the way back. It names the policy by
 * its place, from 1, and its function's name; never by what was thrown, which may hold anything.
 *
 * @param at when the plan would be started, in milliseconds since the epoch
 * @example
 * ```ts
 * import type { MtlsPlan } from "@handfast/core";
 * import { freezeWindows, judgePlan, protectTargets } from "@handfast/core/guardrails";
 *
 * const policies = [
 *   protectTargets(["pay*"]),
 *   freezeWindows([{ from: "2026-12-20T00:00:00Z", to: "2027-01-04T08:00:00Z", because: "year's end" }]),
 * ];
 *
 * export const passes = (plan: MtlsPlan): boolean =>
 *   judgePlan(policies, plan, Date.now()).every(({ severity }) => severity !== "blocker");
 * ```
 */
export function judgePlan(policies: readonly Policy[], plan: MtlsPlan, at: number): readonly Finding[] {
  const severity = plan.kind === "rollback" || plan.kind === "break-glass" ? "warning" : "blocker";
  return policies.flatMap((policy, index): readonly Finding[] => {
    const name = `policy ${index + 1}${policy.name === "" ? "" : ` (${policy.name})`}`;
    let answer: unknown;
    try {
      answer = policy(plan, { at });
    } catch {
      return [
        {
          code: "policy-threw",
          severity,
          message: `${name} threw instead of judging the plan`,
          mend: "call it on the plan by itself to see why, and mend it",
        },
      ];
    }
    const read = planSchema.shape.findings.safeParse(answer);
    if (read.success) return read.data;
    const places = read.error.issues.map(({ path }) => path.join(".") || "all of it").slice(0, 3);
    return [
      {
        code: "policy-malformed",
        severity,
        message: `${name} did not answer with a list of findings: ${places.join(", ")} is none`,
        mend: "return findings, and no promise",
      },
    ];
  });
}

/**
 * Throws when a policy refuses the plan.
 *
 * @throws HandfastError `POLICY_REFUSED` with every finding that refuses, at once
 */
export function refuseByPolicy(findings: readonly Finding[]): void {
  const refusing = findings.filter(({ severity }) => severity === "blocker" || severity === "consent");
  if (refusing.length === 0) return;
  throw refusalOf("POLICY_REFUSED", "judge plan failed, nothing was changed", refusing);
}
