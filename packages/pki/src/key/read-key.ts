import { findKey } from "./find-key.ts";
import type { LocalKey } from "./key-handle.ts";
import { openBlock } from "./open-block.ts";

/**
 * Reads a private key that is at hand: PKCS#8, PKCS#1 (`RSA PRIVATE KEY`) and SEC 1 (`EC PRIVATE KEY`, an `EC
 * PARAMETERS` block before it is skipped), as PEM or DER, and encrypted ones: PKCS#8 by PBES2 with PBKDF2 or scrypt, its
 * older schemes, and the old form with `Proc-Type: 4,ENCRYPTED`. Certificates in the same text are skipped. Errors name
 * the block by its index, label and line, and carry no part of it.
 *
 * It works on this thread, and a passphrase of today's strength holds it for a fifth of a second: `openKey` doesn't. A
 * key that asks for more than 10,000,000 rounds of PBKDF2, or 256 MiB or 1 GiB of work of scrypt, is refused before
 * anything is derived.
 *
 * @throws HandfastError `KEY_ENCRYPTED` for an encrypted key without passphrase; `KEY_UNREADABLE` for a wrong
 *   passphrase, an input without key or with several, and a kind of key that is not supported
 * @example
 * ```ts
 * import { type LocalKey, readKey } from "@handfast/pki";
 *
 * export function readMine(pem: string, passphrase: string): LocalKey {
 *   return readKey(pem, { passphrase });
 * }
 * ```
 */
export function readKey(
  input: string | Uint8Array,
  options: { readonly passphrase?: string | undefined } = {},
): LocalKey {
  const source = typeof input === "string" ? "key given as text" : "key given as bytes";
  return openBlock(findKey(input, source), options.passphrase);
}
