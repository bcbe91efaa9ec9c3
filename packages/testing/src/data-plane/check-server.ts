import { HandfastError } from "@handfast/core";
import { type CertificateFacts, readCertificate } from "./certificate-facts.ts";
import { findPaths } from "./find-paths.ts";

const serverAuth = "1.3.6.1.5.5.7.3.1";

/** Reads the CAs that origins' certificates may come from. Throws a `HandfastError` (`CERTIFICATE_UNREADABLE`). */
export function readOriginCa(operation: string, pems: readonly string[]): CertificateFacts[] {
  return pems.map((pem) => {
    try {
      return readCertificate(pem);
    } catch (cause) {
      const message = `${operation} failed: a CA for origin certificates can't be read; give one PEM certificate per entry`;
      throw new HandfastError("CERTIFICATE_UNREADABLE", message, {}, { cause });
    }
  });
}

/**
 * Whether an edge that looks at it takes an origin's certificate: a good way to an anchor, valid at the time, made for
 * servers, and for the name (Cloudflare's SSL/TLS page "Full (strict)", CloudFront's developer guide page "HTTP 502
 * status code").
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
