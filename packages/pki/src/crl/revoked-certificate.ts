import { HandfastError, normaliseSerial } from "@handfast/core";
import { type RevocationReason as AnyReason, revocationReasons } from "@handfast/core/certificates";

/** Why a certificate was revoked (RFC 5280, 5.3.1). `removeFromCRL` is left out: it stands in delta CRLs only. */
export type RevocationReason = Exclude<AnyReason, "removeFromCRL">;

/** One revoked certificate. */
export interface RevokedCertificate {
  /**
   * Hex in any of the spellings that {@link normaliseSerial} takes, or the octets of the number, big-endian, with or
   * without leading zeros. Octets cost the least in a list of half a million.
   */
  readonly serial: string | Uint8Array;
  /** When, in milliseconds since the epoch. Seconds are kept. */
  readonly at: number;
  /** @default "unspecified", which is left out of the list */
  readonly reason?: RevocationReason | undefined;
  /** Since when the key is known or suspected to be lost, in milliseconds since the epoch (RFC 5280, 5.3.2). */
  readonly invalidSince?: number | undefined;
}

/** The longest serial that is written, in octets. RFC 5280 allows 20 (4.1.2.2); there are CAs that did not care. */
const longestSerial = 64;
/** 9999-12-31T23:59:59Z, the last moment that a CRL can name. */
const lastMoment = 253_402_300_799_999;

/** The octets of a serial without leading zeros. `entry` counts from 1 and stands in the error. */
export function serialOctets(serial: string | Uint8Array, entry: number): Uint8Array {
  let octets: Uint8Array;
  if (typeof serial === "string") {
    try {
      octets = Buffer.from(normaliseSerial(serial), "hex");
    } catch (cause) {
      throw unfit(entry, "its serial is not hexadecimal", cause);
    }
  } else {
    let start = 0;
    while (start < serial.length - 1 && serial[start] === 0) start += 1;
    octets = start === 0 ? serial : serial.subarray(start);
  }
  if (octets.length === 0 || octets.length > longestSerial)
    throw unfit(entry, `its serial has ${octets.length} octets; one has 1 to 20 (RFC 5280, 4.1.2.2)`);
  return octets;
}

/** The code of a reason. */
export function reasonCode(reason: RevocationReason, entry: number): number {
  const code: number | undefined = Object.hasOwn(revocationReasons, reason)
    ? revocationReasons[reason]
    : undefined;
  if (code === undefined)
    throw unfit(entry, `the reason ${JSON.stringify(reason)} is none of RFC 5280, 5.3.1`);
  if (code === revocationReasons.removeFromCRL)
    throw unfit(entry, "removeFromCRL stands in delta CRLs only; name the serial in forget instead");
  return code;
}

/** Whether a moment can stand in a CRL. */
export function checkMoment(ms: number, what: string, entry: number): void {
  if (!(ms >= 0 && ms <= lastMoment))
    throw unfit(entry, `${what} is no time between 1970 and 9999 in milliseconds since the epoch`);
}

function unfit(entry: number, reason: string, cause?: unknown): HandfastError {
  return new HandfastError(
    "CERTIFICATE_UNSUITABLE",
    `create CRL failed [revoked entry=${entry}]: ${reason}`,
    { facts: { entry } },
    cause === undefined ? undefined : { cause },
  );
}
