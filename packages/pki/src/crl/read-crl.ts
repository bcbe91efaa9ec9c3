import { type CrlFacts, readCrl as readFacts } from "@handfast/core";
import { toDer, toPem } from "../pem/convert-pem.ts";

/** A certificate revocation list in every form that somebody asks for. */
export interface Crl {
  /** One CRL, LF line ends, one newline at the end: ALB takes PEM only, and one CRL in a file. */
  readonly pem: string;
  readonly der: Uint8Array;
  /** SHA-256 of the DER, lower-case hex. */
  readonly sha256: string;
  readonly facts: CrlFacts;
}

/**
 * Reads one CRL (RFC 5280, section 5) from PEM, or from its DER.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE` when it is none, or more than one
 * @example
 * ```ts
 * import { readCrl } from "@handfast/pki";
 *
 * export function isRevoked(crl: string, serial: string): boolean {
 *   return readCrl(crl).facts.revoked.has(serial);
 * }
 * ```
 */
export function readCrl(input: string | Uint8Array): Crl {
  const bytes =
    typeof input === "string"
      ? toDer(input, "X509 CRL")
      : input[0] === 0x30
        ? input
        : toDer(Buffer.from(input).toString("utf8"), "X509 CRL");
  const der = new Uint8Array(bytes);
  const facts = readFacts(der);
  return { pem: toPem(der, "X509 CRL"), der, sha256: facts.sha256, facts };
}
