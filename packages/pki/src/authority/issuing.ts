import type { Clock } from "@handfast/core";
import type { Certificate } from "../certificate/read-certificates.ts";
import type { KeyHandle } from "../key/key-handle.ts";
import type { KeyIdentifierMethod } from "./key-id.ts";
import type { RandomBytes } from "./make-serial.ts";
import type { PathLimits } from "./path-limits.ts";

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
  /** Which of it and those above it have name constraints. */
  readonly constrained: readonly Certificate[];
  readonly limits: PathLimits;
}
