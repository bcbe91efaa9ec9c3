import type { ProofResult } from "./prober.ts";

/** What a check of your own is told. */
export interface CheckRequest {
  /** The name under which it was given to `createHandfast`. */
  readonly check: string;
  readonly runId: string;
  /** Name of the wave that bakes. */
  readonly wave: string;
  /** Milliseconds since the epoch: when the wave began to bake, in this part of the run. */
  readonly since: number;
  /** Aborts when nobody waits for the answer any more: it is late, or the run ends. */
  readonly signal: AbortSignal;
}

/**
 * A check of your own: an error rate, a synthetic transaction, a person who is asked. It is called again and again while
 * a wave bakes. `failed` ends the wave at once; at its end each must say `passed`, and `inconclusive` holds the run.
 *
 * What it throws counts as inconclusive, and so does what is no result, or comes later than `answerMs.check`. Its evidence
 * is kept in the journal: no secret, nothing that identifies a person.
 *
 * @example
 * ```ts
 * import type { Check } from "@handfast/core";
 *
 * export const errorRate: Check = async ({ signal }) => {
 *   const response = await fetch("https://metrics.example.com/errors", { signal });
 *   const { ratio } = (await response.json()) as { readonly ratio?: number };
 *   if (ratio === undefined) return { verdict: "inconclusive", reason: "nothing was measured", evidence: {} };
 *   return ratio < 0.01
 *     ? { verdict: "passed", reason: "fewer than 1 in 100 requests fail", evidence: { ratio } }
 *     : { verdict: "failed", reason: "more than 1 in 100 requests fail", evidence: { ratio } };
 * };
 * ```
 */
export type Check = (request: CheckRequest) => Promise<ProofResult>;
