import type { ErrorRecord } from "../errors.ts";
import type { Phase } from "../plan/plan.ts";

/** What happens during a run, as it happens. Every event is JSON. */
export type RunEvent =
  | { readonly kind: "run-started"; readonly runId: string; readonly steps: number }
  | ({ readonly kind: "step-started"; readonly attempt: number } & StepEvent)
  /** The call was accepted; waiting until it is in effect. Milliseconds. */
  | ({ readonly kind: "step-waiting"; readonly typicalMs: number; readonly atMostMs: number } & StepEvent)
  /** Looked, and it is not in effect everywhere yet: how long since the call, of how long it takes. Milliseconds. */
  | ({
      readonly kind: "step-pending";
      readonly waitedMs: number;
      readonly typicalMs: number;
      readonly atMostMs: number;
    } & StepEvent)
  | ({ readonly kind: "step-retrying"; readonly inMs: number; readonly error: ErrorRecord } & StepEvent)
  | ({ readonly kind: "step-settled"; readonly found: boolean } & StepEvent)
  | ({ readonly kind: "step-failed"; readonly error: ErrorRecord } & StepEvent)
  | ({ readonly kind: "step-skipped"; readonly because: string } & StepEvent)
  | ({
      readonly kind: "proof";
      readonly verdict: "passed" | "failed" | "inconclusive";
      readonly reason: string;
      /** Successes in a row so far, and how many are needed. */
      readonly passed: number;
      readonly of: number;
    } & StepEvent)
  | {
      readonly kind: "run-ended";
      readonly runId: string;
      readonly status: "done" | "failed" | "held" | "aborted";
    };

/** The step that an event is about. */
export interface StepEvent {
  readonly runId: string;
  readonly step: string;
  readonly phase: Phase;
  readonly summary: string;
}
