import { HandfastError, isHandfastError, type SecretSource } from "@handfast/core";
import { findKey } from "./find-key.ts";
import type { LocalKey } from "./key-handle.ts";
import { openBlockOff } from "./open-block.ts";

/**
 * Opens a private key where it is kept: a file (`fromFile` of `@handfast/core`), an environment variable (`fromEnv`), or
 * a source of your own. It reads what `readKey` reads, off the main thread; the passphrase is asked only when the key
 * is encrypted. Errors name the file or variable and the block in it: its index, label and line.
 *
 * @param options.spki SHA-256 of the public key that is due, as in the facts of its certificate
 * @throws HandfastError `SECRET_MISSING` when there is no such file or variable, or it is empty; `FILE_UNREADABLE`;
 *   `KEY_ENCRYPTED` when it is encrypted and the source has no passphrase; `KEY_UNREADABLE` for a wrong passphrase, no
 *   key or several, and a kind of key that is not supported; `KEY_MISMATCH` for another key than is due
 * @example
 * ```ts
 * import { fromFile } from "@handfast/core";
 * import { openAuthority, openKey } from "@handfast/pki";
 *
 * export async function openRoot(certificate: string, passphrase: () => Promise<string>) {
 *   return openAuthority({ certificate, key: await openKey(fromFile("root.key", { passphrase })) });
 * }
 * ```
 */
export async function openKey(
  source: SecretSource,
  options: { readonly spki?: string | undefined } = {},
): Promise<LocalKey> {
  const where = source.describe();
  const block = findKey(await ask(where, "the key could not be fetched", () => source.read()), where);
  const passphrase = block.encrypted
    ? await ask(where, "the passphrase could not be fetched", async () => source.passphrase?.())
    : undefined;
  const key = await openBlockOff(block, passphrase);
  if (options.spki !== undefined && options.spki !== key.spki)
    throw new HandfastError(
      "KEY_MISMATCH",
      `read key failed [${block.where}]: it is another key than is due: its public key has the SHA-256 ${key.spki.slice(0, 12)}, due is ${options.spki.slice(0, 12)}; give the key that the certificate was issued for`,
      { ...block.details, facts: { ...block.details.facts, found: key.spki, expected: options.spki } },
    );
  return key;
}

/** What a source throws may quote the key: only its own handfast errors go through. */
async function ask<T>(where: string, reason: string, fetch: () => Promise<T>): Promise<T> {
  try {
    return await fetch();
  } catch (cause) {
    if (isHandfastError(cause)) throw cause;
    throw new HandfastError(
      "SECRET_MISSING",
      `read key failed [${where}]: ${reason}; see the cause`,
      {},
      { cause },
    );
  }
}
