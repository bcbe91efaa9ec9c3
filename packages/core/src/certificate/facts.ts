/** What handfast must know of a certificate to judge it. Plain data. */
export interface CertificateFacts {
  /** SHA-256 of the DER, lower-case hex. */
  readonly sha256: string;
  /** RFC 4514-like text, for people. */
  readonly subject: string;
  readonly issuer: string;
  /** Lower-case hex without leading zero bytes. */
  readonly serial: string;
  /** SHA-256 of the SPKI DER, lower-case hex. */
  readonly spki: string;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly ca: boolean;
  /** OIDs of the extended key usage; undefined when the extension is absent. */
  readonly extendedKeyUsage?: readonly string[] | undefined;
  /** Whether it names an OCSP responder (authority information access, RFC 5280 section 4.2.2.1). */
  readonly namesOcspResponder: boolean;
  /** e.g. `rsa-4096`, `ec-prime256v1`. */
  readonly key: string;
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
