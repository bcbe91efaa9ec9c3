import { X509Certificate } from "node:crypto";
import { HandfastError } from "../errors.ts";
import { sha256 } from "./digest.ts";
import { type CertificateParts, dissectCertificate } from "./dissect-certificate.ts";
import type { CertificateFacts } from "./facts.ts";
import { formatName } from "./format-name.ts";
import { children, readDer } from "./read-der.ts";
import { signatureAlgorithm } from "./signature-algorithm.ts";

/** Node's own view of each certificate that was read: it answers who issued whom. */
const parsed = new WeakMap<CertificateFacts, X509Certificate>();

/** The parts of each certificate that was read. */
const dissected = new WeakMap<CertificateFacts, CertificateParts>();

const usages = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly",
] as const;

const curveBits: Readonly<Record<string, number>> = { prime256v1: 256, secp384r1: 384, secp521r1: 521 };

/**
 * Reads one X.509 certificate from DER.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE`
 */
export function readCertificate(der: Uint8Array): CertificateFacts {
  try {
    return readFacts(new Uint8Array(der));
  } catch (cause) {
    throw new HandfastError(
      "CERTIFICATE_UNREADABLE",
      `read certificate failed [bytes=${der.length}]: the bytes are not one X.509 certificate in DER; export it again`,
      {},
      { cause },
    );
  }
}

function readFacts(der: Uint8Array): CertificateFacts {
  const parts = dissectCertificate(der);
  const reader = new X509Certificate(der);
  const basic = extension(parts, "2.5.29.19");
  const limit = basic?.find(({ tag }) => tag === 0x02)?.value;
  const ski = parts.extensions.get("2.5.29.14");
  const aki = extension(parts, "2.5.29.35")?.find(({ tag }) => tag === 0x80)?.value;
  const { name: signature, hash: signatureHash } = signatureAlgorithm(parts.signature);
  const facts: CertificateFacts = {
    sha256: sha256(der),
    subject: formatName(parts.subject),
    issuer: formatName(parts.issuer),
    serial: hex(parts.serial).replace(/^(?:00)+(?=..)/, ""),
    spki: sha256(parts.publicKey),
    notBefore: parts.notBefore,
    notAfter: parts.notAfter,
    ca: reader.ca,
    // node:crypto gives the extended key usage, OIDs of purposes, under this name
    extendedKeyUsage: parts.extensions.has("2.5.29.37") ? (reader.keyUsage ?? []) : undefined,
    namesOcspResponder: /^OCSP - URI:/m.test(reader.infoAccess ?? ""),
    ...readPublicKey(reader),
    version: parts.version,
    ski: ski === undefined ? undefined : hex(readDer(ski).value),
    aki: aki === undefined ? undefined : hex(aki),
    pathLength: limit === undefined ? undefined : Number.parseInt(hex(limit), 16),
    keyUsage: readUsage(parts),
    signature,
    signatureHash,
    selfIssued: Buffer.compare(parts.issuer, parts.subject) === 0,
    der,
  };
  parsed.set(facts, reader);
  dissected.set(facts, parts);
  return facts;
}

/** The parts of a certificate, taken apart once. */
export function partsOf(facts: CertificateFacts): CertificateParts {
  const known = dissected.get(facts);
  if (known !== undefined) return known;
  const parts = dissectCertificate(facts.der);
  dissected.set(facts, parts);
  return parts;
}

/** DER of a certificate's subject as lower-case hex: what a CRL's issuer is compared with. */
export function subjectDer(facts: CertificateFacts): string {
  const known = subjects.get(facts);
  if (known !== undefined) return known;
  const subject = hex(partsOf(facts).subject);
  subjects.set(facts, subject);
  return subject;
}

const subjects = new WeakMap<CertificateFacts, string>();

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

function parsedOf(facts: CertificateFacts): X509Certificate {
  const known = parsed.get(facts);
  if (known !== undefined) return known;
  const certificate = new X509Certificate(facts.der);
  parsed.set(facts, certificate);
  return certificate;
}

function extension(parts: CertificateParts, oid: string): ReturnType<typeof children> | undefined {
  const value = parts.extensions.get(oid);
  return value === undefined ? undefined : children(readDer(value));
}

function readUsage(parts: CertificateParts): readonly string[] | undefined {
  const value = parts.extensions.get("2.5.29.15");
  if (value === undefined) return undefined;
  const bits = readDer(value).value.subarray(1);
  return usages.filter((_, index) => ((bits[index >> 3] ?? 0) >> (7 - (index & 7))) & 1);
}

function readPublicKey(reader: X509Certificate): Pick<CertificateFacts, "key" | "keyType" | "keyBits"> {
  const { asymmetricKeyType: keyType = "unknown", asymmetricKeyDetails = {} } = reader.publicKey;
  const { modulusLength, namedCurve } = asymmetricKeyDetails;
  if (modulusLength !== undefined)
    return { key: `${keyType}-${modulusLength}`, keyType, keyBits: modulusLength };
  if (namedCurve !== undefined)
    return { key: `ec-${namedCurve}`, keyType: "ec", keyBits: curveBits[namedCurve] };
  return { key: keyType, keyType };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
