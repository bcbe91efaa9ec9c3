import { bitString, element, oid, sequence } from "../der/write-der.ts";
import type { KeyHandle } from "../key/key-handle.ts";

/** AlgorithmIdentifier of SHA-256 with the key's own scheme (RFC 4055, section 5; RFC 5758, 3.2). */
export function signatureAlgorithm(key: KeyHandle): Uint8Array {
  return key.algorithm.type === "rsa"
    ? sequence(oid("1.2.840.113549.1.1.11"), element(0x05))
    : sequence(oid("1.2.840.10045.4.3.2"));
}

/**
 * Signs what is to be signed with SHA-256 and puts the signature behind it: the outer form that certificates,
 * requests and CRLs share. The key may be any handle, so the library's generators, which take a CryptoKey
 * only, do not fit here.
 */
export async function signDer(content: Uint8Array, key: KeyHandle): Promise<Uint8Array> {
  const signature = await key.sign(content, "sha256");
  return sequence(content, signatureAlgorithm(key), bitString(signature));
}
