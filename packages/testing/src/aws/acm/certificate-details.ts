import type { KeyObject, X509Certificate } from "node:crypto";
import { type CertificateFacts, readCertificate } from "../../data-plane/certificate-facts.ts";
import { contentHex, readElement, readElements } from "../../data-plane/der.ts";

/** What ACM tells about a certificate. */
export interface CertificateDetails {
  /** Its common name or else its first name, if that is a domain name. */
  readonly domainName: string | undefined;
  /** Domain names, that one first. */
  readonly names: readonly string[];
  readonly subject: string;
  /** Organisation or common name of the issuer. */
  readonly issuer: string;
  /** Pairs of lower-case hex with colons between. */
  readonly serial: string;
  readonly notBefore: number;
  readonly notAfter: number;
  /** As ACM's enumeration spells it, e.g. `EC_prime256v1`; undefined for one that ACM does not take. */
  readonly keyAlgorithm: string | undefined;
  readonly signatureAlgorithm: string;
  /** Undefined without the extension. */
  readonly keyUsages: readonly string[] | undefined;
  /** Dotted; undefined without the extension. */
  readonly purposes: readonly string[] | undefined;
}

/** Names of the bits of a key usage, highest first (RFC 5280, 4.2.1.3). */
const usageNames = [
  "DIGITAL_SIGNATURE",
  "NON_REPUDIATION",
  "KEY_ENCIPHERMENT",
  "DATA_ENCIPHERMENT",
  "KEY_AGREEMENT",
  "CERTIFICATE_SIGNING",
  "CRL_SIGNING",
  "ENCIPHER_ONLY",
];

/** By the hex of the object identifier. */
const signatureNames: Readonly<Record<string, string>> = {
  "2a864886f70d010105": "SHA1WITHRSA",
  "2a864886f70d01010b": "SHA256WITHRSA",
  "2a864886f70d01010c": "SHA384WITHRSA",
  "2a864886f70d01010d": "SHA512WITHRSA",
  "2a8648ce3d040302": "SHA256WITHECDSA",
  "2a8648ce3d040303": "SHA384WITHECDSA",
  "2a8648ce3d040304": "SHA512WITHECDSA",
};

const domainName = /^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/i;

/** Reads what ACM shows of a certificate. Throws when it is none. */
export function readDetails(pem: string): CertificateDetails {
  const facts = readCertificate(pem);
  const { x509 } = facts;
  const common = partOf(x509.subject, "CN");
  const names = [...(common === undefined ? [] : [common]), ...dnsNamesOf(x509)].filter(isDomainName);
  return {
    domainName: names[0],
    names: [...new Set(names)],
    subject: (x509.subject ?? "").split("\n").join(","),
    issuer: partOf(x509.issuer, "O") ?? partOf(x509.issuer, "CN") ?? facts.issuer,
    serial: (facts.serial.toLowerCase().match(/../g) ?? []).join(":"),
    notBefore: facts.notBefore,
    notAfter: facts.notAfter,
    keyAlgorithm: keyAlgorithmOf(x509.publicKey),
    signatureAlgorithm: signatureAlgorithmOf(facts),
    keyUsages:
      facts.keyUsage === undefined
        ? undefined
        : usageNames.filter((_, bit) => hasBit(facts.keyUsage ?? 0, bit)),
    purposes: facts.purposes,
  };
}

/** Whether ACM takes it for the name of a domain. */
export function isDomainName(text: string): boolean {
  return text.length <= 253 && domainName.test(text);
}

/** The key as ACM's enumeration spells it (KeyAlgorithm). */
function keyAlgorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | undefined {
  if (asymmetricKeyType === "rsa") {
    const bits = asymmetricKeyDetails?.modulusLength ?? 0;
    return [1024, 2048, 3072, 4096].includes(bits) ? `RSA_${bits}` : undefined;
  }
  const curve = asymmetricKeyType === "ec" ? asymmetricKeyDetails?.namedCurve : undefined;
  return ["prime256v1", "secp384r1", "secp521r1"].includes(curve ?? "") ? `EC_${curve}` : undefined;
}

function hasBit(usage: number, bit: number): boolean {
  return (usage & (0x80 >> bit)) !== 0;
}

function dnsNamesOf(x509: X509Certificate): string[] {
  return [...(x509.subjectAltName ?? "").matchAll(/(?:^|, )DNS:([^,]+)/g)].map(([, name = ""]) => name);
}

/** Node writes a name as one `TYPE=value` per line; undefined stands for an empty name. */
function partOf(name: string | undefined, type: string): string | undefined {
  const part = name?.split("\n").find((line) => line.startsWith(`${type}=`));
  return part?.slice(type.length + 1);
}

function signatureAlgorithmOf({ x509 }: CertificateFacts): string {
  const der = x509.raw;
  const [, algorithm] = readElements(der, readElement(der, 0));
  const [identifier] = algorithm === undefined ? [] : readElements(der, algorithm);
  const hex = identifier === undefined ? "" : contentHex(der, identifier);
  return signatureNames[hex] ?? "UNKNOWN";
}
