import { type GeneralName, readGeneralNames } from "./general-names.ts";
import { readDer } from "./read-der.ts";

/**
 * Reads the value of a subject alternative name extension (RFC 5280, 4.2.1.6).
 *
 * @param der the DER inside the OCTET STRING
 * @throws RangeError when it is none
 * @example
 * ```ts
 * import { readCertificate } from "@handfast/core";
 * import { partsOf, readSubjectAltNames } from "@handfast/core/certificates";
 *
 * export function dnsNames(der: Uint8Array): string[] {
 *   const value = partsOf(readCertificate(der)).extensions.get("2.5.29.17");
 *   const names = value === undefined ? [] : readSubjectAltNames(value);
 *   return names.flatMap((name) => (name.kind === "dns" ? [name.text] : []));
 * }
 * ```
 */
export function readSubjectAltNames(der: Uint8Array): readonly GeneralName[] {
  const list = readDer(der);
  if (list.tag !== 0x30) throw new RangeError("a subject alternative name is a sequence");
  return readGeneralNames(list);
}
