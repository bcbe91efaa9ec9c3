import { X509Certificate } from "node:crypto";
import type { Certificate } from "../certificate/read-certificates.ts";

/** Whether `issuer` signed `certificate`: names, key identifiers and key usage fit, and the signature does. */
export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  const below = new X509Certificate(certificate.der);
  const above = new X509Certificate(issuer.der);
  return below.checkIssued(above) && below.verify(above.publicKey);
}

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
    const anchor = anchors.find((candidate) => isIssuedBy(certificate, candidate));
    if (anchor !== undefined) return [certificate, anchor];
    used.add(certificate.sha256);
    for (const candidate of intermediates) {
      if (used.has(candidate.sha256) || !candidate.facts.ca || !isIssuedBy(certificate, candidate)) continue;
      const rest = walk(candidate);
      if (rest !== undefined) return [certificate, ...rest];
    }
    return undefined;
  };
  return walk(leaf);
}
