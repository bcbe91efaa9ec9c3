import type { Clock } from "@handfast/core";
import { signatureAlgorithm, signDer } from "../authority/sign-der.ts";
import { makeValidity } from "../authority/validity.ts";
import { normaliseSerial } from "../certificate/normalise-serial.ts";
import {
  element,
  explicit,
  integer,
  integerFromHex,
  octetString,
  oid,
  sequence,
  time,
} from "../der/write-der.ts";
import type { KeyHandle } from "../key/key-handle.ts";
import { encodeExtensions } from "../x509.ts";
import { type Crl, readCrl } from "./read-crl.ts";

/** Why a certificate was revoked (RFC 5280, 5.3.1). */
export type RevocationReason = keyof typeof reasons;

const reasons = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  privilegeWithdrawn: 9,
  aACompromise: 10,
} as const;

/** One revoked certificate. */
export interface RevokedCertificate {
  /** Hex, in any of the spellings that {@link normaliseSerial} takes. */
  readonly serial: string;
  /** When, in milliseconds since the epoch. */
  readonly at: number;
  /** @default "unspecified", which is left out of the list */
  readonly reason?: RevocationReason | undefined;
}

/** What goes into a CRL. */
export interface CreateCrlOptions {
  /** Everything that is revoked, not only what is new. A serial given twice counts once, the first time. */
  readonly revoked: Iterable<RevokedCertificate>;
  /** CRL number (RFC 5280, 5.2.3): higher than that of the list before. */
  readonly number: number | bigint;
  /** Days until the next list is due. @default 30 */
  readonly days?: number | undefined;
}

/** Who signs the list, and when. */
export interface CrlIssuer {
  /** DER of the issuer's name. */
  readonly issuer: Uint8Array;
  /** Hex. */
  readonly authorityKeyId: string;
  readonly key: KeyHandle;
  readonly clock: Clock;
}

/** Signs a version 2 CRL with SHA-256. */
export async function createCrl(options: CreateCrlOptions, issuer: CrlIssuer): Promise<Crl> {
  const number = BigInt(options.number);
  if (number < 0n) throw new TypeError("createCrl: the number is negative");
  const { notBefore, notAfter } = makeValidity(issuer.clock.now(), options.days ?? 30);
  const seen = new Set<string>();
  const entries: Uint8Array[] = [];
  for (const { serial, at, reason = "unspecified" } of options.revoked) {
    const hex = normaliseSerial(serial);
    if (seen.has(hex)) continue;
    seen.add(hex);
    entries.push(sequence(integerFromHex(hex), time(at), ...encodeReason(reason)));
  }
  const hexNumber = number.toString(16);
  const content = sequence(
    element(0x02, Uint8Array.of(1)),
    signatureAlgorithm(issuer.key),
    issuer.issuer,
    time(notBefore),
    time(notAfter),
    // The list must be absent when it is empty (RFC 5280, 5.1.2.6).
    ...(entries.length === 0 ? [] : [concatenate(entries)]),
    explicit(
      0,
      sequence(
        ...encodeExtensions({ authorityKeyId: issuer.authorityKeyId }),
        sequence(oid("2.5.29.20"), octetString(integerFromHex(hexNumber))),
      ),
    ),
  );
  return readCrl(await signDer(content, issuer.key));
}

/** A sequence of many elements; spreading half a million arguments would overflow the stack. */
function concatenate(entries: readonly Uint8Array[]): Uint8Array {
  return element(0x30, Buffer.concat(entries));
}

function encodeReason(reason: RevocationReason): readonly Uint8Array[] {
  if (reason === "unspecified") return [];
  const code = element(0x0a, integer(Uint8Array.of(reasons[reason])).subarray(2));
  return [sequence(sequence(oid("2.5.29.21"), octetString(code)))];
}
