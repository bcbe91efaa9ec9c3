import { X509Certificate } from "node:crypto";
import type { Certificate } from "../certificate/read-certificates.ts";

/** Whether the key of a CA made the signature of a certificate, whatever the names say. */
export function isSignedBy(certificate: Pick<Certificate, "der">, ca: Pick<Certificate, "der">): boolean {
  try {
    return new X509Certificate(certificate.der).verify(new X509Certificate(ca.der).publicKey);
  } catch {
    return false;
  }
}
