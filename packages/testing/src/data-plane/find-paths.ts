import type { CertificateFacts } from "./certificate-facts.ts";

/** Longer chains are cut off: OpenSSL's own default is 100, no balancer takes more than a handful. */
const longest = 10;

/**
 * Every way from a leaf to an anchor, leaf first and anchor last, by name, key identifier, CA flag and signature
 * (RFC 5280, 6.1). A way ends at a self-issued anchor; with `intermediateAnchors` it ends at any anchor.
 */
export function findPaths(options: {
  readonly presented: readonly CertificateFacts[];
  readonly anchors: readonly CertificateFacts[];
  readonly intermediateAnchors: boolean;
}): CertificateFacts[][] {
  const { presented, anchors, intermediateAnchors } = options;
  const [leaf, ...others] = presented;
  if (leaf === undefined) return [];
  const anchorPrints = new Set(anchors.map(({ x509 }) => x509.fingerprint256));
  const paths: CertificateFacts[][] = [];

  const extend = (path: CertificateFacts[], last: CertificateFacts): void => {
    const trusted = anchorPrints.has(last.x509.fingerprint256);
    const selfIssued = isIssuedBy(last, last);
    if (trusted && (selfIssued || intermediateAnchors)) paths.push(path);
    if (selfIssued || path.length === longest) return;
    const tried = new Set(path.map(({ x509 }) => x509.fingerprint256));
    for (const candidate of [...anchors, ...others]) {
      if (tried.has(candidate.x509.fingerprint256) || !candidate.isCa) continue;
      tried.add(candidate.x509.fingerprint256);
      if (isIssuedBy(last, candidate)) extend([...path, candidate], candidate);
    }
  };
  extend([leaf], leaf);
  return paths;
}

function isIssuedBy(certificate: CertificateFacts, issuer: CertificateFacts): boolean {
  return certificate.x509.checkIssued(issuer.x509) && certificate.x509.verify(issuer.x509.publicKey);
}
