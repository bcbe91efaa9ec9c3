import { createPrivateKey, X509Certificate } from "node:crypto";
import { dissectCertificate } from "@handfast/core/certificates";
import type { Refusal } from "../envelope.ts";
import { isObject } from "../route.ts";
import { writeDate } from "../timing.ts";
import type { AccountCertificate } from "./models.ts";
import { refusals } from "./refusals.ts";

/** An upload that passed. */
export interface AccountUpload
  extends Pick<
    AccountCertificate,
    "ca" | "certificates" | "digest" | "name" | "issuer" | "serialNumber" | "signature" | "expiresOn"
  > {
  readonly kind: "upload";
}

const block = /-----BEGIN CERTIFICATE-----\n(?:[A-Za-z0-9+/=]+\n)+-----END CERTIFICATE-----/g;

/** The signatures that a CA may have (API Shield documentation, "Bring your own CA"), with the names that the API gives them. */
const signatures: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.1.5": "SHA1WithRSA",
  "1.2.840.113549.1.1.11": "SHA256WithRSA",
  "1.2.840.113549.1.1.12": "SHA384WithRSA",
  "1.2.840.113549.1.1.13": "SHA512WithRSA",
  "1.2.840.10045.4.1": "ECDSAWithSHA1",
  "1.2.840.10045.4.3.2": "ECDSAWithSHA256",
  "1.2.840.10045.4.3.3": "ECDSAWithSHA384",
  "1.2.840.10045.4.3.4": "ECDSAWithSHA512",
};

/**
 * Reads the body of an upload: with `ca` one CA, whose key is not needed, else a leaf, which may be followed by its
 * chain, and its key.
 */
export function readUpload(body: unknown, now: number): AccountUpload | Refusal {
  if (!isObject(body)) return refusals.bodyInvalid;
  const { ca, certificates: pem, name = "", private_key: key } = body;
  if (typeof ca !== "boolean" || typeof pem !== "string" || typeof name !== "string") {
    return refusals.bodyInvalid;
  }
  if (key !== undefined && typeof key !== "string") return refusals.keyInvalid;
  const found = readCertificates(pem);
  const first = found?.[0];
  if (found === undefined || first === undefined) return refusals.unparseable;
  const signature = signatures[dissectCertificate(first.raw).signature.oid];
  const refused =
    (ca ? refuseAuthority(found, signature) : refuseLeaf(first, key)) ??
    (key === undefined ? undefined : refuseKey(first, key));
  if (refused !== undefined) return refused;
  const expiresAt = Date.parse(first.validTo);
  if (expiresAt <= now) return refusals.expired;
  return {
    kind: "upload",
    ca,
    certificates: `${pem.trimEnd()}\n`,
    digest: first.fingerprint256,
    name,
    issuer: first.issuer.split("\n").join(","),
    serialNumber: BigInt(`0x${first.serialNumber}`).toString(),
    signature: signature ?? "Unknown",
    expiresOn: writeDate(expiresAt),
  };
}

function readCertificates(pem: string): readonly X509Certificate[] | undefined {
  if (!/^\n*$/.test(pem.replaceAll(block, ""))) return undefined;
  try {
    return (pem.match(block) ?? []).map((text) => new X509Certificate(text));
  } catch {
    return undefined;
  }
}

function refuseAuthority(
  found: readonly X509Certificate[],
  signature: string | undefined,
): Refusal | undefined {
  if (found.some(({ ca }) => !ca)) return refusals.notAuthority;
  if (found.length > 1) return refusals.severalAuthorities;
  return signature === undefined ? refusals.signatureNotSupported : undefined;
}

function refuseLeaf(leaf: X509Certificate, key: string | undefined): Refusal | undefined {
  if (leaf.ca) return refusals.noLeaf;
  return key === undefined ? refusals.keyInvalid : undefined;
}

function refuseKey(certificate: X509Certificate, pem: string): Refusal | undefined {
  try {
    return certificate.checkPrivateKey(createPrivateKey(pem)) ? undefined : refusals.keyMismatch;
  } catch {
    return refusals.keyInvalid;
  }
}
