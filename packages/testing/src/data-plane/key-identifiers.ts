import { dissectCertificate, eachChild, readDer } from "@handfast/core/certificates";
import type { CertificateFacts } from "./certificate-facts.ts";

/** Key identifiers of a certificate and of its issuer, as it says itself: upper-case hex, empty where it says none (RFC 5280, 4.2.1.1 and 4.2.1.2). */
export function readKeyIdentifiers({ x509 }: CertificateFacts): {
  readonly subject: string;
  readonly issuer: string;
} {
  const { extensions } = dissectCertificate(x509.raw);
  const own = extensions.get("2.5.29.14");
  const authority = extensions.get("2.5.29.35");
  const subject = own === undefined ? undefined : readDer(own).value;
  const issuer =
    authority === undefined ? undefined : [...eachChild(readDer(authority))].find(({ tag }) => tag === 0x80);
  return { subject: toHex(subject), issuer: toHex(issuer?.value) };
}

function toHex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? [])
    .toString("hex")
    .toUpperCase();
}
