import type { Clock } from "@handfast/core";
import type { Certificate } from "../certificate/read-certificates.ts";
import type { KeyHandle } from "../key/key-handle.ts";
import type { AlternativeName } from "../name/alternative-name.ts";
import type { KeyIdentifierMethod } from "./key-id.ts";
import type { RandomBytes } from "./make-serial.ts";

/** What an authority works with. */
export interface AuthorityTools {
  readonly key: KeyHandle;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly keyIdentifiers: KeyIdentifierMethod;
}

/** An authority from the inside: what is written into each certificate that it signs. */
export interface Issuing extends AuthorityTools {
  readonly certificate: Certificate;
  /** DER. */
  readonly subject: Uint8Array;
  readonly keyId: Uint8Array;
  /**
   * Holds a subject (DER) and names to the name constraints of this authority and of those above it.
   *
   * @throws HandfastError `CERTIFICATE_UNSUITABLE` for a name that every verifier would refuse
   */
  checkNames(subject: Uint8Array, names: readonly AlternativeName[]): void;
}
