import { type CertificateFacts, readCertificate } from "@handfast/core";

/**
 * The facts of one certificate, from its DER: core's own reading, by which plans are made.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE` when the bytes are not one certificate
 * @example
 * ```ts
 * import type { CertificateFacts } from "@handfast/core";
 * import { certificateFacts, toDer } from "@handfast/pki";
 *
 * export function describe(pem: string): CertificateFacts {
 *   return certificateFacts(toDer(pem));
 * }
 * ```
 */
export function certificateFacts(der: Uint8Array): CertificateFacts {
  return readCertificate(der);
}
