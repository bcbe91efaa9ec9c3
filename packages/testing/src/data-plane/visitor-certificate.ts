import type { CertificateFacts } from "./certificate-facts.ts";
import { judgeChain } from "./judge-chain.ts";
import { readKeyIdentifiers } from "./key-identifiers.ts";

/** What an edge knows of the certificate on a visitor's connection; texts are empty where none was shown. */
export interface VisitorCertificate {
  readonly presented: boolean;
  /** Whether a CA vouches for it; a certificate that is revoked counts. */
  readonly verified: boolean;
  readonly revoked: boolean;
  /** Upper-case hex. */
  readonly serial: string;
  /** Subject key identifiers of itself and of its direct issuer, in upper-case hex. */
  readonly ski: string;
  readonly issuerSki: string;
  /** Lower-case hex. */
  readonly fingerprintSha1: string;
  readonly fingerprintSha256: string;
}

/** A connection on which no certificate was asked for, or shown. */
export const noCertificate: VisitorCertificate = {
  presented: false,
  verified: false,
  revoked: false,
  serial: "",
  ski: "",
  issuerSki: "",
  fingerprintSha1: "",
  fingerprintSha256: "",
};

/** No reasons are told apart: a rule only sees whether the certificate is verified. */
const rules = {
  maxDepth: 10,
  curves: ["prime256v1", "secp384r1", "secp521r1"],
  rsaBits: { least: 2048, most: 16_384 },
  reasons: {
    missing: "missing",
    untrusted: "untrusted",
    expired: "expired",
    "not-yet-valid": "not-yet-valid",
    "too-deep": "too-deep",
    "wrong-purpose": "wrong-purpose",
    "unsupported-key": "unsupported-key",
    invalid: "invalid",
  },
} as const;

/**
 * Holds what a visitor showed against the CAs. A CA must have issued the leaf itself: what is shown behind the leaf is
 * not looked at (API Shield documentation, "Troubleshooting": upload the CA that issued the certificates directly).
 */
export function readVisitorCertificate(options: {
  /** Leaf first; undefined when it can't be read. */
  readonly presented: readonly CertificateFacts[] | undefined;
  readonly anchors: readonly CertificateFacts[];
  /** SHA-256 of revoked certificates, in lower-case hex. */
  readonly revoked: ReadonlySet<string>;
  /** Milliseconds since the epoch. */
  readonly at: number;
}): VisitorCertificate {
  const { presented, anchors, revoked, at } = options;
  if (presented === undefined) return { ...noCertificate, presented: true };
  const [leaf] = presented;
  if (leaf === undefined) return noCertificate;
  const verdict = judgeChain(
    { presented: [leaf], anchors, ignoreExpiry: false, intermediateAnchors: true, at },
    rules,
  );
  const issuer = "path" in verdict ? verdict.path[1] : undefined;
  const own = readKeyIdentifiers(leaf);
  const fingerprintSha256 = digestOf(leaf.x509.fingerprint256);
  return {
    presented: true,
    verified: "path" in verdict,
    revoked: revoked.has(fingerprintSha256),
    serial: leaf.serial,
    ski: own.subject,
    // Of an issuer that is known it is the issuer's own, which the leaf can't claim.
    issuerSki: issuer === undefined ? own.issuer : readKeyIdentifiers(issuer).subject,
    fingerprintSha1: digestOf(leaf.x509.fingerprint),
    fingerprintSha256,
  };
}

function digestOf(fingerprint: string): string {
  return fingerprint.replaceAll(":", "").toLowerCase();
}
