/** How a PKCS#12 file is protected, by name. */
export type Pkcs12Profile = "modern" | "apple-legacy";

/** The schemes of a profile. */
export interface Pkcs12Schemes {
  /**
   * PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC (RFC 8018, 6.2; RFC 9579 for its use in PKCS#12), or
   * pbeWithSHAAnd3-KeyTripleDES-CBC (RFC 7292, appendix C).
   */
  readonly encryption: "aes-256-cbc" | "des-ede3-cbc";
  /** Digest of the MAC and of its key derivation (RFC 7292, 4 and appendix B). */
  readonly mac: "sha256" | "sha1";
  /** Rounds of each derivation: for the key, for the certificates and for the MAC. */
  readonly rounds: number;
  /** Bytes of each salt. */
  readonly saltSize: number;
}

/**
 * The 300,000 rounds are the most that .NET's `X509CertificateLoader` takes by default (`Pkcs12LoaderLimits`: 300,000
 * for each derivation, 1,000,000 in all); the JDK takes up to 5,000,000.
 *
 * The legacy profile is what `openssl pkcs12 -export -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1`
 * writes. RC2-40, which `-legacy` takes for the certificates, is not needed: whoever reads 3DES for the key reads it
 * for the certificates, and OpenSSL 3 reads RC2 no more by default.
 */
export const pkcs12Profiles: Readonly<Record<Pkcs12Profile, Pkcs12Schemes>> = {
  modern: { encryption: "aes-256-cbc", mac: "sha256", rounds: 300_000, saltSize: 16 },
  "apple-legacy": { encryption: "des-ede3-cbc", mac: "sha1", rounds: 2_048, saltSize: 8 },
};
