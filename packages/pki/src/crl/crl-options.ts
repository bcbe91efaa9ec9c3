import type { Clock } from "@handfast/core";
import type { Certificate } from "../certificate/read-certificates.ts";
import type { KeyHandle } from "../key/key-handle.ts";
import type { IssuingDistributionPointInput } from "./crl-extensions.ts";
import type { Crl } from "./read-crl.ts";
import type { RevokedCertificate } from "./revoked-certificate.ts";

/** An entry that is left out although its certificate may still be valid. */
export interface ForgottenEntry {
  /** Hex, in any of the spellings that {@link normaliseSerial} takes. */
  readonly serial: string;
  /** Why, for whoever reads the call: e.g. `the hold is over`. */
  readonly because: string;
}

/** What goes into a CRL. */
export interface CreateCrlOptions {
  /**
   * What is revoked: with `previous`, what is new is enough. A serial given twice counts once, the first time. An entry
   * of the previous list stays as it is there, unless a reason is given here. May be a stream; none of it is held.
   */
  readonly revoked: Iterable<RevokedCertificate> | AsyncIterable<RevokedCertificate>;
  /**
   * CRL number (RFC 5280, 5.2.3): higher than that of the list before.
   *
   * @default one more than that of `previous`
   */
  readonly number?: number | bigint | undefined;
  /** Days until the next list is due; cut to the end of the issuer's own validity. @default 30 */
  readonly days?: number | undefined;
  /**
   * The newest list before: PEM, DER, or as it was made or read. Its entries are carried over, since a list that forgets
   * one makes the certificate valid again. `"none"` says that `revoked` names everything; only a first list, of number 0
   * or 1, goes without either.
   */
  readonly previous?: Crl | string | Uint8Array | undefined;
  /**
   * What becomes of an entry of the previous list that `revoked` does not name: it is carried over, or the list is
   * refused, for those who give all that is revoked each time and want to hear when something is missing.
   *
   * @default "carry-over"
   */
  readonly missing?: "carry-over" | "refuse" | undefined;
  /**
   * When the certificate of a serial (lower-case hex without leading zero bytes) ends, in milliseconds since the epoch;
   * undefined when that is not known. An entry is left out once its certificate had ended when the previous list was
   * signed: it stays for at least one list after the end (RFC 5280, 3.3). An end before the revocation, or one in
   * seconds, is refused.
   */
  readonly expires?: ((serial: string) => number | undefined) | undefined;
  /** Entries of the previous list to leave out before their time, each with a reason: a hold that is over, a mistake. */
  readonly forget?: Iterable<ForgottenEntry> | undefined;
  /** @default that of the previous list; without one, the list speaks of everything that its issuer revoked */
  readonly issuingDistributionPoint?: IssuingDistributionPointInput | undefined;
}

/** Who signs the list, and when. */
export interface CrlIssuer {
  readonly certificate: Certificate;
  /** DER of the issuer's name. */
  readonly subject: Uint8Array;
  readonly keyId: Uint8Array;
  readonly key: KeyHandle;
  readonly clock: Clock;
}
