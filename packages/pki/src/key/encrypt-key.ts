import { createCipheriv, createPrivateKey, randomBytes } from "node:crypto";
import { HandfastError } from "@handfast/core";
import { checkDerivation, type KeyDerivation, writeBlock } from "@handfast/core/certificates";
import type { RandomBytes } from "../authority/make-serial.ts";
import { octetString, sequence } from "../der/write-der.ts";
import { deriveKey, scryptMemory } from "./derive-key.ts";
import type { KeyHandle } from "./key-handle.ts";
import { writePbes2 } from "./write-pbes2.ts";

/** How the key of the cipher is made of the passphrase. */
export type Stretching =
  /** PBKDF2 with HMAC-SHA-256 (RFC 8018, 5.2): what every reader knows. */
  | {
      readonly kind: "pbkdf2";
      /** @default 600,000: OWASP, "Password Storage Cheat Sheet" */
      readonly rounds?: number | undefined;
    }
  /** scrypt (RFC 7914), as `openssl pkcs8 -scrypt` writes it: dearer to try on graphics cards. OpenSSL, Node, no Java. */
  | {
      readonly kind: "scrypt";
      /** N: a power of two. @default 16,384 */
      readonly cost?: number | undefined;
      /** r. @default 8 */
      readonly blockSize?: number | undefined;
      /** p. @default 5: with the others what OWASP sets equal to N=131,072 and p=1, which OpenSSL would not open */
      readonly parallelization?: number | undefined;
    };

/** What `encryptKey` needs to know. */
export interface EncryptKeyOptions {
  readonly passphrase: string;
  /** @default PBKDF2 with 600,000 rounds */
  readonly stretching?: Stretching | undefined;
  /** For salt and IV. @default node:crypto */
  readonly random?: RandomBytes | undefined;
}

/** OpenSSL opens no scrypt that takes more (EVP_PBE_scrypt(3): 32 MiB when nothing is said). */
const opensslMemory = 33_554_432;
/** OpenSSL and Node read no longer one, in bytes of UTF-8 (PEM_BUFSIZE). */
const longestPassphrase = 1_024;
/** RFC 8018, 4.2. */
const leastRounds = 1_000;

/**
 * A key as encrypted PKCS#8 PEM (RFC 5958, section 3; PBES2 of RFC 8018, A.4) with AES-256-CBC, which `openssl pkey`
 * and Node read. The passphrase is stretched off the main thread, in about a fifth of a second. For files at rest;
 * providers refuse an encrypted key, so give them the handle.
 *
 * @throws HandfastError `KEY_UNREADABLE` when the key can't leave its store
 * @throws TypeError when the passphrase is empty or longer than 1,024 bytes, or the stretching too weak, not possible, or more than OpenSSL or
 *   `readKey` would do again
 * @example
 * ```ts
 * import { encryptKey, generateKey } from "@handfast/pki";
 *
 * const key = await generateKey({ type: "rsa", bits: 4096 });
 * export const file: string = await encryptKey(key, { passphrase: "correct horse battery staple" });
 * ```
 */
export async function encryptKey(key: KeyHandle, options: EncryptKeyOptions): Promise<string> {
  const { passphrase, stretching = { kind: "pbkdf2" }, random = randomBytes } = options;
  if (passphrase === "") throw new TypeError("encryptKey: the passphrase is empty");
  if (Buffer.byteLength(passphrase) > longestPassphrase)
    throw new TypeError(`encryptKey: the passphrase is longer than ${longestPassphrase} bytes`);
  const derivation = derivationOf(stretching, random(16));
  const iv = random(16);
  const pem = key.export?.();
  if (pem === undefined)
    throw new HandfastError(
      "KEY_UNREADABLE",
      `encrypt key failed [spki=${key.spki}]: the key can't leave its store; encrypt it there`,
    );
  const plain = createPrivateKey(pem).export({ type: "pkcs8", format: "der" });
  const cipher = createCipheriv("aes-256-cbc", await deriveKey(derivation, passphrase, 32), iv);
  const data = Buffer.concat([cipher.update(plain), cipher.final()]);
  plain.fill(0);
  return writeBlock(sequence(writePbes2(derivation, iv), octetString(data)), "ENCRYPTED PRIVATE KEY");
}

function derivationOf(stretching: Stretching, salt: Uint8Array): KeyDerivation {
  const derivation: KeyDerivation =
    stretching.kind === "pbkdf2"
      ? { kind: "pbkdf2", salt, rounds: stretching.rounds ?? 600_000, hash: "sha256" }
      : {
          kind: "scrypt",
          salt,
          cost: stretching.cost ?? 16_384,
          blockSize: stretching.blockSize ?? 8,
          parallelization: stretching.parallelization ?? 5,
        };
  const numbers = Object.values(derivation).filter((value) => typeof value === "number");
  if (!numbers.every(Number.isInteger)) throw new TypeError("encryptKey: a stretching is of whole numbers");
  try {
    checkDerivation(derivation);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new TypeError(`encryptKey: ${cause.message}`, { cause });
  }
  if (derivation.kind === "pbkdf2" && derivation.rounds < leastRounds)
    throw new TypeError(`encryptKey: ${derivation.rounds} rounds are too few; at least ${leastRounds}`);
  if (derivation.kind === "scrypt" && scryptMemory(derivation) > opensslMemory)
    throw new TypeError(
      `encryptKey: scrypt with N=${derivation.cost}, r=${derivation.blockSize} takes more memory than OpenSSL allows when it reads the key; use N=16384, r=8 and a higher p`,
    );
  return derivation;
}
