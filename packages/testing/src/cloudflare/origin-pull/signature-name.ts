/** Names of the signature algorithms as the API writes them, by the hex of their OID's content octets. */
const names: Readonly<Record<string, string>> = {
  "2a864886f70d01010b": "SHA256WithRSA",
  "2a864886f70d01010c": "SHA384WithRSA",
  "2a864886f70d01010d": "SHA512WithRSA",
  "2a864886f70d01010a": "SHA256-RSAPSS",
  "2a8648ce3d040302": "ECDSAWithSHA256",
  "2a8648ce3d040303": "ECDSAWithSHA384",
  "2a8648ce3d040304": "ECDSAWithSHA512",
};

/**
 * Reads the signature algorithm of a certificate: the OID in the second member of the outer SEQUENCE
 * (RFC 5280 section 4.1). The input is DER that was parsed before, so only lengths are followed.
 */
export function signatureName(der: Buffer): string {
  const outer = enter(der, 0);
  const tbs = enter(der, outer.start);
  const algorithm = enter(der, tbs.end);
  const oid = enter(der, algorithm.start);
  const hex = der.subarray(oid.start, oid.end).toString("hex");
  return names[hex] ?? "Unknown";
}

function enter(der: Buffer, at: number): { start: number; end: number } {
  const first = der.readUInt8(at + 1);
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  const length = lengthBytes === 0 ? first : der.readUIntBE(at + 2, lengthBytes);
  const start = at + 2 + lengthBytes;
  return { start, end: start + length };
}
