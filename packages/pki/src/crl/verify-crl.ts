import { type CrlSignature, checkCrlSignature } from "@handfast/core/certificates";
import { type CertificateInput, readCertificates } from "../certificate/read-certificates.ts";
import { type Crl, readCrl } from "./read-crl.ts";

/**
 * Whether a list was signed by the holder of a certificate: the names agree, the certificate may sign lists, and the
 * signature holds (RFC 5280, 6.3.3). Dates are not looked at.
 *
 * @param issuer the CA's certificate; of several the first
 * @throws HandfastError `CERTIFICATE_UNREADABLE` when one of them can't be read
 * @example
 * ```ts
 * import { verifyCrl } from "@handfast/pki";
 *
 * export function isGenuine(crl: string, ca: string): boolean {
 *   return verifyCrl(crl, ca).verdict === "good";
 * }
 * ```
 */
export function verifyCrl(crl: Crl | string | Uint8Array, issuer: CertificateInput): CrlSignature {
  const { facts } = typeof crl === "string" || crl instanceof Uint8Array ? readCrl(crl) : crl;
  const [certificate] = readCertificates(issuer);
  if (certificate === undefined) throw new TypeError("verifyCrl: no certificate");
  return checkCrlSignature(facts, certificate.facts);
}
