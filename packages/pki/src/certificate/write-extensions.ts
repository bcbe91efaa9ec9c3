import { type Extension, type KeyUsage, keyUsages } from "@handfast/core/certificates";
import {
  element,
  explicit,
  integer,
  namedBits,
  octetString,
  oid,
  sequence,
  sequenceOf,
  text,
  yes,
} from "../der/write-der.ts";

/** An extension as it was read from another certificate. */
export function encodeExtension(read: Extension): Uint8Array {
  return extension(oid(read.oid), read.value, read.critical);
}

/** One extension from the DER of its value. */
function extension(id: Uint8Array, value: Uint8Array, critical = false): Uint8Array {
  return critical ? sequence(id, yes, octetString(value)) : sequence(id, octetString(value));
}

/** basicConstraints, critical. */
export function basicConstraints(ca: boolean, pathLength?: number): Uint8Array {
  const limit = pathLength === undefined ? [] : [integer(Uint8Array.of(pathLength))];
  return extension(oid("2.5.29.19"), ca ? sequence(yes, ...limit) : sequence(), true);
}

/** keyUsage, critical. */
export function keyUsage(usages: readonly KeyUsage[]): Uint8Array {
  return extension(oid("2.5.29.15"), namedBits(usages.map((usage) => keyUsages.indexOf(usage))), true);
}

/** extKeyUsage from OIDs. */
export function extendedKeyUsage(purposes: readonly string[]): Uint8Array {
  return extension(oid("2.5.29.37"), sequenceOf(purposes.map(oid)));
}

const subjectKeyIdentifier = oid("2.5.29.14");
const subjectAlternativeName = oid("2.5.29.17");

export function subjectKeyId(id: Uint8Array): Uint8Array {
  return extension(subjectKeyIdentifier, octetString(id));
}

/** authorityKeyIdentifier with the key's identifier alone, so that it holds for every certificate of that key. */
export function authorityKeyId(id: Uint8Array): Uint8Array {
  return extension(oid("2.5.29.35"), sequence(element(0x80, id)));
}

/** subjectAltName from the DER of its names; critical where the subject is empty (RFC 5280, 4.2.1.6). */
export function subjectAltName(names: readonly Uint8Array[], critical = false): Uint8Array {
  return extension(subjectAlternativeName, sequenceOf(names), critical);
}

/** authorityInfoAccess (RFC 5280, 4.2.2.1): URLs of OCSP responders and of the issuer's certificate. */
export function authorityInfo(ocsp: readonly string[], issuers: readonly string[]): Uint8Array {
  const entry = (method: string) => (url: string) => sequence(oid(method), text(0x86, url));
  return extension(
    oid("1.3.6.1.5.5.7.1.1"),
    sequenceOf([...ocsp.map(entry("1.3.6.1.5.5.7.48.1")), ...issuers.map(entry("1.3.6.1.5.5.7.48.2"))]),
  );
}

/** cRLDistributionPoints (RFC 5280, 4.2.1.13): one point for each URL. */
export function crlDistributionPoints(urls: readonly string[]): Uint8Array {
  return extension(
    oid("2.5.29.31"),
    sequenceOf(urls.map((url) => sequence(explicit(0, explicit(0, text(0x86, url)))))),
  );
}
