import { HandfastError } from "@handfast/core";
import type { ValidityOptions } from "./authority.ts";

/** From when until when, in milliseconds since the epoch. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

const day = 86_400_000;
/** 99991231235959Z, the last moment that a certificate can name (RFC 5280, 4.1.2.5). */
const lastMoment = 253_402_300_799_000;

/** How far the clocks of those who will check a certificate may be behind that of its issuer. */
const skewMs = 300_000;

/**
 * When a certificate of so many days begins that is made now: five minutes ago, or a tenth of its life where that is
 * less, but not before its issuer, nor before 1970. One that began this very second would be refused by every machine
 * whose clock is a second behind. Its end moves with it, so that it lives as long as was said.
 */
export function startFor(now: number, days: number, issuer?: Validity): number {
  const earliest = Math.min(now, issuer?.notBefore ?? 0);
  return Math.max(earliest, now - Math.min(skewMs, (days * day) / 10));
}

/**
 * The validity of a certificate of so many days, in whole seconds, kept inside that of its issuer: a leaf that
 * outlives its issuer only looks valid.
 *
 * @throws HandfastError `CERTIFICATE_UNSUITABLE` when the days or the start are no possible number, or nothing is left
 *   inside the issuer's validity
 */
export function makeValidity(start: number, days: number, issuer?: Validity): Validity {
  const from = Math.floor(start / 1000) * 1000;
  const until = Math.floor(Math.min(from + days * day, lastMoment) / 1000) * 1000;
  if (!(days > 0) || days === Number.POSITIVE_INFINITY || !(start >= 0) || !(until > from))
    throw unsuitable(
      "",
      `${days} days from ${start} ms are no validity; give days above 0 and a start in milliseconds`,
    );
  if (issuer === undefined) return { notBefore: from, notAfter: until };
  const validity = {
    notBefore: Math.max(from, issuer.notBefore),
    notAfter: Math.min(until, issuer.notAfter),
  };
  if (validity.notAfter <= validity.notBefore)
    throw unsuitable(
      ` [issuer valid ${moment(issuer.notBefore)} to ${moment(issuer.notAfter)}]`,
      `the certificate would start at ${moment(from)}, outside of it; use a current authority or another start`,
    );
  return validity;
}

/** The validity of an authority that is made now: five years, unless the options say otherwise. */
export function authorityValidity(
  { notBefore, days = 1826 }: ValidityOptions,
  now: number,
  issuer?: Validity,
): Validity {
  return makeValidity(notBefore ?? startFor(now, days, issuer), days, issuer);
}

function moment(ms: number): string {
  return new Date(ms).toISOString();
}

function unsuitable(where: string, reason: string): HandfastError {
  return new HandfastError("CERTIFICATE_UNSUITABLE", `issue certificate failed${where}: ${reason}`);
}
