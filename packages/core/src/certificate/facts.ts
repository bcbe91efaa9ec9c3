/** What handfast must know of a certificate to judge it. Plain data. */
export interface CertificateFacts {
  /** SHA-256 of the DER, lower-case hex. */
  readonly sha256: string;
  /** Text after RFC 4514, for people; names are compared by their DER. */
  readonly subject: string;
  readonly issuer: string;
  /** Lower-case hex without leading zero bytes. */
  readonly serial: string;
  /** SHA-256 of the SPKI DER, lower-case hex. */
  readonly spki: string;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Whether it may sign certificates: basic constraints say so, and key usage, where present, allows it. */
  readonly ca: boolean;
  /** OIDs of the extended key usage; undefined when the extension is absent. */
  readonly extendedKeyUsage?: readonly string[] | undefined;
  /** Whether it names an OCSP responder (authority information access, RFC 5280 section 4.2.2.1). */
  readonly namesOcspResponder: boolean;
  /** e.g. `rsa-4096`, `ec-prime256v1`, `ed25519`. */
  readonly key: string;
  /** `rsa`, `ec`, or whatever node:crypto calls it. */
  readonly keyType: string;
  /** Size of the modulus or of the curve, in bits; undefined for other kinds. */
  readonly keyBits?: number | undefined;
  /** 1 or 3 (RFC 5280, 4.1.2.1). */
  readonly version: number;
  /** Subject key identifier, lower-case hex. */
  readonly ski?: string | undefined;
  /** Key identifier of the authority, lower-case hex. */
  readonly aki?: string | undefined;
  /** How many intermediates may follow; undefined when there is no limit. */
  readonly pathLength?: number | undefined;
  /** Names of RFC 5280, 4.2.1.3; undefined when the extension is absent. */
  readonly keyUsage?: readonly string[] | undefined;
  /** The algorithm that it is signed with, e.g. `sha256WithRSAEncryption`; the OID of one that is not known here. */
  readonly signature: string;
  /** `sha256`, `sha1` …; `none` where the scheme has its own (Ed25519); undefined when the OID is not known. */
  readonly signatureHash?: string | undefined;
  /** Whether issuer and subject are the same name, as in a root. */
  readonly selfIssued: boolean;
  /** The DER itself. */
  readonly der: Uint8Array;
}

/** What handfast must know of a CRL. Plain data but for the serials. */
export interface CrlFacts {
  readonly sha256: string;
  /** DER of the issuer's name, lower-case hex. */
  readonly issuer: string;
  /** Milliseconds since the epoch. */
  readonly thisUpdate: number;
  /** Milliseconds since the epoch; undefined when the CRL names none. */
  readonly nextUpdate?: number | undefined;
  /** Revoked serials: lower-case hex without leading zero bytes. */
  readonly revoked: ReadonlySet<string>;
  readonly der: Uint8Array;
}
