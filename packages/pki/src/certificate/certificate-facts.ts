import { X509Certificate } from "node:crypto";
import { type CertificateFacts, HandfastError, sha256 } from "@handfast/core";
import { children, readDer } from "../der/read-der.ts";
import { formatName } from "../name/format-name.ts";
import { type CertificateParts, dissectCertificate } from "./dissect-certificate.ts";
import { signatureHash } from "./signature-hash.ts";

/** What this package knows of a certificate: core's facts, and those that rules and checks ask for. Plain data. */
export interface CertificateDetails extends CertificateFacts {
  /** Subject key identifier, lower-case hex. */
  readonly ski?: string | undefined;
  /** Key identifier of the authority, lower-case hex. */
  readonly aki?: string | undefined;
  /** How many intermediates may follow; undefined when there is no limit. */
  readonly pathLength?: number | undefined;
  /** Names of RFC 5280, 4.2.1.3; undefined when the extension is absent. */
  readonly keyUsage?: readonly string[] | undefined;
  /** `rsa`, `ec`, or whatever node:crypto calls it. */
  readonly keyType: string;
  /** Size of the modulus or of the curve, in bits; undefined for other kinds. */
  readonly keyBits?: number | undefined;
  /** `sha256`, `sha1` …; `none` where the scheme has its own (Ed25519); undefined when the OID is not known. */
  readonly signatureHash?: string | undefined;
  /** Whether issuer and subject are the same name, as in a root. */
  readonly selfIssued: boolean;
}

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
 * The facts of one certificate, from its DER. `ca` is true when it may sign certificates: basicConstraints says
 * so and key usage, where present, allows it (OpenSSL's reading).
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE` when the bytes are not one certificate
 * @example
 * ```ts
 * import { type CertificateDetails, certificateFacts, toDer } from "@handfast/pki";
 *
 * export function describe(pem: string): CertificateDetails {
 *   return certificateFacts(toDer(pem));
 * }
 * ```
 */
export function certificateFacts(der: Uint8Array): CertificateDetails {
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

function readFacts(der: Uint8Array): CertificateDetails {
  const parts = dissectCertificate(der);
  const reader = new X509Certificate(der);
  const key = readPublicKey(reader);
  const basic = extension(parts, "2.5.29.19");
  const limit = basic?.find(({ tag }) => tag === 0x02)?.value;
  const ski = parts.extensions.get("2.5.29.14");
  const aki = extension(parts, "2.5.29.35")?.find(({ tag }) => tag === 0x80)?.value;
  const serial = hex(parts.serial).replace(/^(?:00)+(?=..)/, "");
  // node:crypto gives the extended key usage, OIDs of purposes, under this name.
  const extendedKeyUsage = parts.extensions.has("2.5.29.37") ? (reader.keyUsage ?? []) : undefined;
  return {
    sha256: sha256(der),
    subject: formatName(parts.subject),
    issuer: formatName(parts.issuer),
    serial,
    spki: sha256(parts.publicKey),
    notBefore: parts.notBefore,
    notAfter: parts.notAfter,
    ca: reader.ca,
    extendedKeyUsage,
    namesOcspResponder: /^OCSP - URI:/m.test(reader.infoAccess ?? ""),
    ...key,
    der,
    ski: ski === undefined ? undefined : hex(readDer(ski).value),
    aki: aki === undefined ? undefined : hex(aki),
    pathLength: limit === undefined ? undefined : Number.parseInt(hex(limit), 16),
    keyUsage: readUsage(parts),
    signatureHash: signatureHash(parts.signature),
    selfIssued: Buffer.compare(parts.issuer, parts.subject) === 0,
  };
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

function readPublicKey(reader: X509Certificate): Pick<CertificateDetails, "key" | "keyType" | "keyBits"> {
  const { asymmetricKeyType = "unknown", asymmetricKeyDetails = {} } = reader.publicKey;
  const { modulusLength, namedCurve } = asymmetricKeyDetails;
  if (modulusLength !== undefined)
    return {
      key: `${asymmetricKeyType}-${modulusLength}`,
      keyType: asymmetricKeyType,
      keyBits: modulusLength,
    };
  if (namedCurve !== undefined)
    return { key: `ec-${namedCurve}`, keyType: "ec", keyBits: curveBits[namedCurve] };
  return { key: asymmetricKeyType, keyType: asymmetricKeyType };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
