import type { CauseCode } from "../causes/all.ts";
import type { Hop, Symptom } from "../symptom.ts";

/** What a sign rests on: one field of a symptom with its value. */
type Mark = Exclude<keyof Symptom, "text">;

/**
 * One row of the tables: if this is seen, these causes gain points. 6: it is said outright; 4: it is the usual
 * reason; 2: it often is; 1: it may be. Rows that fit are added up.
 */
export interface Sign {
  readonly mark: Mark;
  readonly is: string | number | boolean;
  /** Only if this holds too. */
  readonly given?: Partial<Record<Mark, string | number | boolean>> | undefined;
  /** Only while this is not known. */
  readonly without?: readonly Mark[] | undefined;
  /** What was seen, in words. */
  readonly seen: string;
  readonly points: Readonly<Partial<Record<CauseCode, number>>>;
  /** Causes that can't be, if this is seen. */
  readonly rulesOut?: readonly CauseCode[] | undefined;
  /** The connection that it points at, whatever the cause. */
  readonly hop?: Hop | undefined;
  /** Where the row is known from. */
  readonly sources: readonly string[];
}
