import { bitString, element, header, oid, sequence } from "../der/write-der.ts";
import type { KeyHandle, SignatureHash } from "../key/key-handle.ts";

const noUnusedBits = Uint8Array.of(0);

/** AlgorithmIdentifiers, DER: RSA with NULL (RFC 4055, section 5), the others without parameters (RFC 5758, 3.2). */
const identifiers = {
  rsa: {
    sha256: sequence(oid("1.2.840.113549.1.1.11"), element(0x05)),
    sha384: sequence(oid("1.2.840.113549.1.1.12"), element(0x05)),
    sha512: sequence(oid("1.2.840.113549.1.1.13"), element(0x05)),
  },
  ec: {
    sha256: sequence(oid("1.2.840.10045.4.3.2")),
    sha384: sequence(oid("1.2.840.10045.4.3.3")),
    sha512: sequence(oid("1.2.840.10045.4.3.4")),
  },
  // RFC 8410, section 3
  ed25519: sequence(oid("1.3.101.112")),
  // RFC 9881, section 2
  "ml-dsa-65": sequence(oid("2.16.840.1.101.3.4.3.18")),
} as const;

const curveHashes = { "P-256": "sha256", "P-384": "sha384", "P-521": "sha512" } as const;

/**
 * The hash that a key signs with: for a curve the one as strong as it (RFC 5480, section 4), and the only one that key
 * stores offer; SHA-256 for RSA of every size, which nobody refuses. Ed25519 and ML-DSA have their own and don't look.
 */
export function hashOf({ algorithm }: KeyHandle): SignatureHash {
  return algorithm.type === "ec" ? curveHashes[algorithm.curve] : "sha256";
}

/** AlgorithmIdentifier of what the key signs with. */
export function signatureAlgorithm(key: KeyHandle): Uint8Array {
  const { type } = key.algorithm;
  return type === "rsa" || type === "ec" ? identifiers[type][hashOf(key)] : identifiers[type];
}

/** Signs what is to be signed and puts the signature behind it: the outer form of certificates, requests and CRLs. */
export async function signDer(content: Uint8Array, key: KeyHandle): Promise<Uint8Array> {
  return sequence(content, signatureAlgorithm(key), bitString(await key.sign(content, hashOf(key))));
}

/** The same without a promise, by a key that can; undefined for one that can't. */
export function syncSigner(key: KeyHandle): ((content: Uint8Array) => Uint8Array) | undefined {
  if (key.signSync === undefined) return undefined;
  const sign = key.signSync.bind(key);
  const [hash, identifier] = [hashOf(key), signatureAlgorithm(key)];
  return (content) => {
    const signature = sign(content, hash);
    // What bitString does, without a copy of its own.
    return sequence(content, identifier, header(0x03, 1 + signature.length), noUnusedBits, signature);
  };
}
