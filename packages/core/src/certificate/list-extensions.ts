import { child, children, eachChild, readDer, readOid, readWholeDer } from "./read-der.ts";

/** One extension of a certificate (RFC 5280, 4.2). */
export interface Extension {
  readonly oid: string;
  /** Who does not understand a critical one must refuse the certificate. */
  readonly critical: boolean;
  /** The DER inside the OCTET STRING. */
  readonly value: Uint8Array;
}

/**
 * The extensions of a certificate in their order; one that stands there twice is listed twice.
 *
 * @param der the certificate
 * @throws RangeError when the bytes are not a certificate
 */
export function listExtensions(der: Uint8Array): readonly Extension[] {
  const fields = children(child(children(readWholeDer(der)), 0));
  const list = fields.slice(6).find(({ tag }) => tag === 0xa3);
  if (list === undefined) return [];
  return [...eachChild(readDer(list.value))].map((extension) => {
    const parts = children(extension);
    return {
      oid: readOid(child(parts, 0)),
      critical: parts.length === 3 && child(parts, 1).value[0] !== 0,
      value: child(parts, parts.length - 1).value,
    };
  });
}
