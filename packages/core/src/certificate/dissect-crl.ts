import { child, type DerNode, eachChild, isTime, readOid, readTime, readWholeDer } from "./read-der.ts";

/** An extension of a CRL (RFC 5280, 5.2). */
export interface CrlExtension {
  readonly critical: boolean;
  /** The DER inside the OCTET STRING. */
  readonly value: Uint8Array;
}

/** The fields of a CRL (RFC 5280, 5.1). All bytes are views into its DER. */
export interface CrlFields {
  readonly version: 1 | 2;
  /** OID of the algorithm by which it is signed, its parameters, and the whole as it stands outside and inside. */
  readonly signature: {
    readonly oid: string;
    readonly parameters: Uint8Array | undefined;
    readonly outer: Uint8Array;
    readonly inner: Uint8Array;
  };
  /** DER of the name. */
  readonly issuer: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly thisUpdate: number;
  readonly nextUpdate: number | undefined;
  /** Where the entries begin and end in the DER. */
  readonly entries: { readonly from: number; readonly to: number };
  /** By OID. */
  readonly extensions: ReadonlyMap<string, CrlExtension>;
  /** What is signed: the DER of TBSCertList. */
  readonly signed: Uint8Array;
  /** Content of the BIT STRING, without its count of unused bits. */
  readonly signatureValue: Uint8Array;
}

/** Octets of an AlgorithmIdentifier; those of RSASSA-PSS take about 70. */
const longestAlgorithm = 1_024;

/** Takes a CRL's DER apart, but for its entries. Throws a RangeError when it is none. */
export function dissectCrl(der: Uint8Array): CrlFields {
  const list = readWholeDer(der);
  const [content, outer, bits] = few(list, 3);
  if (
    list.tag !== 0x30 ||
    content?.tag !== 0x30 ||
    outer?.tag !== 0x30 ||
    bits?.tag !== 0x03 ||
    bits.value[0] !== 0
  )
    throw new RangeError("a CRL is its content, an algorithm and a signature");
  if (outer.whole.length > longestAlgorithm) throw new RangeError("the algorithm is longer than any");
  const fields = few(content, 7);
  const version = readVersion(fields[0]);
  let at = version === 1 ? 0 : 1;
  const inner = child(fields, at);
  const issuer = child(fields, at + 1);
  const thisUpdate = readTime(child(fields, at + 2));
  if (inner.tag !== 0x30 || issuer.tag !== 0x30)
    throw new RangeError("the algorithm or the issuer is missing");
  at += 3;
  const next = isTime(fields[at]) ? fields[at++] : undefined;
  const entries = fields[at]?.tag === 0x30 ? fields[at++] : undefined;
  const extensions = fields[at]?.tag === 0xa0 ? fields[at++] : undefined;
  if (at < fields.length) throw new RangeError("a field does not belong into a CRL");
  const algorithm = few(outer, 2);
  const from = entries === undefined ? 0 : entries.value.byteOffset - der.byteOffset;
  return {
    version,
    signature: {
      oid: readOid(child(algorithm, 0)),
      parameters: algorithm[1]?.whole,
      outer: outer.whole,
      inner: inner.whole,
    },
    issuer: issuer.whole,
    thisUpdate,
    nextUpdate: next === undefined ? undefined : readTime(next),
    entries: { from, to: from + (entries?.value.length ?? 0) },
    extensions: extensions === undefined ? new Map() : readCrlExtensions(readWholeDer(extensions.value)),
    signed: content.whole,
    signatureValue: bits.value.subarray(1),
  };
}

/** A list of extensions by OID. Throws a RangeError when one stands there twice. */
export function readCrlExtensions(list: DerNode): ReadonlyMap<string, CrlExtension> {
  const found = new Map<string, CrlExtension>();
  if (list.tag !== 0x30) throw new RangeError("a list of extensions is missing");
  for (const extension of eachChild(list)) {
    const parts = few(extension, 3);
    const oid = readOid(child(parts, 0));
    const value = child(parts, parts.length - 1);
    if (value.tag !== 0x04 || (parts.length === 3 && parts[1]?.tag !== 0x01))
      throw new RangeError("an extension is not in the form of RFC 5280, 4.1");
    if (found.has(oid)) throw new RangeError(`the extension ${oid} stands there twice`);
    found.set(oid, { critical: parts.length === 3 && parts[1]?.value[0] !== 0, value: value.value });
  }
  return found;
}

/** The elements inside a constructed one, which has so many at most: bytes that lie may hold millions. */
function few(node: DerNode, most: number): readonly DerNode[] {
  const found: DerNode[] = [];
  for (const element of eachChild(node)) {
    if (found.length === most) throw new RangeError("a DER element holds more than it may");
    found.push(element);
  }
  return found;
}

function readVersion(first: DerNode | undefined): 1 | 2 {
  if (first?.tag !== 0x02) return 1;
  if (first.value.length !== 1 || first.value[0] !== 1) throw new RangeError("a CRL has version 1 or 2");
  return 2;
}

/** A non-negative INTEGER of at most 64 octets, as a CRL number is (RFC 5280, 5.2.3: 20 octets). */
export function readCrlNumber(der: Uint8Array): bigint {
  const { tag, value } = readWholeDer(der);
  if (tag !== 0x02 || value.length === 0 || value.length > 64 || (value[0] ?? 0) >= 0x80)
    throw new RangeError("a CRL number is missing");
  return BigInt(`0x${Buffer.from(value).toString("hex")}`);
}
