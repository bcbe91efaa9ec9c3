import { type AuthorityKeyId, readAuthorityKeyId } from "../certificate/authority-key-id.ts";
import { canonicalName } from "../certificate/canonical-name.ts";
import { type DistributionPoint, readDistributionPoints } from "../certificate/distribution-points.ts";
import type { CertificateFacts } from "../certificate/facts.ts";
import type { GeneralName } from "../certificate/general-names.ts";
import { type Extension, listExtensions } from "../certificate/list-extensions.ts";
import { type NameConstraints, readNameConstraints } from "../certificate/name-constraints.ts";
import { partsOf } from "../certificate/read-certificate.ts";
import { child, children, readDer, readOid } from "../certificate/read-der.ts";
import { readSubjectAltNames } from "../certificate/subject-alt-names.ts";
import { keyStrength, signatureStrength } from "./security-level.ts";

/** What path validation asks about a certificate, worked out once. Nothing of it depends on the time or the verifier. */
export interface CertificateTraits {
  readonly facts: CertificateFacts;
  /** What the certificate is called in a reason. */
  readonly name: string;
  /** Names in the form in which they are compared. */
  readonly subject: string;
  readonly issuer: string;
  readonly selfIssued: boolean;
  /** Self-issued, and neither key identifiers nor algorithms speak against its having signed itself. */
  readonly selfSigned: boolean;
  readonly aki: AuthorityKeyId | undefined;
  /** Which extension can't be read or stands there twice; undefined when all are sound. */
  readonly malformed: string | undefined;
  /** OID of a critical extension that no verifier knows. */
  readonly unknownCritical: string | undefined;
  readonly isProxy: boolean;
  /**
   * What lets it issue certificates: basic constraints, or without these version 1 and a signature of its own, a key
   * usage that says so, or Netscape's type. Only an anchor may stand on anything but the first.
   */
  readonly caBy: "constraints" | "version-1" | "key-usage" | "netscape" | undefined;
  /** Why it may not issue certificates, for people. */
  readonly notCa: string;
  /** Whether basic constraints call it a CA, whatever its key usage. */
  readonly saysCa: boolean;
  readonly pathLength: number | undefined;
  /** Whether the extended key usage, where there is one, names TLS clients. */
  readonly isForClients: boolean;
  /** Whether the key usage, where there is one, lets it sign a handshake or agree on a key. */
  readonly mayAuthenticate: boolean;
  readonly maySignCrls: boolean;
  readonly hasExplicitCurve: boolean;
  readonly keyBits: number;
  readonly signatureBits: number;
  readonly constraints: NameConstraints | undefined;
  readonly altNames: readonly GeneralName[];
  readonly distributionPoints: readonly DistributionPoint[];
}

/**
 * Extensions that OpenSSL processes, or takes note of, so that they may be critical. RFC 3779 (addresses of routers) is
 * left out: nobody is known to demand it of a TLS client, and it is not checked here.
 */
const known: ReadonlySet<string> = new Set([
  "2.16.840.1.113730.1.1",
  "2.5.29.15",
  "2.5.29.17",
  "2.5.29.19",
  "2.5.29.32",
  "2.5.29.31",
  "2.5.29.37",
  "1.3.6.1.5.5.7.48.1.5",
  "2.5.29.36",
  "1.3.6.1.5.5.7.1.14",
  "2.5.29.30",
  "2.5.29.33",
  "2.5.29.54",
]);

const clientAuth = "1.3.6.1.5.5.7.3.2";

const traits = new WeakMap<CertificateFacts, CertificateTraits>();

/** The traits of a certificate. */
export function traitsOf(facts: CertificateFacts): CertificateTraits {
  let found = traits.get(facts);
  if (found === undefined) {
    found = readTraits(facts);
    traits.set(facts, found);
  }
  return found;
}

/** The extensions by OID, to be read one by one: what can't be read is a trait of the certificate, not an error. */
function openExtensions(extensions: readonly Extension[]) {
  const values = new Map<string, Extension>();
  let malformed: string | undefined;
  for (const extension of extensions) {
    if (values.has(extension.oid)) malformed ??= `its extension ${extension.oid} stands there twice`;
    values.set(extension.oid, extension);
  }
  return {
    has: (oid: string) => values.has(oid),
    malformed: () => malformed,
    read<T>(oid: string, name: string, read: (value: Uint8Array) => T): T | undefined {
      const extension = values.get(oid);
      if (extension === undefined) return undefined;
      try {
        return read(extension.value);
      } catch {
        malformed ??= `its ${name} can't be read`;
        return undefined;
      }
    },
  };
}

function readTraits(facts: CertificateFacts): CertificateTraits {
  const parts = partsOf(facts);
  const extensions = listExtensions(facts.der);
  const reading = openExtensions(extensions);
  const subject = canonicalName(parts.subject);
  const issuer = canonicalName(parts.issuer);
  const selfIssued = subject === issuer;
  const basic = reading.read("2.5.29.19", "basic constraints", readBasicConstraints);
  const usage = reading.read("2.5.29.15", "key usage", readKeyUsage);
  const purposes = reading.read("2.5.29.37", "extended key usage", readPurposes);
  const netscape = reading.read("2.16.840.1.113730.1.1", "Netscape certificate type", readBits);
  reading.read("2.5.29.14", "subject key identifier", readDer);
  const aki = reading.read("2.5.29.35", "authority key identifier", readAuthorityKeyId);
  const altNames = reading.read("2.5.29.17", "subject alternative names", readSubjectAltNames) ?? [];
  const constraints = reading.read("2.5.29.30", "name constraints", readNameConstraints);
  const points = reading.read("2.5.29.31", "CRL distribution points", readDistributionPoints) ?? [];
  const selfSigned = selfIssued && fitsKeyId(aki, facts, issuer) && fitsKeyType(facts, facts);
  const mayCertify = usage === undefined || usage.includes("keyCertSign");
  const caBy = !mayCertify
    ? undefined
    : basic !== undefined
      ? basic.ca
        ? "constraints"
        : undefined
      : facts.version === 1 && selfSigned
        ? "version-1"
        : usage !== undefined
          ? "key-usage"
          : ((netscape ?? 0) & 0x04) !== 0
            ? "netscape"
            : undefined;
  return {
    facts,
    name: facts.subject === "" ? `the certificate with serial ${facts.serial}` : facts.subject,
    subject,
    issuer,
    selfIssued,
    selfSigned,
    aki,
    malformed: reading.malformed(),
    unknownCritical: extensions.find(({ oid, critical }) => critical && !known.has(oid))?.oid,
    isProxy: reading.has("1.3.6.1.5.5.7.1.14"),
    caBy,
    notCa: !mayCertify
      ? "its key usage does not let it sign certificates"
      : basic === undefined
        ? "it has no basic constraints"
        : "its basic constraints say so",
    saysCa: basic?.ca === true,
    pathLength: basic?.pathLength,
    isForClients: purposes === undefined || purposes.includes(clientAuth),
    mayAuthenticate:
      (usage === undefined || usage.includes("digitalSignature") || usage.includes("keyAgreement")) &&
      (netscape === undefined || (netscape & 0x80) !== 0),
    maySignCrls: usage === undefined || usage.includes("cRLSign"),
    hasExplicitCurve: facts.keyType === "ec" && isExplicitCurve(parts.publicKey),
    keyBits: keyStrength(facts),
    signatureBits: signatureStrength(facts),
    constraints,
    altNames,
    distributionPoints: points,
  };

  function readKeyUsage(value: Uint8Array): readonly string[] {
    if (readBits(value) === undefined || facts.keyUsage === undefined || facts.keyUsage.length === 0)
      throw new RangeError("an empty key usage");
    return facts.keyUsage;
  }
}

/** Whether an authority key identifier does not speak against a certificate as the signer (RFC 5280, 4.2.1.1). */
export function fitsKeyId(
  aki: AuthorityKeyId | undefined,
  { ski, serial }: Pick<CertificateFacts, "ski" | "serial">,
  issuerOfSigner: string,
): boolean {
  if (aki === undefined) return true;
  if (aki.keyId !== undefined && ski !== undefined && aki.keyId !== ski) return false;
  if (aki.serial !== undefined && aki.serial !== serial) return false;
  return aki.issuer === undefined || aki.issuer === issuerOfSigner;
}

/** Whether a key of that kind can have made a signature with that algorithm. */
export function fitsKeyType(
  { signature }: Pick<CertificateFacts, "signature">,
  { keyType }: Pick<CertificateFacts, "keyType">,
): boolean {
  if (signature.endsWith("WithRSAEncryption")) return keyType === "rsa";
  if (signature === "rsassaPss") return keyType === "rsa" || keyType === "rsa-pss";
  return signature.startsWith("ecdsa-") ? keyType === "ec" : signature === keyType;
}

function readBasicConstraints(value: Uint8Array): { ca: boolean; pathLength: number | undefined } {
  const node = readDer(value);
  if (node.tag !== 0x30) throw new RangeError("basic constraints are a sequence");
  const fields = children(node);
  const flag = fields[0]?.tag === 0x01 ? fields[0] : undefined;
  const limit = fields[flag === undefined ? 0 : 1];
  if (limit !== undefined && (limit.tag !== 0x02 || (limit.value[0] ?? 0x80) >= 0x80))
    throw new RangeError("a path length is not negative");
  return {
    ca: flag !== undefined && flag.value[0] !== 0,
    pathLength:
      limit === undefined ? undefined : Number.parseInt(Buffer.from(limit.value).toString("hex"), 16),
  };
}

function readPurposes(value: Uint8Array): readonly string[] {
  const node = readDer(value);
  if (node.tag !== 0x30) throw new RangeError("an extended key usage is a sequence");
  return children(node).map(readOid);
}

function readBits(value: Uint8Array): number {
  const node = readDer(value);
  if (node.tag !== 0x03) throw new RangeError("a BIT STRING is missing");
  return node.value[1] ?? 0;
}

/** Whether the parameters of an EC key spell a curve out in place of naming it (RFC 5480, 2.1.1 forbids it). */
function isExplicitCurve(spki: Uint8Array): boolean {
  const algorithm = children(child(children(readDer(spki)), 0));
  return algorithm[1]?.tag === 0x30;
}
