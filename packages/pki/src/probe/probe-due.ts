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

const modes: readonly unknown[] = ["off", "request", "optional", "required"] satisfies readonly Mode[];
const dues: readonly unknown[] = ["accepted", "refused", "either"] satisfies readonly ProbeDue[];

/**
 * A table that is held against what is not due says what is wrong of a verifier that is right.
 *
 * @throws TypeError
 */
export function checkDue(due: ProbeSetDue): void {
  const { mode, ...rows } =
    typeof due === "string" ? { mode: due } : ((due ?? {}) as Record<string, unknown>);
  if (!modes.includes(mode))
    throw new TypeError(
      `probeSet: due is ${JSON.stringify(mode)}; give "off", "request", "optional" or "required", or { mode: … }`,
    );
  for (const [shows, one] of Object.entries(rows))
    if (!Object.hasOwn(verifying, shows) || (one !== undefined && !dues.includes(one)))
      throw new TypeError(
        `probeSet: due.${shows} is ${JSON.stringify(one)}; give "accepted", "refused" or "either" to one of ${Object.keys(verifying).join(", ")}`,
      );
}

/** What is due for one row. `off` and `request` refuse nobody; `optional` refuses bad certificates only. */
export function dueOf(due: ProbeSetDue, shows: ProbeShows): ProbeDue {
  if (typeof due !== "string") return due[shows] ?? dueOf(due.mode, shows);
  if (due === "off" || due === "request") return "accepted";
  return due === "required" && shows === "none" ? "refused" : verifying[shows];
}
