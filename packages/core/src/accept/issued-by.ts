import type { CertificateFacts } from "../certificate/facts.ts";
import { isSignedBy as holds } from "../certificate/read-certificate.ts";
import { type CertificateTraits, fitsKeyId, fitsKeyType } from "./certificate-traits.ts";

/** What of a certificate says who issued it. */
export type Issued = Pick<CertificateTraits, "issuer" | "aki" | "selfSigned" | "selfIssued" | "malformed"> & {
  readonly facts: Pick<CertificateFacts, "sha256" | "signature">;
};

/** A certificate that nobody has seen, of a CA that is known. */
export interface UnseenLeaf extends Issued {
  /** The SPKI digest of the key that signed it. */
  readonly signedBy: string;
}

/**
 * Whether a certificate may have issued another one: names, key identifiers and the kind of key agree. The signature is
 * not looked at, and whether it may issue neither: a verifier that chooses by these alone can choose wrongly.
 */
export function mayHaveIssued(issuer: CertificateTraits, certificate: Issued): boolean {
  return (
    issuer.subject === certificate.issuer &&
    issuer.malformed === undefined &&
    certificate.malformed === undefined &&
    fitsKeyId(certificate.aki, issuer.facts, issuer.issuer) &&
    fitsKeyType(certificate.facts, issuer.facts)
  );
}

/** Whether it is a certificate, and not one that nobody has seen. */
export function isSeen(one: CertificateTraits | UnseenLeaf): one is CertificateTraits {
  return !("signedBy" in one);
}

/** Whether the issuer's key made the signature of a certificate. A pair is checked once. */
export function isSignedBy(one: CertificateTraits | UnseenLeaf, issuer: CertificateTraits): boolean {
  return isSeen(one) ? holds(one.facts, issuer.facts) : one.signedBy === issuer.facts.spki;
}
