import { isIssuedBy } from "@handfast/core";
import type { Certificate } from "../../certificate/read-certificates.ts";

/**
 * A path from a leaf over the intermediates to one of the anchors, leaf first, anchor last; undefined when there
 * is none. Tries every branch, so cross-signed and same-named CAs do no harm.
 */
export function buildChain(
  leaf: Certificate,
  intermediates: readonly Certificate[],
  anchors: readonly Certificate[],
): readonly Certificate[] | undefined {
  const used = new Set<string>();
  const walk = (certificate: Certificate): readonly Certificate[] | undefined => {
    if (anchors.some(({ sha256 }) => sha256 === certificate.sha256)) return [certificate];
    const anchor = anchors.find((candidate) => isIssuedBy(certificate.facts, candidate.facts));
    if (anchor !== undefined) return [certificate, anchor];
    used.add(certificate.sha256);
    for (const candidate of intermediates) {
      if (
        used.has(candidate.sha256) ||
        !candidate.facts.ca ||
        !isIssuedBy(certificate.facts, candidate.facts)
      )
        continue;
      const rest = walk(candidate);
      if (rest !== undefined) return [certificate, ...rest];
    }
    return undefined;
  };
  return walk(leaf);
}
