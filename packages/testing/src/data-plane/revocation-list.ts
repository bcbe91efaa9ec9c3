import { constants, type KeyObject, verify } from "node:crypto";
import { contentHex, type DerElement, derTag, readElement, readElements, readTime } from "./der.ts";

/** What a verifier looks at in a CRL (RFC 5280, 5.1). */
export interface RevocationList {
  /** Hex of the DER of the issuer's name. */
  readonly issuerDer: string;
  /** Milliseconds since the epoch. */
  readonly thisUpdate: number;
  /** Milliseconds since the epoch; absent when the list has none, which RFC 5280, 5.1.2.5 forbids. */
  readonly nextUpdate: number | undefined;
  readonly size: number;
  /** Whether a serial (hex, any case, leading zeros allowed) is on the list. */
  revokes(serial: string): boolean;
  /** Whether the key's holder signed the list; `false` also for an algorithm that is not known here. */
  signedBy(key: KeyObject): boolean;
}

/** Signature algorithms by the hex of their object identifier. */
const hashOf: Readonly<Record<string, string>> = {
  "2a8648ce3d040302": "sha256",
  "2a8648ce3d040303": "sha384",
  "2a8648ce3d040304": "sha512",
  "2a864886f70d01010b": "sha256",
  "2a864886f70d01010c": "sha384",
  "2a864886f70d01010d": "sha512",
};
const rsaPss = "2a864886f70d01010a";
const pssHashOf: Readonly<Record<string, string>> = {
  "608648016503040201": "sha256",
  "608648016503040202": "sha384",
  "608648016503040203": "sha512",
};

/** Reads one PEM CRL by walking its DER. Throws a `RangeError` when it is not one. */
export function readRevocationList(pem: string): RevocationList {
  const body = /-----BEGIN X509 CRL-----([\s\S]+?)-----END X509 CRL-----/.exec(pem)?.[1];
  if (body === undefined) throw new RangeError("text holds no PEM block of type X509 CRL");
  const der = Buffer.from(body, "base64");
  const [tbs, algorithm, signature] = readElements(der, readElement(der, 0));
  if (tbs === undefined || algorithm === undefined || signature?.tag !== derTag.bitString) {
    throw new RangeError("CRL is not signed");
  }
  const fields = readElements(der, tbs);
  const [, issuer, thisUpdate, ...rest] = fields[0]?.tag === derTag.integer ? fields.slice(1) : fields;
  if (issuer === undefined || thisUpdate === undefined) throw new RangeError("CRL has no issuer or no date");
  const nextUpdate = rest.find(({ tag }) => tag === derTag.utcTime || tag === derTag.generalizedTime);
  const serials = readSerials(
    der,
    rest.find(({ tag }) => tag === derTag.sequence),
  );
  return {
    issuerDer: der.toString("hex", issuer.start, issuer.end),
    thisUpdate: readTime(der, thisUpdate),
    nextUpdate: nextUpdate === undefined ? undefined : readTime(der, nextUpdate),
    size: serials.size,
    revokes: (serial) => serials.has(stripZeros(serial.toLowerCase())),
    signedBy: (key) => isSigned(der, tbs, algorithm, signature, key),
  };
}

function readSerials(der: Buffer, list: DerElement | undefined): Set<string> {
  const serials = new Set<string>();
  if (list === undefined) return serials;
  for (let at = list.content; at < list.end; ) {
    const entry = readElement(der, at, list.end);
    const serial = readElement(der, entry.content, entry.end);
    // A negative serial cannot be enforced (API page "AddTrustStoreRevocations").
    if ((der[serial.content] ?? 0) < 0x80) serials.add(stripZeros(contentHex(der, serial)));
    at = entry.end;
  }
  return serials;
}

function stripZeros(hex: string): string {
  return hex.replace(/^(?:00)+(?=..)/, "");
}

function isSigned(
  der: Buffer,
  tbs: DerElement,
  algorithm: DerElement,
  signature: DerElement,
  key: KeyObject,
): boolean {
  const [oid, parameters] = readElements(der, algorithm);
  if (oid === undefined) return false;
  const name = contentHex(der, oid);
  const hash = name === rsaPss ? readPssHash(der, parameters) : hashOf[name];
  if (hash === undefined) return false;
  const signed = der.subarray(tbs.start, tbs.end);
  const bytes = der.subarray(signature.content + 1, signature.end);
  const padding = name === rsaPss ? { padding: constants.RSA_PKCS1_PSS_PADDING } : {};
  try {
    return verify(hash, signed, { key, ...padding }, bytes);
  } catch {
    return false; // A key of another kind than the signature.
  }
}

function readPssHash(der: Buffer, parameters: DerElement | undefined): string | undefined {
  if (parameters?.tag !== derTag.sequence) return undefined;
  const wrapped = readElements(der, parameters).find(({ tag }) => tag === 0xa0);
  if (wrapped === undefined) return undefined;
  const oid = readElement(der, readElement(der, wrapped.content).content);
  return pssHashOf[contentHex(der, oid)];
}
