import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import type { Refusal } from "../envelope.ts";
import { isObject } from "../route.ts";
import { writeDate } from "../timing.ts";
import type { CertificateText } from "./models.ts";
import { refusals } from "./refusals.ts";
import { signatureName } from "./signature-name.ts";

/** What to do with certificates that follow the leaf in an upload. */
export type ChainHandling = "refuse" | "drop" | "send";

/** An upload that passed. */
export interface Upload {
  readonly kind: "upload";
  readonly digest: string;
  readonly text: CertificateText;
  readonly key: string;
}

const block = /-----BEGIN CERTIFICATE-----\n(?:[A-Za-z0-9+/=]+\n)+-----END CERTIFICATE-----/g;

/**
 * Reads the body of an upload as strictly as the cautious reading of the sources has it: PEM with LF line ends
 * and nothing around it, one leaf that is no CA and has not expired, a plain key of a known kind that fits.
 */
export function readUpload(body: unknown, now: number, chain: ChainHandling): Upload | Refusal {
  if (!isObject(body)) return refusals.bodyInvalid;
  const { certificate: pem, private_key: key } = body;
  if (typeof pem !== "string") return refusals.unparseable;
  if (typeof key !== "string") return refusals.keyInvalid;
  const certificates = readCertificates(pem);
  const leaf = certificates?.[0];
  if (certificates === undefined || leaf === undefined) return refusals.unparseable;
  if (leaf.ca) return refusals.noLeaf;
  if (certificates.length > 1 && chain === "refuse") return refusals.chainRefused;
  const privateKey = readKey(key);
  if ("kind" in privateKey) return privateKey;
  if (!leaf.checkPrivateKey(privateKey)) return refusals.keyMismatch;
  const expiresAt = Date.parse(leaf.validTo);
  if (expiresAt <= now) return refusals.expired;
  const kept = chain === "send" ? pem : (pem.match(block)?.[0] ?? pem);
  return {
    kind: "upload",
    digest: leaf.fingerprint256,
    key,
    text: {
      certificate: pem.endsWith("\n") ? kept.trimEnd() : `${kept}\n`,
      issuer: leaf.issuer.split("\n").join(","),
      signature: signatureName(leaf.raw),
      serialNumber: BigInt(`0x${leaf.serialNumber}`).toString(),
      expiresOn: writeDate(expiresAt),
    },
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

function readKey(pem: string): KeyObject | ({ kind: "refusal" } & Refusal) {
  if (/ENCRYPTED/.test(pem)) return refusals.keyEncrypted;
  if (/EC PARAMETERS/.test(pem)) return refusals.keyInvalid;
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    return refusals.keyInvalid;
  }
  const strongEnough =
    key.asymmetricKeyType === "ec" ||
    (key.asymmetricKeyType === "rsa" && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048);
  return strongEnough ? key : refusals.keyInvalid;
}
