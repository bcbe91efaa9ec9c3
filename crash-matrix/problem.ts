/** What a cell can fail in, as the table counts it. */
export type Trouble = "resume" | "rollback" | "request" | "leak" | "duplicate" | "leftover";

/** One thing that does not hold. */
export interface Problem {
  readonly trouble: Trouble;
  readonly text: string;
}
