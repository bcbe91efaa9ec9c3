/** What many probes of one link come to. Pure. */
import type { ProofResult } from "../prove/prober.ts";

/** So many probes that failed are no accident. */
const enoughFailed = 3;
/** A failure counts while it is among the last so many probes. */
const lastProbes = 10;
/** However many failed, more successes in a row than so many times the usual are not asked for. */
const mostFold = 10;

/** The count of a proof. */
export interface ProofTally {
  add(result: ProofResult): void;
  /** Successes in a row so far, and how many are needed: after each failure as many more as there were needed at first. */
  readonly passedInARow: number;
  readonly needed: number;
  /** Whether it has passed. */
  readonly isOver: boolean;
  /** Whether any probe passed or failed. */
  readonly isTelling: boolean;
  /** What it comes to when there is no more time. */
  verdict(): ProofResult;
}

/**
 * Counts the probes of one proof.
 *
 * It passes by successes in a row. A verifier of which one node refuses has lucky streaks, so each probe that failed
 * makes a longer one needed. Without such a streak it has `failed` when three probes failed, or all that there were, and
 * one of the last ten did, or half of all and none passed since: a lone failure among many that told nothing takes nobody back, and a last probe that told
 * nothing hides no failures.
 *
 * @param times successes in a row that are needed where nothing failed
 */
export function tallyOf(times: number): ProofTally {
  let probes = 0;
  let passed = 0;
  let failed = 0;
  let row = 0;
  /** How many probes ago one failed. */
  let sinceFailed = Number.POSITIVE_INFINITY;
  /** Whether one passed since then. */
  let passedSince = false;
  let last: ProofResult | undefined;
  let lastFailed: ProofResult | undefined;
  let lastUnsure: ProofResult | undefined;
  const needed = (): number => times * Math.min(1 + failed, mostFold);
  const conclude = (): ProofResult => {
    if (row >= needed()) return last as ProofResult;
    const isFresh = sinceFailed < lastProbes || (!passedSince && failed * 2 >= probes);
    const isFailed = failed >= Math.min(enoughFailed, probes) && isFresh;
    if (isFailed && lastFailed !== undefined) return lastFailed;
    if (lastUnsure !== undefined) return lastUnsure;
    return {
      verdict: "inconclusive",
      reason: (lastFailed ?? last)?.reason ?? "nobody was asked",
      evidence: {},
    };
  };
  return {
    add: (result) => {
      probes += 1;
      sinceFailed += 1;
      last = result;
      if (result.verdict === "passed") {
        passed += 1;
        passedSince = true;
        row += 1;
        return;
      }
      row = 0;
      if (result.verdict === "inconclusive") {
        lastUnsure = result;
        return;
      }
      failed += 1;
      sinceFailed = 0;
      passedSince = false;
      lastFailed = result;
    },
    get passedInARow() {
      return row;
    },
    get needed() {
      return needed();
    },
    get isTelling() {
      return passed + failed > 0;
    },
    get isOver() {
      return row >= needed();
    },
    verdict: () => {
      const { verdict, reason, evidence } = conclude();
      const count = failed === 0 || failed === probes ? "" : ` (${failed} of ${probes} probes failed)`;
      return {
        verdict,
        reason: `${reason}${count}`,
        evidence: { ...evidence, passedInARow: row, probes, probesFailed: failed },
      };
    },
  };
}
