/** Names by the OID's own DER, in hex (RFC 4055 section 5, RFC 5758 section 3.2, RFC 3279 section 2.2). */
const names: Readonly<Record<string, string>> = {
  "2a864886f70d010102": "md2WithRSAEncryption",
  "2a864886f70d010104": "md5WithRSAEncryption",
  "2a864886f70d010105": "sha1WithRSAEncryption",
  "2a864886f70d01010a": "rsassaPss",
  "2a864886f70d01010b": "sha256WithRSAEncryption",
  "2a864886f70d01010c": "sha384WithRSAEncryption",
  "2a864886f70d01010d": "sha512WithRSAEncryption",
  "2a864886f70d01010e": "sha224WithRSAEncryption",
  "2a8648ce3d0401": "ecdsa-with-SHA1",
  "2a8648ce3d040301": "ecdsa-with-SHA224",
  "2a8648ce3d040302": "ecdsa-with-SHA256",
  "2a8648ce3d040303": "ecdsa-with-SHA384",
  "2a8648ce3d040304": "ecdsa-with-SHA512",
};

/**
 * By what a certificate is signed: the algorithm's name, or its OID in hex when that is not known here (RFC 5280 section
 * 4.1.1.2). Undefined when the bytes have no such field where it belongs.
 */
export function signatureAlgorithm(der: Uint8Array): string | undefined {
  const certificate = elementAt(der, 0);
  const signed = certificate && elementAt(der, certificate.start);
  const algorithm = signed && elementAt(der, signed.end);
  const oid = algorithm && elementAt(der, algorithm.start);
  if (oid?.tag !== 0x06) return undefined;
  const hex = Buffer.from(der.subarray(oid.start, oid.end)).toString("hex");
  return names[hex] ?? hex;
}

/** Where the content of a DER element begins and ends. */
function elementAt(der: Uint8Array, at: number): { tag: number; start: number; end: number } | undefined {
  const [tag, first] = [der[at], der[at + 1]];
  if (tag === undefined || first === undefined) return undefined;
  const more = first < 0x80 ? 0 : first - 0x80;
  if (more > 4) return undefined;
  const start = at + 2 + more;
  const length = more === 0 ? first : Buffer.from(der.subarray(at + 2, start)).readUIntBE(0, more);
  return start + length > der.byteLength ? undefined : { tag, start, end: start + length };
}
