import { HandfastError } from "@handfast/core";

/** From when until when, in milliseconds since the epoch. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

const day = 86_400_000;
/** 99991231235959Z, the last moment that a certificate can name (RFC 5280, 4.1.2.5). */
const lastMoment = 253_402_300_799_000;

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

function moment(ms: number): string {
  return new Date(ms).toISOString();
}

function unsuitable(where: string, reason: string): HandfastError {
  return new HandfastError("CERTIFICATE_UNSUITABLE", `issue certificate failed${where}: ${reason}`);
}
