import type { KeyDerivation } from "@handfast/core/certificates";
import { element, integerOf, octetString, oid, sequence } from "../der/write-der.ts";

/** AlgorithmIdentifier of PBES2 with AES-256-CBC (RFC 8018, A.4). */
export function writePbes2(derivation: KeyDerivation, iv: Uint8Array): Uint8Array {
  const scheme = sequence(oid("2.16.840.1.101.3.4.1.42"), octetString(iv));
  return sequence(oid("1.2.840.113549.1.5.13"), sequence(writeDerivation(derivation), scheme));
}

/** PBKDF2 with HMAC-SHA-256 (RFC 8018, A.2), or scrypt (RFC 7914, section 7). */
function writeDerivation(derivation: KeyDerivation): Uint8Array {
  if (derivation.kind === "pbkdf2") {
    const hmacWithSha256 = sequence(oid("1.2.840.113549.2.9"), element(0x05));
    return sequence(
      oid("1.2.840.113549.1.5.12"),
      sequence(octetString(derivation.salt), integerOf(derivation.rounds), hmacWithSha256),
    );
  }
  const { salt, cost, blockSize, parallelization } = derivation;
  return sequence(
    oid("1.3.6.1.4.1.11591.4.11"),
    sequence(octetString(salt), ...[cost, blockSize, parallelization].map(integerOf)),
  );
}
