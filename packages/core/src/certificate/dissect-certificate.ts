import {
  child,
  children,
  type DerNode,
  eachChild,
  readDer,
  readOid,
  readTime,
  readWholeDer,
} from "./read-der.ts";

/** The parts of a certificate (RFC 5280, 4.1) that node:crypto does not hand out. */
export interface CertificateParts {
  /** 1, 2 or 3. */
  readonly version: number;
  /** Content octets of the serial number. */
  readonly serial: Uint8Array;
  /** OID of the signature algorithm, and its parameters. */
  readonly signature: { readonly oid: string; readonly parameters: Uint8Array | undefined };
  /** DER of the names. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly notBefore: number;
  readonly notAfter: number;
  /** SPKI DER. */
  readonly publicKey: Uint8Array;
  /** Value of each extension by OID: the DER inside the OCTET STRING. */
  readonly extensions: ReadonlyMap<string, Uint8Array>;
}

/** Takes a certificate's DER apart. Throws a RangeError when it is none. */
export function dissectCertificate(der: Uint8Array): CertificateParts {
  const outer = children(readWholeDer(der));
  const fields = children(child(outer, 0));
  const at = fields[0]?.tag === 0xa0 ? 1 : 0;
  const algorithm = children(child(outer, 1));
  const [notBefore, notAfter] = children(child(fields, at + 3));
  if (notBefore === undefined || notAfter === undefined) throw new RangeError("the validity is missing");
  const list = fields.slice(at + 6).find(({ tag }) => tag === 0xa3);
  return {
    version: at === 0 ? 1 : (readDer(child(fields, 0).value).value.at(-1) ?? 0) + 1,
    serial: child(fields, at).value,
    signature: { oid: readOid(child(algorithm, 0)), parameters: algorithm[1]?.whole },
    issuer: child(fields, at + 2).whole,
    notBefore: readTime(notBefore),
    notAfter: readTime(notAfter),
    subject: child(fields, at + 4).whole,
    publicKey: child(fields, at + 5).whole,
    extensions: list === undefined ? new Map() : readExtensions(readDer(list.value)),
  };
}

/** The values of a list of extensions by OID. */
function readExtensions(list: DerNode): ReadonlyMap<string, Uint8Array> {
  const values = new Map<string, Uint8Array>();
  for (const extension of eachChild(list)) {
    const parts = children(extension);
    values.set(readOid(child(parts, 0)), child(parts, parts.length - 1).value);
  }
  return values;
}

/** The content of the SubjectPublicKeyInfo's BIT STRING, without its count of unused bits. */
export function publicKeyBits(spki: Uint8Array): Uint8Array {
  return child(children(readDer(spki)), 1).value.subarray(1);
}
