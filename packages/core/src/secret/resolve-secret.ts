import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import type { Digest } from "../adapter/contract.ts";
import { sha256 } from "../certificate/digest.ts";
import { readBlocks } from "../certificate/read-blocks.ts";
import { readEncryptedKey } from "../certificate/read-password-encryption.ts";
import { HandfastError, type HandfastErrorCode, isHandfastError } from "../errors.ts";
import type { SecretSource } from "./secret-source.ts";

/**
 * Reads a private key and checks that it is the right one.
 *
 * @param expectedSpki SHA-256 of the public key's SPKI DER (RFC 5280, 4.1.2.7), lower-case hex, as in a certificate's
 * facts. Without it, any key will do
 * @returns the key as unencrypted PKCS#8 PEM (RFC 5958): never store or log it
 * @throws HandfastError `SECRET_MISSING`; `KEY_ENCRYPTED` when it is encrypted and the source has no passphrase;
 * `KEY_UNREADABLE` when it is no key, or the passphrase is wrong; `KEY_MISMATCH` when it is another key;
 * `FILE_UNREADABLE`
 * @example
 * ```ts
 * import { fromFile, resolveSecret } from "@handfast/core";
 *
 * export const readKey = (spki: string): Promise<string> => resolveSecret(fromFile("keys/edge.pem"), spki);
 * ```
 */
export async function resolveSecret(
  source: SecretSource,
  expectedSpki?: Digest | undefined,
): Promise<string> {
  const where = source.describe();
  const pem = await ask(where, "the key could not be fetched", () => source.read());
  const key = await readKey(pem, source, where);
  if (expectedSpki !== undefined) {
    const found = sha256(createPublicKey(key).export({ type: "spki", format: "der" }));
    if (found !== expectedSpki) {
      throw refuse(
        "KEY_MISMATCH",
        where,
        `it is another key than the certificate's: its public key has the SHA-256 ${found.slice(0, 12)}, due is ${expectedSpki.slice(0, 12)}; give the key that the certificate was issued for`,
        { facts: { found, expected: expectedSpki } },
      );
    }
  }
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

async function readKey(pem: string, source: SecretSource, where: string): Promise<KeyObject> {
  const labels = pem.match(/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/g) ?? [];
  if (labels.length !== 1) {
    const found = labels.length === 0 ? "no private key" : `${labels.length} private keys`;
    throw refuse("KEY_UNREADABLE", where, `there is ${found} in PEM there; give exactly one`);
  }
  // RFC 5958 names it in the label, RFC 1421 in a header.
  const isEncrypted = labels[0]?.includes("ENCRYPTED") === true || /^Proc-Type: *4, *ENCRYPTED/m.test(pem);
  if (isEncrypted && source.passphrase === undefined) {
    throw refuse("KEY_ENCRYPTED", where, "the key is encrypted; give its passphrase to the source");
  }
  if (isEncrypted) checkWork(pem, where);
  const passphrase = isEncrypted
    ? await ask(where, "the passphrase could not be fetched", async () => source.passphrase?.())
    : undefined;
  try {
    return createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase });
  } catch (cause) {
    const reason = isEncrypted
      ? "the passphrase is wrong, or the key is damaged or encrypted in a way that this Node can't read"
      : "the PEM is damaged, or holds a kind of key that this Node can't read; give PKCS#8, PKCS#1 or SEC 1";
    throw refuse("KEY_UNREADABLE", where, reason, {}, cause);
  }
}

/** A file may ask for so many rounds that reading it would never end. */
function checkWork(pem: string, where: string): void {
  const blocks = readBlocks(pem);
  const block = "reason" in blocks ? undefined : blocks.find(({ label }) => label.endsWith("PRIVATE KEY"));
  if (block?.der === undefined) return;
  try {
    readEncryptedKey(block.der);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw refuse(
      "KEY_UNREADABLE",
      where,
      `${cause.message}; encrypt it again: openssl pkcs8 -topk8 -v2 aes256`,
    );
  }
}

/** What a source throws may quote the key: only its own handfast errors go through. */
async function ask<T>(where: string, reason: string, fetch: () => Promise<T>): Promise<T> {
  try {
    return await fetch();
  } catch (cause) {
    if (isHandfastError(cause)) throw cause;
    throw refuse("SECRET_MISSING", where, `${reason}; see the cause`, {}, cause);
  }
}

function refuse(
  code: HandfastErrorCode,
  where: string,
  reason: string,
  details: ConstructorParameters<typeof HandfastError>[2] = {},
  cause?: unknown,
): HandfastError {
  return new HandfastError(code, `read key failed [${where}]: ${reason}`, details, { cause });
}
