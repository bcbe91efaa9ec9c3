import { createPrivateKey } from "node:crypto";
import { HandfastError } from "@handfast/core";
import type { KeyHandle } from "./key-handle.ts";

/**
 * A key as encrypted PKCS#8 PEM: PBES2 with AES-256-CBC, what `openssl genrsa -aes256` of OpenSSL 3 writes and
 * reads. For files at rest; providers refuse an encrypted key, so give them the handle.
 *
 * @throws HandfastError `KEY_UNREADABLE` when the key can't leave its store
 * @throws TypeError when the passphrase is empty
 * @example
 * ```ts
 * import { encryptKey, generateKey } from "@handfast/pki";
 *
 * const key = await generateKey({ type: "rsa", bits: 4096 });
 * export const file: string = encryptKey(key, { passphrase: "correct horse battery staple" });
 * ```
 */
export function encryptKey(key: KeyHandle, options: { readonly passphrase: string }): string {
  if (options.passphrase === "") throw new TypeError("encryptKey: the passphrase is empty");
  const pem = key.export?.();
  if (pem === undefined)
    throw new HandfastError(
      "KEY_UNREADABLE",
      `encrypt key failed [spki=${key.spki}]: the key can't leave its store; encrypt it there`,
    );
  return createPrivateKey(pem)
    .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: options.passphrase })
    .toString();
}
