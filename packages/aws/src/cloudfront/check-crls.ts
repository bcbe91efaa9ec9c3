import type { Digest, Facts, Finding } from "@handfast/core";
import { listLimits, measureList } from "../revocation/entries.ts";
import { blocker } from "./obstacles.ts";

/** Distributions that one trust store may serve (CloudFront "Quotas"). */
export const distributionsPerStore = 25;

/** Why what some CRLs revoke can't be held in a key value store, told before anything is sent. */
export function checkCrls(crls: readonly Digest[], facts: Facts): Finding[] {
  if (crls.length > listLimits.lists) {
    const message = `${crls.length} CRLs; a revocation list here is made of ${listLimits.lists} at most`;
    return [blocker("too-many-crls", message, "merge some, or trust fewer CAs here")];
  }
  if (crls.length === 0) return [];
  const tooMuch = tooMuchFor(crls, facts);
  if (tooMuch === undefined) return [];
  return [
    blocker(
      "too-many-revoked",
      `what the CRLs revoke does not fit: ${tooMuch}`,
      "leave out what has expired, issue for shorter, or ask OCSP responders instead (ocsp: true)",
    ),
  ];
}

/** Planning asks for the same CRLs in many states, and they may revoke a hundred thousand serials. */
const measured = new WeakMap<Facts, Map<string, string | undefined>>();

function tooMuchFor(crls: readonly Digest[], facts: Facts): string | undefined {
  const known = measured.get(facts) ?? new Map<string, string | undefined>();
  measured.set(facts, known);
  const name = crls.join();
  if (!known.has(name)) known.set(name, measureList(crls.map((digest) => facts.crl(digest))).tooMuch);
  return known.get(name);
}
