import { createDecipheriv, createPrivateKey, type KeyObject } from "node:crypto";
import { HandfastError } from "@handfast/core";
import { type PasswordEncryption, readEncryptedKey } from "@handfast/core/certificates";
import { deriveKey, deriveKeySync } from "./derive-key.ts";
import { type KeyBlock, unreadable } from "./find-key.ts";
import { type LocalKey, localKey } from "./key-handle.ts";

interface Locked {
  readonly encryption: PasswordEncryption;
  readonly data: Uint8Array;
}

/**
 * Opens a block on this thread.
 *
 * @throws HandfastError `KEY_ENCRYPTED` without the passphrase that it needs, `KEY_UNREADABLE`
 */
export function openBlock(block: KeyBlock, passphrase: string | undefined): LocalKey {
  const locked = readLocked(block, passphrase);
  if (locked?.encryption.kind !== "pbes2") return openByNode(block, passphrase);
  const { derivation, keyBytes } = locked.encryption;
  return decrypt(block, locked, () => deriveKeySync(derivation, passphrase ?? "", keyBytes));
}

/** Opens a block while the passphrase is stretched on the thread pool; else as {@link openBlock}. */
export async function openBlockOff(block: KeyBlock, passphrase: string | undefined): Promise<LocalKey> {
  const locked = readLocked(block, passphrase);
  if (locked?.encryption.kind !== "pbes2") return openByNode(block, passphrase);
  const { derivation, keyBytes } = locked.encryption;
  const key = await deriveKey(derivation, passphrase ?? "", keyBytes).catch((cause: unknown) => {
    throw locksOut(block, cause);
  });
  return decrypt(block, locked, () => key);
}

/** How an encrypted PKCS#8 block is encrypted, when it doesn't ask for too much; undefined for other blocks. */
function readLocked(block: KeyBlock, passphrase: string | undefined): Locked | undefined {
  if (!block.encrypted) return undefined;
  if (passphrase === undefined || passphrase === "")
    throw new HandfastError(
      "KEY_ENCRYPTED",
      `read key failed [${block.where}]: the key is encrypted and no passphrase was given; give the passphrase`,
      block.details,
    );
  if (block.der === undefined) return undefined;
  try {
    return readEncryptedKey(block.der);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw unreadable(block, cause.message, "encrypt it again: openssl pkcs8 -topk8 -v2 aes256");
  }
}

function decrypt(block: KeyBlock, { encryption, data }: Locked, derive: () => Buffer): LocalKey {
  if (encryption.kind !== "pbes2") throw new TypeError("decrypt: only PBES2");
  let key: KeyObject;
  try {
    const decipher = createDecipheriv(encryption.cipher, derive(), encryption.iv);
    const plain = Buffer.concat([decipher.update(data), decipher.final()]);
    key = createPrivateKey({ key: plain, format: "der", type: "pkcs8" });
    plain.fill(0);
  } catch (cause) {
    throw locksOut(block, cause);
  }
  return localKey(key, block.where, block.details);
}

/** Keys in the clear, the old form with its one round of MD5, and the older schemes of PKCS#8. */
function openByNode(block: KeyBlock, passphrase: string | undefined): LocalKey {
  const secret = block.encrypted && passphrase !== undefined ? { passphrase } : {};
  let key: KeyObject;
  try {
    key =
      block.der === undefined
        ? createPrivateKey({ key: block.text ?? "", ...secret })
        : createPrivateKey({
            key: Buffer.from(block.der),
            format: "der",
            type: typeOf(block.label),
            ...secret,
          });
  } catch (cause) {
    if (block.encrypted) throw locksOut(block, cause);
    throw unreadable(
      block,
      "the block is no private key, or of a kind that this Node can't read",
      "export it again from where it was made",
      cause,
    );
  }
  return localKey(key, block.where, block.details);
}

function typeOf(label: string): "pkcs1" | "sec1" | "pkcs8" {
  if (label === "RSA PRIVATE KEY") return "pkcs1";
  return label === "EC PRIVATE KEY" ? "sec1" : "pkcs8";
}

function locksOut(block: KeyBlock, cause: unknown): HandfastError {
  return unreadable(
    block,
    "the passphrase is wrong, or the block is damaged",
    "check which passphrase belongs to it",
    cause,
  );
}
