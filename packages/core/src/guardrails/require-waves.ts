import type { Finding } from "../adapter/contract.ts";
import { changesOf, endpointsOf } from "./changes.ts";
import { isJudged, type Policy, type PolicyOptions } from "./policy.ts";

/** What {@link requireWaves} can be given. */
export interface WavesOptions extends PolicyOptions {
  /** Plans that switch more presenters (hostnames, distributions) than this need waves. */
  readonly above: number;
  /** How many of them the first wave may have. Default: as many as need no wave. */
  readonly firstAtMost?: number | undefined;
  /** How long each wave but the last has to bake at least, in milliseconds. Default 0. */
  readonly bakeMs?: number | undefined;
}

/**
 * Refuses plans that switch many hostnames without a canary: no more than `firstAtMost` may switch before the first
 * wave is through. A presenter in no wave waits for nothing, so it counts among the first.
 *
 * Judges `apply`, unless `kinds` says otherwise.
 *
 * @throws {TypeError} for a number below 0
 * @example
 * ```ts
 * import { requireWaves } from "@handfast/core/guardrails";
 *
 * export const canary = requireWaves({ above: 50, firstAtMost: 5, bakeMs: 10 * 60_000 });
 * ```
 */
export function requireWaves(options: WavesOptions): Policy {
  const { above, firstAtMost = above, bakeMs = 0 } = options;
  for (const [name, value] of Object.entries({ above, firstAtMost, bakeMs }))
    if (!(value >= 0)) throw new TypeError(`requireWaves: ${name} is ${value}; write a number of 0 or more`);
  return function requireWaves(plan): readonly Finding[] {
    if (!isJudged(plan, options)) return [];
    const changes = changesOf(plan);
    const all = endpointsOf(plan, changes, "presenter");
    if (all.length <= above) return [];
    const found: Finding[] = [];
    const firstWave = changes.filter(({ wave }) => wave === 0);
    const first = endpointsOf(plan, firstWave, "presenter");
    if (first.length > firstAtMost) {
      found.push({
        code: "waves-required",
        severity: "blocker",
        message: `it switches ${all.length} presenters, and ${first.length} of them before any wave is through, where ${firstAtMost} may be`,
        mend: "give the spec waves, with a small canary first",
      });
    }
    const gates = plan.steps.flatMap((step) => (step.kind === "wave" ? [step] : []));
    for (const { wave, bakeMs: bakes } of gates.slice(0, -1)) {
      if (bakes >= bakeMs) continue;
      found.push({
        code: "bake-too-short",
        severity: "blocker",
        message: `wave ${wave} bakes for ${bakes / 1_000} s, and has to for ${bakeMs / 1_000} s`,
        mend: "give it a longer bake in the spec",
      });
    }
    return found;
  };
}
