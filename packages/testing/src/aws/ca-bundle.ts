import { type KeyObject, X509Certificate } from "node:crypto";

const begin = "-----BEGIN CERTIFICATE-----";
const end = "-----END CERTIFICATE-----";

/** What a service takes as a bundle of CA certificates. */
export interface BundleRules {
  /** How many certificates. */
  readonly certificates: number;
  readonly certificateBytes: number;
  /** All together. */
  readonly bundleBytes: number;
  /** All subjects together. */
  readonly subjectBytes: number;
  isRsaSize(bits: number): boolean;
  /** Names of elliptic curves, as OpenSSL has them. */
  readonly curves: readonly string[];
}

/** What came of reading a bundle. */
export type ReadBundle =
  /** PEM of each certificate, with nothing around it. */
  | { readonly certificates: readonly string[] }
  /** What is wrong with it: `line 3 is blank`. */
  | { readonly invalid: string };

/**
 * Reads a CA bundle as strictly as the trust stores of AWS do: PEM, comments without hyphens, no blank lines, X.509v3
 * ("Mutual authentication with TLS in Application Load Balancer", "Trust stores and certificate management" of CloudFront).
 */
export function readCaBundle(bytes: Uint8Array, rules: BundleRules): ReadBundle {
  const invalid = (reason: string): ReadBundle => ({ invalid: reason });
  if (bytes.length > rules.bundleBytes) return invalid(`it is larger than ${rules.bundleBytes} bytes`);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return invalid("it is not PEM");
  }
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  if (lines.length === 0) return invalid("it is empty");

  const certificates: string[] = [];
  let open: string[] | undefined;
  for (const [index, line] of lines.entries()) {
    const at = `line ${index + 1}`;
    if (line.trim() === "") return invalid(`${at} is blank`);
    if (open === undefined) {
      if (line.startsWith("#")) {
        if (line.includes("-")) return invalid(`the comment in ${at} contains a hyphen`);
      } else if (line === begin) open = [line];
      else return invalid(`${at} is neither a comment nor the beginning of a certificate`);
    } else if (line === end) {
      certificates.push([...open, line].join("\n"));
      open = undefined;
    } else if (/^[A-Za-z0-9+/]{1,64}={0,2}$/.test(line)) open.push(line);
    else return invalid(`${at} is not base64 of at most 64 characters`);
  }
  if (open !== undefined) return invalid("the last certificate has no end");
  if (certificates.length === 0) return invalid("it has no certificate");
  if (certificates.length > rules.certificates) {
    return invalid(`it has more than ${rules.certificates} certificates`);
  }
  for (const [index, pem] of certificates.entries()) {
    const reason = certificates.indexOf(pem) < index ? "is in it twice" : reasonAgainst(pem, rules);
    if (reason !== undefined) return invalid(`certificate ${index + 1} ${reason}`);
  }
  const subjects = certificates.map((pem) => Buffer.byteLength(new X509Certificate(pem).subject));
  if (subjects.reduce((sum, size) => sum + size, 0) > rules.subjectBytes) {
    return invalid(`its subjects are larger than ${rules.subjectBytes} bytes`);
  }
  return { certificates };
}

function reasonAgainst(pem: string, rules: BundleRules): string | undefined {
  if (Buffer.byteLength(pem) > rules.certificateBytes)
    return `is larger than ${rules.certificateBytes} bytes`;
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    return "can't be read";
  }
  if (!isVersion3(certificate.raw)) return "is not X.509v3";
  if (!certificate.ca) return "is not a CA certificate";
  const key = reasonAgainstKey(certificate.publicKey, rules);
  if (key !== undefined) return key;
  const signature = certificate.signatureAlgorithm ?? "";
  if (!/^(sha(256|384|512)WithRSAEncryption|ecdsa-with-SHA(256|384|512)|rsassaPss)$/i.test(signature)) {
    return `has the signature algorithm ${signature}, which is not supported`;
  }
  return undefined;
}

function reasonAgainstKey(key: KeyObject, rules: BundleRules): string | undefined {
  const details = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case "rsa":
    case "rsa-pss":
      return rules.isRsaSize(details.modulusLength ?? 0)
        ? undefined
        : `has an RSA key of ${details.modulusLength} bits`;
    case "ec":
      return rules.curves.includes(details.namedCurve ?? "")
        ? undefined
        : `has a key on the curve ${details.namedCurve}`;
    default:
      return `has a key of type ${key.asymmetricKeyType}`;
  }
}

/** TBSCertificate begins with `[0] { INTEGER version }`, which is absent in v1 and 2 for v3 (RFC 5280 section 4.1). */
function isVersion3(der: Buffer): boolean {
  const inner = contentAt(der, contentAt(der, 0));
  return der[inner] === 0xa0 && der[inner + 2] === 0x02 && der[inner + 3] === 1 && der[inner + 4] === 2;
}

/** Where the content of the DER value at `offset` begins. */
function contentAt(der: Buffer, offset: number): number {
  const length = der[offset + 1] ?? 0;
  return offset + 2 + (length < 0x80 ? 0 : length & 0x7f);
}
