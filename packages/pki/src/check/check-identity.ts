import { isHandfastError, systemClock } from "@handfast/core";
import {
  type Certificate,
  type CertificateInput,
  readCertificates,
} from "../certificate/read-certificates.ts";
import type { KeyHandle } from "../key/key-handle.ts";
import { readKey } from "../key/read-key.ts";
import { buildChain, isIssuedBy } from "./build-chain.ts";
import { type CertificateFinding, type CheckOptions, checkStrength, checkValidity } from "./finding.ts";

/** What is to be shown to a verifier. */
export interface CheckIdentityInput {
  /** Leaf first, then its intermediates. */
  readonly chain: CertificateInput;
  /** A handle, or PEM. */
  readonly key: KeyHandle | string;
  readonly passphrase?: string | undefined;
  /** Whom the verifier trusts; without it the chain is checked only in itself. */
  readonly anchors?: CertificateInput | undefined;
}

const clientAuth = "1.3.6.1.5.5.7.3.2";

/**
 * Whether a client certificate with its chain and key would be accepted: everything that makes a verifier
 * refuse it, as data. Never throws on content.
 *
 * Codes: `chain-unreadable`, `anchors-unreadable`, `key-encrypted`, `key-unreadable`, `key-mismatch`,
 * `leaf-is-ca`, `lacks-client-auth`, `lacks-digital-signature`, `chain-incomplete`, `chain-order`,
 * `chain-has-root`, `path-too-long`, and those of validity and strength for each certificate.
 *
 * @example
 * ```ts
 * import { checkIdentity, type KeyHandle } from "@handfast/pki";
 *
 * export function problems(chain: string, key: KeyHandle, anchors: string): string[] {
 *   return checkIdentity({ chain, key, anchors }).map((finding) => finding.message);
 * }
 * ```
 */
export function checkIdentity(
  input: CheckIdentityInput,
  options: CheckOptions = {},
): readonly CertificateFinding[] {
  const { clock = systemClock, soonDays = 30 } = options;
  const chain = read(input.chain, "chain-unreadable");
  const anchors = input.anchors === undefined ? undefined : read(input.anchors, "anchors-unreadable");
  const key = readHandle(input);
  const findings: CertificateFinding[] = [chain, anchors ?? [], key].filter(isFinding);
  if (isFinding(chain)) return findings;
  const [leaf, ...rest] = chain;
  if (leaf === undefined) return findings;
  if (!isFinding(key) && key.spki !== leaf.facts.spki)
    findings.push({
      certificate: leaf.sha256,
      code: "key-mismatch",
      severity: "blocker",
      message: `the key does not belong to ${leaf.facts.subject}`,
      mend: "give the key that the request was made with",
    });
  findings.push(...checkLeaf(leaf), ...checkPath(leaf, rest, isFinding(anchors) ? undefined : anchors));
  const now = clock.now();
  for (const certificate of chain)
    findings.push(...checkValidity(certificate, now, soonDays), ...checkStrength(certificate));
  return findings;
}

function checkLeaf({ sha256, facts }: Certificate): readonly CertificateFinding[] {
  const findings: CertificateFinding[] = [];
  const blocker = (code: string, message: string, mend: string): void => {
    findings.push({ certificate: sha256, code, severity: "blocker", message, mend });
  };
  if (facts.ca)
    blocker("leaf-is-ca", `${facts.subject} is a CA certificate`, "show a leaf: basicConstraints CA:FALSE");
  // OpenSSL does not count anyExtendedKeyUsage as clientAuth (X509_check_purpose(3)).
  if (facts.extendedKeyUsage !== undefined && !facts.extendedKeyUsage.includes(clientAuth))
    blocker(
      "lacks-client-auth",
      `${facts.subject} has an extended key usage without clientAuth`,
      "issue it for clients",
    );
  if (facts.keyUsage !== undefined && !facts.keyUsage.includes("digitalSignature") && !facts.ca)
    blocker(
      "lacks-digital-signature",
      `${facts.subject} has a key usage without digitalSignature, which TLS clients sign with`,
      "issue it again with digitalSignature",
    );
  return findings;
}

function checkPath(
  leaf: Certificate,
  rest: readonly Certificate[],
  anchors: readonly Certificate[] | undefined,
): readonly CertificateFinding[] {
  const findings: CertificateFinding[] = [];
  const roots = rest.filter(
    (certificate) => certificate.facts.selfIssued && isIssuedBy(certificate, certificate),
  );
  for (const { sha256, facts } of roots)
    findings.push({
      certificate: sha256,
      code: "chain-has-root",
      severity: "warning",
      message: `${facts.subject} is a root; a verifier has it or does not trust it, and Cloudflare refuses it`,
      mend: "leave the root out of the chain",
    });
  const chain = [leaf, ...rest];
  const stray = chain.slice(1).find((certificate, index) => {
    const below = chain[index];
    return below !== undefined && !isIssuedBy(below, certificate);
  });
  if (stray !== undefined)
    findings.push({
      certificate: stray.sha256,
      code: "chain-order",
      severity: "warning",
      message: `${stray.facts.subject} did not issue the certificate before it`,
      mend: "put the leaf first and each issuer behind what it issued (RFC 8446, 4.4.2)",
    });
  const path = anchors === undefined ? chain : buildChain(leaf, rest, anchors);
  // The leaf and the CA itself do not count (RFC 5280, 4.2.1.9).
  const narrow = path?.find(
    ({ facts }, index) => facts.pathLength !== undefined && index - 1 > facts.pathLength,
  );
  if (narrow !== undefined)
    findings.push({
      certificate: narrow.sha256,
      code: "path-too-long",
      severity: "blocker",
      message: `${narrow.facts.subject} allows ${narrow.facts.pathLength} authorities below it, and there are more`,
      mend: "issue the leaf from an authority nearer to the root",
    });
  if (path === undefined)
    findings.push({
      certificate: leaf.sha256,
      code: "chain-incomplete",
      severity: "blocker",
      message: `no path leads from ${leaf.facts.subject}, issued by ${leaf.facts.issuer}, to an anchor`,
      mend: "add the missing intermediate to the chain, or the issuer to the trusted CAs",
    });
  return findings;
}

function readHandle({ key, passphrase }: CheckIdentityInput): KeyHandle | CertificateFinding {
  if (typeof key !== "string") return key;
  try {
    return readKey(key, { passphrase });
  } catch (cause) {
    if (!isHandfastError(cause)) throw cause;
    const code = cause.code === "KEY_ENCRYPTED" ? "key-encrypted" : "key-unreadable";
    return { code, severity: "blocker", message: cause.message };
  }
}

function read(input: CertificateInput, code: string): readonly Certificate[] | CertificateFinding {
  try {
    return readCertificates(input);
  } catch (cause) {
    if (!isHandfastError(cause)) throw cause;
    return { code, severity: "blocker", message: cause.message };
  }
}

function isFinding(value: unknown): value is CertificateFinding {
  return typeof value === "object" && value !== null && "severity" in value;
}
