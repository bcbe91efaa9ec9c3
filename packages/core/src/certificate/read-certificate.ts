import { X509Certificate } from "node:crypto";
import { HandfastError } from "../errors.ts";
import { sha256 } from "./digest.ts";
import { type CertificateParts, dissectCertificate } from "./dissect-certificate.ts";
import type { CertificateFacts } from "./facts.ts";
import { formatName } from "./format-name.ts";
import { keyUsages } from "./key-usage.ts";
import { children, readDer, readOid } from "./read-der.ts";
import { signatureAlgorithm } from "./signature-algorithm.ts";

/** Node's own view of each certificate that was read: it answers who issued whom. */
const parsed = new WeakMap<CertificateFacts, X509Certificate>();

/** The parts of each certificate that was read. */
const dissected = new WeakMap<CertificateFacts, CertificateParts>();

/** OIDs of named curves (RFC 5480, 2.1.1.1) and what OpenSSL calls them. */
const curves: Readonly<Record<string, string>> = {
  "1.2.840.10045.3.1.7": "prime256v1",
  "1.3.132.0.34": "secp384r1",
  "1.3.132.0.35": "secp521r1",
};

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
  // reads all of it once more, strictly, and answers later who issued whom
  const reader = new X509Certificate(der);
  const basic = extension(parts, "2.5.29.19") ?? [];
  const limit = basic.find(({ tag }) => tag === 0x02)?.value;
  const ski = parts.extensions.get("2.5.29.14");
  const aki = extension(parts, "2.5.29.35")?.find(({ tag }) => tag === 0x80)?.value;
  const keyUsage = readUsage(parts);
  const { name: signature, hash: signatureHash } = signatureAlgorithm(parts.signature);
  const subject = formatName(parts.subject);
  const selfIssued = Buffer.compare(parts.issuer, parts.subject) === 0;
  const saysCa = basic[0]?.tag === 0x01 && basic[0].value[0] !== 0;
  const facts: CertificateFacts = {
    sha256: sha256(der),
    subject,
    issuer: selfIssued ? subject : formatName(parts.issuer),
    serial: hex(parts.serial).replace(/^(?:00)+(?=..)/, ""),
    spki: sha256(parts.publicKey),
    notBefore: parts.notBefore,
    notAfter: parts.notAfter,
    ca: saysCa && (keyUsage === undefined || keyUsage.includes("keyCertSign")),
    extendedKeyUsage: extension(parts, "2.5.29.37")?.map(readOid),
    namesOcspResponder: namesResponder(parts),
    ...(readKey(parts.publicKey) ?? nameKey(reader)),
    version: parts.version,
    ski: ski === undefined ? undefined : hex(readDer(ski).value),
    aki: aki === undefined ? undefined : hex(aki),
    pathLength: limit === undefined ? undefined : Number.parseInt(hex(limit), 16),
    keyUsage,
    signature,
    signatureHash,
    selfIssued,
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
    answer = child.checkIssued(parent) && isSignedBy(certificate, issuer);
    answers.set(issuer.sha256, answer);
  }
  return answer;
}

/** A pair is looked at once: planning asks about the same ones many times. */
const issued = new WeakMap<CertificateFacts, Map<string, boolean>>();

/** Whether the key of a certificate made the signature of another one, whatever names and usages say. */
export function isSignedBy(certificate: CertificateFacts, issuer: CertificateFacts): boolean {
  let answers = signed.get(certificate);
  if (answers === undefined) {
    answers = new Map();
    signed.set(certificate, answers);
  }
  let answer = answers.get(issuer.spki);
  if (answer === undefined) {
    answer = verifies(certificate, issuer);
    answers.set(issuer.spki, answer);
  }
  return answer;
}

/** By the digest of the issuer's key. */
const signed = new WeakMap<CertificateFacts, Map<string, boolean>>();

function verifies(certificate: CertificateFacts, issuer: CertificateFacts): boolean {
  try {
    return parsedOf(certificate).verify(parsedOf(issuer).publicKey);
  } catch {
    return false;
  }
}

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
  return keyUsages.filter((_, index) => ((bits[index >> 3] ?? 0) >> (7 - (index & 7))) & 1);
}

/** Authority information access with a URI of a responder (RFC 5280, 4.2.2.1). */
function namesResponder(parts: CertificateParts): boolean {
  const accesses = extension(parts, "1.3.6.1.5.5.7.1.1") ?? [];
  return accesses.some((access) => {
    const [method, location] = children(access);
    return method !== undefined && readOid(method) === "1.3.6.1.5.5.7.48.1" && location?.tag === 0x86;
  });
}

type KeyFacts = Pick<CertificateFacts, "key" | "keyType" | "keyBits">;

/** The usual kinds of keys from their DER, which is several times faster than to have Node make a key of it. */
function readKey(spki: Uint8Array): KeyFacts | undefined {
  const [algorithm, bits] = children(readDer(spki));
  const [oid, parameters] = algorithm === undefined ? [] : children(algorithm);
  if (oid === undefined || bits === undefined) return undefined;
  const kind = readOid(oid);
  if (kind === "1.2.840.113549.1.1.1") {
    const [modulus] = children(readDer(bits.value, 1));
    if (modulus?.tag !== 0x02) return undefined;
    const keyBits = hex(modulus.value).replace(/^0+/, "").length * 4 - leadingZeros(modulus.value);
    return { key: `rsa-${keyBits}`, keyType: "rsa", keyBits };
  }
  const curve =
    kind === "1.2.840.10045.2.1" && parameters?.tag === 0x06 ? curves[readOid(parameters)] : undefined;
  return curve === undefined ? undefined : { key: `ec-${curve}`, keyType: "ec", keyBits: curveBits[curve] };
}

/** Zero bits in front of the first hex digit that is not zero. */
function leadingZeros(value: Uint8Array): number {
  const first = value.find((octet) => octet !== 0) ?? 0;
  const digit = first >= 0x10 ? first >> 4 : first;
  return digit >= 8 ? 0 : digit >= 4 ? 1 : digit >= 2 ? 2 : 3;
}

/** Any other kind, by what Node makes of it. */
function nameKey(reader: X509Certificate): KeyFacts {
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
