import { createPrivateKey, type KeyObject } from "node:crypto";
import { HandfastError } from "@handfast/core";
import { readBlocks } from "@handfast/core/certificates";
import { type LocalKey, localKey } from "./key-handle.ts";

/**
 * Reads a private key: PKCS#8, PKCS#1 (`RSA PRIVATE KEY`) and SEC1 (`EC PRIVATE KEY`, an `EC PARAMETERS` block
 * before it is skipped), and encrypted ones: PKCS#8, and the old form with `Proc-Type: 4,ENCRYPTED`. A certificate
 * in the same text is skipped. No error carries any part of the text.
 *
 * @throws HandfastError `KEY_ENCRYPTED` for an encrypted key without passphrase; `KEY_UNREADABLE` for a wrong
 *   passphrase, a text without key or with several, and a kind of key that is not supported
 * @example
 * ```ts
 * import { type LocalKey, readKey } from "@handfast/pki";
 *
 * export function openKey(pem: string, passphrase: string): LocalKey {
 *   return readKey(pem, { passphrase });
 * }
 * ```
 */
export function readKey(pem: string, options: { readonly passphrase?: string | undefined } = {}): LocalKey {
  const blocks = readBlocks(pem);
  if ("reason" in blocks)
    throw unreadable(`line ${blocks.line}: ${blocks.reason}`, "give the PEM of a private key", blocks.line);
  const keys = blocks.filter(({ label }) => label.endsWith("PRIVATE KEY"));
  const [block] = keys;
  if (block === undefined)
    throw unreadable(
      blocks[0] === undefined
        ? "the text holds no PEM"
        : `the text holds a ${blocks[0].label}, but no private key`,
      "give the PEM of a private key",
    );
  if (keys.length > 1)
    throw unreadable(`the text holds ${keys.length} private keys`, "give one", keys[1]?.line);
  const encrypted = block.label === "ENCRYPTED PRIVATE KEY" || /^Proc-Type:\s*4,ENCRYPTED/m.test(block.text);
  if (encrypted && (options.passphrase === undefined || options.passphrase === ""))
    throw new HandfastError(
      "KEY_ENCRYPTED",
      "read key failed: the key is encrypted and no passphrase was given; pass { passphrase }",
      { line: block.line },
    );
  let key: KeyObject;
  try {
    key = createPrivateKey(
      encrypted ? { key: block.text, passphrase: options.passphrase ?? "" } : { key: block.text },
    );
  } catch (cause) {
    throw encrypted
      ? unreadable("the passphrase is wrong or the key is damaged", "check the passphrase", block.line, cause)
      : unreadable(
          "the block is no private key",
          "export it again from where it was made",
          block.line,
          cause,
        );
  }
  return localKey(key);
}

function unreadable(reason: string, mend: string, line?: number, cause?: unknown): HandfastError {
  return new HandfastError("KEY_UNREADABLE", `read key failed: ${reason}; ${mend}`, { line }, { cause });
}
