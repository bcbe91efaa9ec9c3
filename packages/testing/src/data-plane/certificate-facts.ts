import { X509Certificate } from "node:crypto";
import type { DetailedPeerCertificate, TLSSocket } from "node:tls";
import { contentHex, type DerElement, derTag, readElement, readElements } from "./der.ts";
import { renderName } from "./distinguished-name.ts";

/** What a verifier looks at in a certificate (RFC 5280, 4.1 and 4.2). */
export interface CertificateFacts {
  readonly x509: X509Certificate;
  /** 1 or 3. */
  readonly version: number;
  /** Upper-case hex without separators. */
  readonly serial: string;
  /** The integer's DER content in lower-case hex, a sign byte included. */
  readonly serialHex: string;
  /** RFC 2253. */
  readonly subject: string;
  /** RFC 2253. */
  readonly issuer: string;
  /** Hex of the name's DER: equal names have equal hex. */
  readonly subjectDer: string;
  readonly issuerDer: string;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly isCa: boolean;
  /** How many CA certificates may follow, where the certificate says so. */
  readonly pathLength: number | undefined;
  /** First byte of the key usage bits, where the certificate has the extension. */
  readonly keyUsage: number | undefined;
  /** Extended key usages as dotted identifiers, where the certificate has the extension. */
  readonly purposes: readonly string[] | undefined;
  /** Where its issuer answers for it (RFC 6960), where the certificate says so. */
  readonly ocspUrl: string | undefined;
}

const extensionTag = 0xa3;
const ocspMethod = "2b06010505073001";
const uriTag = 0x86;

/** Reads a certificate from PEM or DER. Throws when it is not one. */
export function readCertificate(input: string | Buffer): CertificateFacts {
  const x509 = new X509Certificate(input);
  const der = x509.raw;
  const [tbs] = readElements(der, readElement(der, 0));
  if (tbs === undefined) throw new RangeError("certificate is empty");
  const fields = readElements(der, tbs);
  const explicitVersion = fields[0]?.tag === 0xa0;
  const [serial, , issuer, , subject] = explicitVersion ? fields.slice(1) : fields;
  if (serial === undefined || issuer === undefined || subject === undefined)
    throw new RangeError("certificate has no names");
  const extensions = readExtensions(
    der,
    fields.find((field) => field.tag === extensionTag),
  );
  return {
    x509,
    version: explicitVersion ? (der[(fields[0]?.end ?? 0) - 1] ?? 0) + 1 : 1,
    serial: x509.serialNumber.toUpperCase(),
    serialHex: contentHex(der, serial),
    subject: renderName(der, subject),
    issuer: renderName(der, issuer),
    subjectDer: der.toString("hex", subject.start, subject.end),
    issuerDer: der.toString("hex", issuer.start, issuer.end),
    notBefore: Date.parse(x509.validFrom),
    notAfter: Date.parse(x509.validTo),
    isCa: x509.ca,
    pathLength: readPathLength(der, extensions.get("551d13")),
    keyUsage: readKeyUsage(der, extensions.get("551d0f")),
    purposes: x509.keyUsage,
    ocspUrl: readOcspUrl(der, extensions.get("2b06010505070101")),
  };
}

/** Reads the anchors of a trust store. One that can't be read trusts nobody; the others go on working. */
export function readAnchors(pems: readonly string[]): CertificateFacts[] {
  return pems.flatMap((pem) => {
    try {
      return [readCertificate(pem)];
    } catch {
      return [];
    }
  });
}

/** The chain that a peer showed, leaf first; empty when it showed none, `undefined` when it can't be read. */
export function readPresented(socket: TLSSocket): CertificateFacts[] | undefined {
  const chain: CertificateFacts[] = [];
  const seen = new Set<string>();
  let next: Partial<DetailedPeerCertificate> | undefined = socket.getPeerCertificate(true);
  try {
    while (next?.raw !== undefined && !seen.has(next.fingerprint256 ?? "")) {
      seen.add(next.fingerprint256 ?? "");
      chain.push(readCertificate(next.raw));
      next = next.issuerCertificate;
    }
    return chain;
  } catch {
    return undefined;
  }
}

function readExtensions(der: Buffer, wrapper: DerElement | undefined): Map<string, DerElement> {
  const found = new Map<string, DerElement>();
  if (wrapper === undefined) return found;
  for (const extension of readElements(der, readElement(der, wrapper.content))) {
    const parts = readElements(der, extension);
    const value = parts.at(-1);
    if (parts[0] === undefined || value?.tag !== derTag.octetString) continue;
    found.set(contentHex(der, parts[0]), readElement(der, value.content));
  }
  return found;
}

function readPathLength(der: Buffer, value: DerElement | undefined): number | undefined {
  if (value === undefined) return undefined;
  const length = readElements(der, value).find((part) => part.tag === derTag.integer);
  return length === undefined ? undefined : der.readUIntBE(length.content, length.end - length.content);
}

function readKeyUsage(der: Buffer, value: DerElement | undefined): number | undefined {
  // The first content byte of a BIT STRING counts the unused bits.
  return value === undefined ? undefined : (der[value.content + 1] ?? 0);
}

/** The first URI of an Authority Information Access extension that is for OCSP (RFC 5280, 4.2.2.1). */
function readOcspUrl(der: Buffer, value: DerElement | undefined): string | undefined {
  if (value === undefined) return undefined;
  const locations = readElements(der, value)
    .map((description) => readElements(der, description))
    .filter(
      ([method, location]) => method && contentHex(der, method) === ocspMethod && location?.tag === uriTag,
    );
  const location = locations[0]?.[1];
  return location === undefined ? undefined : der.toString("latin1", location.content, location.end);
}
