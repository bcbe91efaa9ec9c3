import type { CertificateFacts } from "@handfast/core";

const day = 86_400_000;

/** When a certificate is due for renewal: after a share of its life, or days before its end. */
export type RenewBy = { readonly share: number } | { readonly daysBefore: number };

/** When which certificates are due for renewal. */
export interface RenewalPolicy {
  /** Certificates that may not sign others. @default after two thirds of their life */
  readonly leaves?: RenewBy | "never" | undefined;
  /** Roots and intermediates. @default after two thirds of their life */
  readonly authorities?: RenewBy | "never" | undefined;
}

/**
 * When a certificate is due, in milliseconds since the epoch, on a whole second; never before its life begins.
 * Undefined where the policy says never.
 *
 * @throws TypeError for a share that is not between 0 and 1, and for days below zero
 */
export function renewBy(certificate: CertificateFacts, policy: RenewalPolicy): number | undefined {
  const rule = (certificate.ca ? policy.authorities : policy.leaves) ?? { share: 2 / 3 };
  if (rule === "never") return undefined;
  const { notBefore, notAfter } = certificate;
  const at =
    "share" in rule
      ? notBefore + (notAfter - notBefore) * checkShare(rule.share)
      : notAfter - checkDays(rule.daysBefore) * day;
  return Math.max(notBefore, Math.floor(at / 1_000) * 1_000);
}

function checkShare(share: number): number {
  if (share > 0 && share < 1) return share;
  throw new TypeError(`calendarOf: a share of ${share} is not between 0 and 1`);
}

function checkDays(days: number): number {
  if (days >= 0 && Number.isFinite(days)) return days;
  throw new TypeError(`calendarOf: ${days} days before the end are none`);
}
