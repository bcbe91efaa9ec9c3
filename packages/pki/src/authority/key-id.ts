import { hash } from "node:crypto";

/**
 * How key identifiers are made: SHA-1 of the key's bits (RFC 5280, 4.2.1.2, method 1), which is what OpenSSL writes,
 * or the first 160 bits of their SHA-256 (RFC 7093, section 2, method 1), for where SHA-1 may not be used at all.
 */
export type KeyIdentifierMethod = "rfc5280" | "rfc7093";

/**
 * The key identifier of a public key, 20 octets. It names a key and protects nothing.
 *
 * @param bits content of the BIT STRING of its SubjectPublicKeyInfo
 */
export function keyId(bits: Uint8Array, method: KeyIdentifierMethod = "rfc5280"): Uint8Array {
  return method === "rfc7093" ? hash("sha256", bits, "buffer").subarray(0, 20) : hash("sha1", bits, "buffer");
}
