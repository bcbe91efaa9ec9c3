import type { Outcome } from "../adapter/contract.ts";
import type { PlanStep } from "../plan/plan.ts";

/** A step of a plan that calls the provider. */
export type Write = Extract<PlanStep, { kind: "write" }>;

/** One write's part in a call that it may share with others. */
export interface Turn {
  readonly write: Write;
  /** Looks where that is due, and writes the intent down. False: there is nothing left to do. */
  prepare(): Promise<boolean>;
  /** Writes the outcome down. */
  finish(outcome: Outcome): Promise<void>;
}
