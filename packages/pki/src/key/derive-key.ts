import { pbkdf2, pbkdf2Sync, scrypt, scryptSync } from "node:crypto";
import { promisify } from "node:util";
import type { KeyDerivation } from "@handfast/core/certificates";

const pbkdf2Off = promisify(pbkdf2);
const scryptOff = promisify(scrypt) as (
  passphrase: string,
  salt: Uint8Array,
  bytes: number,
  options: object,
) => Promise<Buffer>;

/** The key that a passphrase comes to, made on the thread pool. */
export function deriveKey(derivation: KeyDerivation, passphrase: string, bytes: number): Promise<Buffer> {
  return derivation.kind === "pbkdf2"
    ? pbkdf2Off(passphrase, derivation.salt, derivation.rounds, bytes, derivation.hash)
    : scryptOff(passphrase, derivation.salt, bytes, scryptOptions(derivation));
}

/** The same on this thread, which does nothing else meanwhile. */
export function deriveKeySync(derivation: KeyDerivation, passphrase: string, bytes: number): Buffer {
  return derivation.kind === "pbkdf2"
    ? pbkdf2Sync(passphrase, derivation.salt, derivation.rounds, bytes, derivation.hash)
    : scryptSync(passphrase, derivation.salt, bytes, scryptOptions(derivation));
}

function scryptOptions({
  cost,
  blockSize,
  parallelization,
}: Extract<KeyDerivation, { kind: "scrypt" }>): object {
  return { cost, blockSize, parallelization, maxmem: scryptMemory({ cost, blockSize, parallelization }) };
}

/** What OpenSSL counts as the memory of a scrypt, in bytes (`ossl_prov_scrypt`, EVP_KDF-SCRYPT(7)). */
export function scryptMemory({
  cost,
  blockSize,
  parallelization,
}: {
  readonly cost: number;
  readonly blockSize: number;
  readonly parallelization: number;
}): number {
  return 128 * blockSize * (cost + 2 + parallelization);
}
