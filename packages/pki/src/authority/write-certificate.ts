import { element, elementOf, explicit, header, integer, sequence, time } from "../der/write-der.ts";
import type { KeyHandle } from "../key/key-handle.ts";
import { signatureAlgorithm } from "./sign-der.ts";
import type { Validity } from "./validity.ts";

/** Everything that goes into a certificate (RFC 5280, 4.1). Names, key and extensions are DER. */
export interface CertificateContent {
  readonly serial: Uint8Array;
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly validity: Validity;
  /** SPKI. */
  readonly publicKey: Uint8Array;
  readonly extensions: readonly Uint8Array[];
}

const version3 = explicit(0, element(0x02, Uint8Array.of(2)));

/** What is to be signed of a version 3 certificate. */
export function writeCertificate(content: CertificateContent, key: KeyHandle): Uint8Array {
  let length = 0;
  for (const extension of content.extensions) length += extension.length;
  const list = header(0x30, length);
  const parts = [
    version3,
    integer(content.serial),
    signatureAlgorithm(key),
    content.issuer,
    writeValidity(content.validity),
    content.subject,
    content.publicKey,
    header(0xa3, list.length + length),
    list,
    ...content.extensions,
  ];
  // it is gone once it is signed: memory of its own would take longer than to write it
  return elementOf(0x30, parts, Buffer.allocUnsafe);
}

const written = new WeakMap<Validity, Uint8Array>();

/** Many leaves share one validity, and its text takes longer than all the rest of a certificate. */
function writeValidity(validity: Validity): Uint8Array {
  let der = written.get(validity);
  if (der === undefined) {
    der = sequence(time(validity.notBefore), time(validity.notAfter));
    written.set(validity, der);
  }
  return der;
}
