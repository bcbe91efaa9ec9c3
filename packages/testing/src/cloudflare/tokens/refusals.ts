import { type Refusal, refusal } from "../envelope.ts";

/** What the verification of tokens refuses. Status and codes as users report them of the real one. */
export const refusals = {
  /** Also for a token of the other kind: each kind has a path of its own. */
  invalidToken: refusal(401, 1000, "Invalid API Token"),
  noToken: refusal(400, 1001, 'Missing "Authorization" header'),
} as const satisfies Record<string, Refusal>;
