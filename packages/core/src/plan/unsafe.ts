import { HandfastError } from "../errors.ts";

/** What the checker says of a plan that it refutes. */
export function unsafe(reason: string): HandfastError {
  return new HandfastError("PLAN_UNSAFE", `check plan failed: ${reason}; plan again, nothing was changed`);
}
