import { constants, createPublicKey, type KeyObject, verify } from "node:crypto";
import { type CrlFields, dissectCrl } from "./dissect-crl.ts";
import type { CertificateFacts, CrlFacts } from "./facts.ts";
import { partsOf, subjectDer } from "./read-certificate.ts";
import { child, children, eachChild, readDer, readOid } from "./read-der.ts";
import { signatureAlgorithm } from "./signature-algorithm.ts";

/** Why a CRL is not one that this certificate's holder signed. */
export type CrlSignatureFault =
  /** It names another issuer. */
  | "issuer-differs"
  /** The certificate's key usage does not include cRLSign. */
  | "key-usage"
  /** The algorithm is not known here, or stands there in two versions. */
  | "algorithm"
  /** The certificate's key is of another kind than the algorithm, or did not make this signature. */
  | "signature";

/** Whether a CRL is signed by the holder of a certificate. */
export type CrlSignature =
  | { readonly verdict: "good" }
  /** The explanation is for people. */
  | { readonly verdict: "bad"; readonly reason: CrlSignatureFault; readonly explanation: string };

/**
 * Checks that a CRL was signed by the holder of a certificate (RFC 5280, 6.3.3, steps f and g): the names agree byte by
 * byte, the certificate may sign CRLs, and the signature holds. RSASSA-PKCS1-v1_5, RSASSA-PSS, ECDSA, Ed25519, Ed448,
 * and ML-DSA where the runtime has it. Dates are not looked at. A pair is checked once: a list may have 25 MB.
 *
 * @example
 * ```ts
 * import { readCertificate, readCrl } from "@handfast/core";
 * import { checkCrlSignature } from "@handfast/core/certificates";
 *
 * export function isSignedBy(crl: Uint8Array, ca: Uint8Array): boolean {
 *   return checkCrlSignature(readCrl(crl), readCertificate(ca)).verdict === "good";
 * }
 * ```
 */
export function checkCrlSignature(crl: CrlFacts, issuer: CertificateFacts): CrlSignature {
  let verdicts = checked.get(crl);
  if (verdicts === undefined) {
    verdicts = new Map();
    checked.set(crl, verdicts);
  }
  let verdict = verdicts.get(issuer.sha256);
  if (verdict === undefined) {
    verdict = check(crl, issuer);
    verdicts.set(issuer.sha256, verdict);
  }
  return verdict;
}

const checked = new WeakMap<CrlFacts, Map<string, CrlSignature>>();

function check(crl: CrlFacts, issuer: CertificateFacts): CrlSignature {
  if (crl.issuer !== subjectDer(issuer))
    return bad("issuer-differs", `the list names another issuer than ${issuer.subject}`);
  if (issuer.keyUsage !== undefined && !issuer.keyUsage.includes("cRLSign"))
    return bad("key-usage", `the key usage of ${issuer.subject} does not include cRLSign`);
  const fields = dissectCrl(crl.der);
  const { outer, inner } = fields.signature;
  if (Buffer.compare(outer, inner) !== 0)
    return bad("algorithm", "the algorithm beside the signature is not the one that is signed");
  try {
    return verifyWith(createPublicKey(spkiOf(issuer)), fields, issuer.subject);
  } catch {
    return bad("signature", `the key of ${issuer.subject} can't be used to check the signature`);
  }
}

function verifyWith(key: KeyObject, fields: CrlFields, subject: string): CrlSignature {
  const { name, hash } = signatureAlgorithm(fields.signature);
  const type = key.asymmetricKeyType ?? "";
  const { signed, signatureValue } = fields;
  let holds: boolean;
  if (name === "rsassaPss") {
    const scheme = readPss(fields.signature.parameters);
    if (hash === undefined || scheme === undefined)
      return bad("algorithm", "the parameters of RSASSA-PSS are not known here");
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    holds =
      (type === "rsa" || type === "rsa-pss") &&
      verify(hash, signed, { key, padding, saltLength: scheme.saltLength }, signatureValue);
  } else if (hash === undefined) {
    return bad("algorithm", `the signature algorithm ${name} is not known here`);
  } else {
    const due = name.endsWith("WithRSAEncryption") ? "rsa" : name.startsWith("ecdsa-") ? "ec" : name;
    holds = type === due && verify(hash === "none" ? null : hash, signed, key, signatureValue);
  }
  return holds ? { verdict: "good" } : bad("signature", `the key of ${subject} did not make the signature`);
}

/** RSASSA-PSS-params (RFC 4055, 3.1), where the mask is generated with the same hash: others are never used. */
function readPss(parameters: Uint8Array | undefined): { readonly saltLength: number } | undefined {
  if (parameters === undefined) return undefined;
  const fields = new Map(children(readDer(parameters)).map(({ tag, value }) => [tag, value]));
  const salt = fields.get(0xa2);
  const trailer = fields.get(0xa3);
  if (trailer !== undefined && readDer(trailer).value[0] !== 1) return undefined;
  const hashOf = (value: Uint8Array | undefined): string =>
    value === undefined ? "1.3.14.3.2.26" : readOid(child([...eachChild(readDer(value))], 0));
  const mask = fields.get(0xa1);
  const maskHash = mask === undefined ? undefined : child(children(readDer(mask)), 1).whole;
  if (hashOf(fields.get(0xa0)) !== hashOf(maskHash)) return undefined;
  const octets = salt === undefined ? [20] : [...readDer(salt).value];
  return { saltLength: octets.reduce((sum, octet) => sum * 256 + octet, 0) };
}

function spkiOf(issuer: CertificateFacts): { key: Buffer; format: "der"; type: "spki" } {
  return { key: Buffer.from(partsOf(issuer).publicKey), format: "der", type: "spki" };
}

function bad(reason: CrlSignatureFault, explanation: string): CrlSignature {
  return { verdict: "bad", reason, explanation };
}
