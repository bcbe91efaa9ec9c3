import { element, explicit, integer, sequence, time } from "../der/write-der.ts";
import type { KeyHandle } from "../key/key-handle.ts";
import { type ExtensionInput, encodeExtensions } from "../x509.ts";
import { signatureAlgorithm, signDer } from "./sign-der.ts";

/** Everything that goes into a certificate (RFC 5280, 4.1). Names are DER, times milliseconds since the epoch. */
export interface CertificateContent {
  readonly serial: Uint8Array;
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly notBefore: number;
  readonly notAfter: number;
  /** SPKI DER. */
  readonly publicKey: Uint8Array;
  readonly extensions: ExtensionInput;
}

/** Signs a version 3 certificate; its DER. */
export function writeCertificate(content: CertificateContent, key: KeyHandle): Promise<Uint8Array> {
  const version3 = explicit(0, element(0x02, Uint8Array.of(2)));
  return signDer(
    sequence(
      version3,
      integer(content.serial),
      signatureAlgorithm(key),
      content.issuer,
      sequence(time(content.notBefore), time(content.notAfter)),
      content.subject,
      content.publicKey,
      explicit(3, sequence(...encodeExtensions(content.extensions))),
    ),
    key,
  );
}
