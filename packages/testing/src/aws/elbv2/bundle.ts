import { type KeyObject, X509Certificate } from "node:crypto";
import { refuse } from "./refusals.ts";

const begin = "-----BEGIN CERTIFICATE-----";
const end = "-----END CERTIFICATE-----";

/** Limits of a bundle (Quotas for your Application Load Balancers). */
export interface BundleLimits {
  readonly certificates: number;
  readonly certificateBytes: number;
  /** All subjects together. */
  readonly subjectBytes: number;
}

/**
 * Reads a CA bundle as strictly as the service does (Mutual authentication with TLS in Application Load Balancer,
 * "Requirements for certificates").
 *
 * @returns the PEM of each certificate, with nothing around it
 * @throws AwsRefused InvalidCaCertificatesBundle
 */
export function readBundle(bytes: Uint8Array, limits: BundleLimits): readonly string[] {
  const invalid = (reason: string) =>
    refuse("InvalidCaCertificatesBundle", `The CA certificates bundle is not valid: ${reason}`);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalid("it is not PEM");
  }
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  if (lines.length === 0) throw invalid("it is empty");

  const certificates: string[] = [];
  let open: string[] | undefined;
  for (const [index, line] of lines.entries()) {
    const at = `line ${index + 1}`;
    if (line.trim() === "") throw invalid(`${at} is blank`);
    if (open === undefined) {
      if (line.startsWith("#")) {
        if (line.includes("-")) throw invalid(`the comment in ${at} contains a hyphen`);
      } else if (line === begin) open = [line];
      else throw invalid(`${at} is neither a comment nor the beginning of a certificate`);
    } else if (line === end) {
      certificates.push([...open, line].join("\n"));
      open = undefined;
    } else if (/^[A-Za-z0-9+/]{1,64}={0,2}$/.test(line)) open.push(line);
    else throw invalid(`${at} is not base64 of at most 64 characters`);
  }
  if (open !== undefined) throw invalid("the last certificate has no end");
  if (certificates.length === 0) throw invalid("it has no certificate");
  if (certificates.length > limits.certificates) {
    throw invalid(`it has more than ${limits.certificates} certificates`);
  }
  for (const [index, pem] of certificates.entries()) {
    const reason = certificates.indexOf(pem) < index ? "is in it twice" : reasonAgainst(pem, limits);
    if (reason !== undefined) throw invalid(`certificate ${index + 1} ${reason}`);
  }
  const subjects = certificates.map((pem) => Buffer.byteLength(new X509Certificate(pem).subject));
  if (subjects.reduce((sum, size) => sum + size, 0) > limits.subjectBytes) {
    throw invalid(`its subjects are larger than ${limits.subjectBytes} bytes`);
  }
  return certificates;
}

function reasonAgainst(pem: string, limits: BundleLimits): string | undefined {
  if (Buffer.byteLength(pem) > limits.certificateBytes)
    return `is larger than ${limits.certificateBytes} bytes`;
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    return "can't be read";
  }
  if (!isVersion3(certificate.raw)) return "is not X.509v3";
  if (!certificate.ca) return "is not a CA certificate";
  const key = reasonAgainstKey(certificate.publicKey);
  if (key !== undefined) return key;
  const signature = certificate.signatureAlgorithm ?? "";
  if (!/^(sha(256|384|512)WithRSAEncryption|ecdsa-with-SHA(256|384|512)|rsassaPss)$/i.test(signature)) {
    return `has the signature algorithm ${signature}, which is not supported`;
  }
  return undefined;
}

function reasonAgainstKey(key: KeyObject): string | undefined {
  const details = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case "rsa":
    case "rsa-pss":
      return (details.modulusLength ?? 0) >= 2048 && (details.modulusLength ?? 0) <= 8192
        ? undefined
        : `has an RSA key of ${details.modulusLength} bits`;
    case "ec":
      return ["prime256v1", "secp384r1", "secp521r1"].includes(details.namedCurve ?? "")
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
