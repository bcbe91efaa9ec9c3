import { X509Certificate } from "node:crypto";
import { HandfastError } from "../errors.ts";
import { sha256 } from "./digest.ts";
import type { CertificateFacts } from "./facts.ts";

/** Node's own view of each certificate that was read: it answers who issued whom. */
const parsed = new WeakMap<CertificateFacts, X509Certificate>();

/**
 * Reads one X.509 certificate from DER.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE`
 */
export function readCertificate(der: Uint8Array): CertificateFacts {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(der);
  } catch (cause) {
    throw new HandfastError(
      "CERTIFICATE_UNREADABLE",
      "read certificate failed: the bytes are no X.509 certificate; give PEM or DER of one certificate",
      {},
      { cause },
    );
  }
  const { publicKey } = certificate;
  const facts: CertificateFacts = {
    sha256: sha256(certificate.raw),
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    serial: normaliseSerial(certificate.serialNumber),
    spki: sha256(publicKey.export({ type: "spki", format: "der" })),
    notBefore: Date.parse(certificate.validFrom),
    notAfter: Date.parse(certificate.validTo),
    ca: certificate.ca,
    extendedKeyUsage: certificate.keyUsage,
    namesOcspResponder: /^OCSP - URI:/m.test(certificate.infoAccess ?? ""),
    key: keyName(publicKey.asymmetricKeyType, publicKey.asymmetricKeyDetails),
    der: new Uint8Array(certificate.raw),
  };
  parsed.set(facts, certificate);
  return facts;
}

/** Whether `issuer` signed `certificate`: names, key identifiers and key usage agree, and the signature holds. */
export function isIssuedBy(certificate: CertificateFacts, issuer: CertificateFacts): boolean {
  let answers = issued.get(certificate);
  if (answers === undefined) {
    answers = new Map();
    issued.set(certificate, answers);
  }
  let answer = answers.get(issuer.sha256);
  if (answer === undefined) {
    const child = parsedOf(certificate);
    const parent = parsedOf(issuer);
    answer = child.checkIssued(parent) && child.verify(parent.publicKey);
    answers.set(issuer.sha256, answer);
  }
  return answer;
}

/** A signature is checked once: planning asks about the same pairs many times. */
const issued = new WeakMap<CertificateFacts, Map<string, boolean>>();

/** Serials are compared as lower-case hex without leading zero bytes, whoever wrote them. */
export function normaliseSerial(hex: string): string {
  const digits = hex
    .replaceAll(":", "")
    .toLowerCase()
    .replace(/^(00)+(?=..)/, "");
  return digits.length % 2 === 0 ? digits : `0${digits}`;
}

function parsedOf(facts: CertificateFacts): X509Certificate {
  const known = parsed.get(facts);
  if (known !== undefined) return known;
  const certificate = new X509Certificate(facts.der);
  parsed.set(facts, certificate);
  return certificate;
}

function oneLine(name: string | undefined): string {
  return (name ?? "").split("\n").reverse().join(",");
}

function keyName(
  type: string | undefined,
  details: { modulusLength?: number; namedCurve?: string } | undefined,
): string {
  const size = details?.modulusLength ?? details?.namedCurve;
  return size === undefined ? (type ?? "unknown") : `${type}-${size}`;
}
