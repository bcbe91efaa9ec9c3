import type { KeyUsage } from "@handfast/core/certificates";
import type { KeyAlgorithm } from "../key/key-handle.ts";
import type { NameKind } from "../name/alternative-name.ts";

/**
 * What leaves of one kind look like, as data. What a request asks for and its profile does not allow is left out.
 * Write your own from scratch, or from one of `profiles`: `{ ...profiles.device, days: { usual: 30, most: 90 } }`.
 */
export interface Profile {
  /** Stands in errors. */
  readonly name: string;
  /** OIDs of purposes (RFC 5280, 4.2.1.12), e.g. `1.3.6.1.5.5.7.3.2` for clientAuth. */
  readonly extendedKeyUsage: readonly string[];
  /** By kind of key; a kind that is left out is refused. Never keyCertSign or cRLSign: a leaf is no CA. */
  readonly keyUsage: { readonly [Type in KeyAlgorithm["type"]]?: readonly LeafKeyUsage[] | undefined };
  /** Days of validity: when nothing else is asked for, and at most. */
  readonly days: { readonly usual: number; readonly most: number };
  /** Kinds of subjectAltName that a leaf may have. */
  readonly names: readonly NameKind[];
  /** Attributes of the subject that a leaf may have: short names or OIDs, e.g. `CN`, `O`, `2.5.4.5`. */
  readonly subject: readonly string[];
  /** What a leaf must have: at least one name, and these attributes. @default nothing but a subject or a name */
  readonly requires?:
    | { readonly names?: boolean | undefined; readonly subject?: readonly string[] | undefined }
    | undefined;
  /** URLs, http or https: OCSP responders, the issuer's certificate (RFC 5280, 4.2.2.1), its CRLs (4.2.1.13). */
  readonly urls?:
    | {
        readonly ocsp?: readonly string[] | undefined;
        readonly issuer?: readonly string[] | undefined;
        readonly crl?: readonly string[] | undefined;
      }
    | undefined;
}

/** What the key of a leaf may be used for. */
export type LeafKeyUsage = Exclude<KeyUsage, "keyCertSign" | "cRLSign">;
