import type { Mode } from "@handfast/core";

/** What a row of a verifier's truth table shows: nothing, or one of these certificates. */
export type ProbeShows = "none" | "ours" | "old" | "stranger" | "expired" | "revoked" | "serverAuthOnly";

/** What a verifier should do with a row; `either` where that depends on how far a rollout has come. */
export type ProbeDue = "accepted" | "refused" | "either";

/** A verifier's mode, with what is known to be due otherwise: `{ mode: "required", expired: "accepted" }`. */
export type ProbeSetDue =
  | Mode
  | ({ readonly mode: Mode } & { readonly [shows in ProbeShows]?: ProbeDue | undefined });

/** By these, every row of a verifier that really verifies is due, but for what says otherwise. */
const verifying: Readonly<Record<ProbeShows, ProbeDue>> = {
  none: "accepted",
  ours: "accepted",
  // Both CAs are trusted in the middle of a rotation, one of them before and after.
  old: "either",
  stranger: "refused",
  expired: "refused",
  revoked: "refused",
  serverAuthOnly: "refused",
};

/** What is due for one row. `off` and `request` refuse nobody; `optional` refuses bad certificates only. */
export function dueOf(due: ProbeSetDue, shows: ProbeShows): ProbeDue {
  if (typeof due !== "string") return due[shows] ?? dueOf(due.mode, shows);
  if (due === "off" || due === "request") return "accepted";
  return due === "required" && shows === "none" ? "refused" : verifying[shows];
}
