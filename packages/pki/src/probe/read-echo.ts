import { createHash, X509Certificate } from "node:crypto";
import { normaliseSerial } from "@handfast/core";

/** What an application says that it saw of a client certificate: whatever of it could be read. */
export interface SeenCertificate {
  /** SHA-256 of the DER, lower-case hex. */
  readonly sha256?: string | undefined;
  /** Lower-case hex without leading zero bytes. */
  readonly serial?: string | undefined;
  /** The issuer's name, spelled as it came. */
  readonly issuer?: string | undefined;
}

/** More than any provider passes on in one field. */
const longestPair = 16_384;

/**
 * Reads what an application repeats of the client certificate that reached it, in any of the forms in which providers
 * pass one on: PEM, URL-encoded or not (ALB's `X-Amzn-Mtls-Clientcert` and `-Leaf`), base64 of the DER (RFC 9440,
 * section 2.1), the SHA-256 of the DER, the serial number in hex, or pairs such as `serial=01;issuer="CN=Root"` and
 * `Hash=…;Cert="…"` (Envoy's `x-forwarded-client-cert`).
 *
 * @returns undefined when it is none of these
 */
export function readEcho(value: string): SeenCertificate | undefined {
  const text = decode(value).trim();
  const der = derOf(text);
  if (der !== undefined) return ofDer(der);
  const bare = readBare(text);
  return bare ?? readPairs(value.trim());
}

function ofDer(der: Buffer): SeenCertificate | undefined {
  try {
    const { serialNumber, raw } = new X509Certificate(der);
    return { sha256: createHash("sha256").update(raw).digest("hex"), serial: normaliseSerial(serialNumber) };
  } catch {
    return undefined;
  }
}

/** One number in hex. */
function readBare(text: string): SeenCertificate | undefined {
  const hex = text.replaceAll(":", "").toLowerCase();
  if (/^[0-9a-f]{64}$/.test(hex)) return { sha256: hex };
  return /^[0-9a-f]{1,40}$/.test(hex)
    ? { serial: normaliseSerial(hex.length % 2 === 0 ? hex : `0${hex}`) }
    : undefined;
}

/** Pairs of a name and a value, quoted or not; those of the nearest hop come last where there are several. */
function readPairs(text: string): SeenCertificate | undefined {
  if (text.length > longestPair) return undefined;
  const pairs = new Map(
    [...text.matchAll(/([a-z0-9_-]{2,20})=(?:"((?:[^"\\]|\\.)*)"|([^;,"]*))/gi)].map(
      ([, name = "", quoted, bare = ""]) => [
        name.toLowerCase(),
        decode(quoted?.replace(/\\(.)/g, "$1") ?? bare).trim(),
      ],
    ),
  );
  const certificate = pairs.get("cert");
  const der = certificate === undefined ? undefined : derOf(certificate);
  if (der !== undefined) return ofDer(der);
  const hash = readBare(pairs.get("hash") ?? pairs.get("sha256") ?? pairs.get("fingerprint") ?? "");
  const serial = readBare(pairs.get("serial") ?? "")?.serial;
  if (hash?.sha256 === undefined && serial === undefined) return undefined;
  return { sha256: hash?.sha256, serial, issuer: pairs.get("issuer") };
}

/** URL encoding in which `+`, `=` and `/` stand for themselves. */
function decode(value: string): string {
  if (!value.includes("%")) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function derOf(text: string): Buffer | undefined {
  const pem = /-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/.exec(text);
  if (pem?.[1] !== undefined) return Buffer.from(pem[1].replace(/\s+/g, ""), "base64");
  const bytes = /^:?([A-Za-z0-9+/]{100,}={0,2}):?$/.exec(text);
  return bytes?.[1] === undefined ? undefined : Buffer.from(bytes[1], "base64");
}
