import type { Clock, Digest, Finding } from "@handfast/core";
import type { Certificate } from "../certificate/read-certificates.ts";

/** Something to know about a certificate or key. `blocker`: traffic is refused; `warning`: it may be, or will be. */
export interface CertificateFinding extends Finding {
  /** SHA-256 of the DER of the certificate that it is about. */
  readonly certificate?: Digest | undefined;
}

/** When and how strictly to check. */
export interface CheckOptions {
  /** @default systemClock */
  readonly clock?: Clock | undefined;
  /** Warn of certificates that expire within so many days. @default 30 */
  readonly soonDays?: number | undefined;
}

const day = 86_400_000;

/** Findings on validity, at `now`. */
export function checkValidity(
  { sha256, facts }: Certificate,
  now: number,
  soonDays: number,
): readonly CertificateFinding[] {
  const about = { certificate: sha256 };
  const name = facts.subject === "" ? sha256.slice(0, 12) : facts.subject;
  if (now > facts.notAfter)
    return [
      {
        ...about,
        code: "expired",
        severity: "blocker",
        message: `${name} expired at ${moment(facts.notAfter)}`,
        mend: "issue a new one and present it before the old one is taken away",
      },
    ];
  if (now < facts.notBefore)
    return [
      {
        ...about,
        code: "not-yet-valid",
        severity: "blocker",
        message: `${name} is valid only from ${moment(facts.notBefore)}`,
        mend: "wait, or check the clock of the machine that issued it",
      },
    ];
  if (now + soonDays * day > facts.notAfter)
    return [
      {
        ...about,
        code: "expires-soon",
        severity: "warning",
        message: `${name} expires at ${moment(facts.notAfter)}`,
        mend: "issue a new one in time",
      },
    ];
  return [];
}

/** Findings on key and signature: what ALB takes (RSA 2048 to 8192, P-256, P-384, P-521; SHA-2) is the measure. */
export function checkStrength({ sha256, facts }: Certificate): readonly CertificateFinding[] {
  const findings: CertificateFinding[] = [];
  const { keyType, keyBits = 0, signatureHash } = facts;
  const fits =
    keyType === "rsa" || keyType === "rsa-pss"
      ? keyBits >= 2048 && keyBits <= 8192
      : keyType === "ec" && keyBits > 0;
  if (!fits)
    findings.push({
      certificate: sha256,
      code: "weak-key",
      severity: "blocker",
      message: `${facts.subject} has a key of ${facts.key}, which providers refuse`,
      mend: "use RSA from 2048 to 8192 bits, P-256, P-384 or P-521",
    });
  if (signatureHash === undefined || !["sha256", "sha384", "sha512"].includes(signatureHash))
    findings.push({
      certificate: sha256,
      code: "weak-hash",
      severity: "blocker",
      message: `${facts.subject} is signed with ${signatureHash ?? "a hash that is not known here"}`,
      mend: "issue it again with SHA-256",
    });
  return findings;
}

function moment(ms: number): string {
  return new Date(ms).toISOString();
}
