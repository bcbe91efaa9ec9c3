import { refuse } from "./refusals.ts";

const begin = "-----BEGIN X509 CRL-----";
const end = "-----END X509 CRL-----";

/**
 * Reads a CRL file: PEM, one CRL (Configuring mutual TLS on an Application Load Balancer, "Certificate revocation lists").
 *
 * @returns its PEM and how many certificates it revokes
 * @throws AwsRefused InvalidRevocationContent
 */
export function readRevocationFile(
  bytes: Uint8Array,
  limits: { readonly fileBytes: number },
): { readonly pem: string; readonly entries: number } {
  const invalid = (reason: string) =>
    refuse("InvalidRevocationContent", `The revocation content is not valid: ${reason}`);
  if (bytes.length > limits.fileBytes) throw invalid(`it is larger than ${limits.fileBytes} bytes`);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const first = text.indexOf(begin);
  if (first < 0) throw invalid("it has no CRL in PEM");
  if (text.indexOf(begin, first + begin.length) >= 0) throw invalid("More than one CRL objects");
  const last = text.indexOf(end, first);
  if (last < 0) throw invalid("the CRL has no end");
  const pem = text.slice(first, last + end.length);
  const base64 = pem.slice(begin.length, -end.length).replaceAll(/\s/g, "");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw invalid("the CRL is not base64");
  const entries = countEntries(Buffer.from(base64, "base64"));
  if (entries === undefined) throw invalid("the CRL can't be read");
  return { pem: `${pem}\n`, entries };
}

interface Value {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

/**
 * How many entries a CRL has: `CertificateList { tbsCertList { version?, signature, issuer, thisUpdate, nextUpdate?,
 * revokedCertificates? … } … }` (RFC 5280 section 5.1).
 */
function countEntries(der: Buffer): number | undefined {
  const list = valueAt(der, 0, der.length);
  if (list?.tag !== 0x30 || list.end !== der.length) return undefined;
  const tbs = valueAt(der, list.start, list.end);
  if (tbs?.tag !== 0x30) return undefined;
  const fields = valuesIn(der, tbs);
  if (fields === undefined) return undefined;
  if (fields[0]?.tag === 0x02) fields.shift();
  const [signature, issuer, thisUpdate, ...rest] = fields;
  if (signature?.tag !== 0x30 || issuer?.tag !== 0x30 || !isTime(thisUpdate)) return undefined;
  const revoked = rest.find(({ tag }) => tag === 0x30);
  return revoked === undefined ? 0 : valuesIn(der, revoked)?.length;
}

function isTime(value: Value | undefined): boolean {
  return value?.tag === 0x17 || value?.tag === 0x18;
}

function valuesIn(der: Buffer, outer: Value): Value[] | undefined {
  const values: Value[] = [];
  for (let at = outer.start; at < outer.end; ) {
    const value = valueAt(der, at, outer.end);
    if (value === undefined) return undefined;
    values.push(value);
    at = value.end;
  }
  return values;
}

function valueAt(der: Buffer, offset: number, limit: number): Value | undefined {
  const tag = der[offset];
  const first = der[offset + 1];
  if (tag === undefined || first === undefined) return undefined;
  const bytes = first < 0x80 ? 0 : first & 0x7f;
  if (bytes > 4 || first === 0x80 || offset + 2 + bytes > limit) return undefined;
  const length = bytes === 0 ? first : der.readUIntBE(offset + 2, bytes);
  const start = offset + 2 + bytes;
  return start + length > limit ? undefined : { tag, start, end: start + length };
}
