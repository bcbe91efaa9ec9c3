import type { CertificateFacts } from "../certificate/facts.ts";

/** Bits of security that each level wants, from 1 on: `SSL_CTX_set_security_level` of OpenSSL. */
const levels = [80, 112, 128, 192, 256] as const;

/** Moduli from which on RSA is taken to have that strength (NIST SP 800-57 Part 1, table 2, as OpenSSL counts). */
const rsaSteps: readonly (readonly [modulus: number, bits: number])[] = [
  [15360, 256],
  [7680, 192],
  [3072, 128],
  [2048, 112],
  [1024, 80],
];

/** Schemes with a hash of their own. */
const schemes: Readonly<Record<string, number>> = {
  ed25519: 128,
  ed448: 224,
  "ml-dsa-44": 128,
  "ml-dsa-65": 192,
  "ml-dsa-87": 256,
};

/** SHA-1 and MD5 are broken: less than half of their length, and below every level. */
const hashes: Readonly<Record<string, number>> = {
  sha224: 112,
  sha256: 128,
  sha384: 192,
  sha512: 256,
};

/** How many bits of security a level wants; 0 where it wants none. */
export function bitsOfLevel(level: number): number {
  return level <= 0 ? 0 : (levels[Math.min(Math.floor(level), levels.length) - 1] ?? 0);
}

/** Bits of security of the certificate's own key; 0 for a kind that is not known here. */
export function keyStrength({ keyType, keyBits = 0 }: CertificateFacts): number {
  if (keyType === "rsa" || keyType === "rsa-pss")
    return rsaSteps.find(([modulus]) => keyBits >= modulus)?.[1] ?? 0;
  if (keyType === "ec") return Math.floor(keyBits / 2);
  return schemes[keyType] ?? 0;
}

/** Bits of security of the signature on the certificate; 0 for an algorithm that is not known or is broken. */
export function signatureStrength({ signature, signatureHash }: CertificateFacts): number {
  if (signatureHash === "none") return schemes[signature] ?? 0;
  return hashes[signatureHash ?? ""] ?? 0;
}
