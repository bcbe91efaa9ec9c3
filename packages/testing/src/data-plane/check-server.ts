import type { CertificateFacts } from "./certificate-facts.ts";
import { findPaths } from "./find-paths.ts";

const serverAuth = "1.3.6.1.5.5.7.3.1";

/**
 * Whether an edge in strict mode takes an origin's certificate: a good way to an anchor, valid at the time, made for
 * servers, and for the name (SSL/TLS page "Full (strict)").
 */
export function isTrustedServer(options: {
  readonly presented: readonly CertificateFacts[];
  readonly anchors: readonly CertificateFacts[];
  readonly servername: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}): boolean {
  const { presented, anchors, servername, at } = options;
  const [leaf] = presented;
  if (leaf?.x509.checkHost(servername) === undefined) return false;
  return findPaths({ presented, anchors, intermediateAnchors: false }).some((path) =>
    path.every(
      ({ notBefore, notAfter, purposes }) =>
        notBefore <= at && at <= notAfter && (purposes === undefined || purposes.includes(serverAuth)),
    ),
  );
}
