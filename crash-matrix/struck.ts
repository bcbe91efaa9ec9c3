import type { Problem, Trouble } from "./problem.ts";
import type { Rehearsal } from "./rehearsal.ts";
import type { Stage } from "./stage.ts";

/** A world in which a fault has done its work. */
export interface Struck {
  readonly rehearsal: Rehearsal;
  readonly stage: Stage;
  /** The run that was applied first, where what was struck is its rollback or its retire. */
  readonly applied: string | undefined;
  readonly aftermath: string;
  /** What went wrong so far. */
  readonly problems: readonly Problem[];
}

/** The same, for those who look at what comes of it. */
export interface Scene extends Struck {
  complain(trouble: Trouble, text: string): void;
}
