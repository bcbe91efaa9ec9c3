import type { StepReport } from "../report/report.ts";

/** What became of a step, or of several that are shown as one. */
export type StepStatus = StepReport["status"];

/** A sign and a word for each status: never a colour alone. */
export const statusWords = {
  settled: { mark: "✔", word: "done" },
  done: { mark: "◐", word: "not in effect yet" },
  unknown: { mark: "?", word: "outcome unknown" },
  failed: { mark: "✖", word: "failed" },
  skipped: { mark: "–", word: "skipped" },
  "not-started": { mark: "○", word: "not started" },
} as const satisfies Record<StepStatus, { mark: string; word: string }>;

/** The worst first: where several steps are shown as one, it counts. */
const byWeight: readonly StepStatus[] = ["failed", "unknown", "done", "not-started", "skipped", "settled"];

/** What is shown of several steps. */
export function worstOf(all: readonly StepStatus[]): StepStatus {
  return byWeight.find((status) => all.includes(status)) ?? "not-started";
}

/** The same for runs. */
export const runWords = {
  done: { mark: "✔", word: "done", tells: "every step is in effect" },
  failed: { mark: "✖", word: "failed", tells: "a step failed; what was under way was brought to an end" },
  held: { mark: "!", word: "held", tells: "a proof was inconclusive: somebody must look" },
  aborted: { mark: "■", word: "aborted", tells: "the caller stopped it" },
  running: { mark: "◐", word: "running", tells: "it runs now, or was killed: resume it" },
} as const;

/** The same for proofs. */
export const proofMarks = { passed: "✔", failed: "✖", inconclusive: "?" } as const;
