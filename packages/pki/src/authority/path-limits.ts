import type { Certificate } from "../certificate/read-certificates.ts";
import type { Validity } from "./validity.ts";

/** What an authority and all those above it leave to what it signs. */
export interface PathLimits {
  /** How many authorities may follow below it (RFC 5280, 4.2.1.9); undefined when there is no limit. */
  readonly room: number | undefined;
  /** When all of them are valid. Empty, with an end before its start, when they never are at once. */
  readonly validity: Validity;
  /** Which of them have an extended key usage: verifiers hold what is below to it. */
  readonly purposed: readonly Certificate[];
}

/**
 * The limits of a path: an authority, and those above it, the nearest first. Authorities that carry the name of their
 * issuer don't count for the path length.
 */
export function pathLimits(path: readonly Certificate[]): PathLimits {
  let room = Number.POSITIVE_INFINITY;
  let between = 0;
  let [notBefore, notAfter] = [0, Number.POSITIVE_INFINITY];
  for (const { facts } of path) {
    if (facts.pathLength !== undefined) room = Math.min(room, facts.pathLength - between);
    if (!facts.selfIssued) between += 1;
    notBefore = Math.max(notBefore, facts.notBefore);
    notAfter = Math.min(notAfter, facts.notAfter);
  }
  return {
    room: room === Number.POSITIVE_INFINITY ? undefined : room,
    validity: { notBefore, notAfter },
    purposed: path.filter(({ facts }) => facts.extendedKeyUsage !== undefined),
  };
}
