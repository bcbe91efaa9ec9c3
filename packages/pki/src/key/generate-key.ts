import { generateKeyPair, type KeyObject } from "node:crypto";
import { type Curve, type LocalKey, localKey } from "./key-handle.ts";

/** Which key to make. RSA: 2048 to 8192 bits, what ALB takes. */
export type GenerateKeyOptions =
  | { readonly type: "rsa"; readonly bits: 2048 | 3072 | 4096 | 8192 }
  | { readonly type: "ec"; readonly curve: Curve };

/**
 * Makes a private key off the main thread: an RSA-4096 key takes about a second, and the loop goes on meanwhile.
 *
 * @throws TypeError for a size or curve that is not listed
 * @example
 * ```ts
 * import { generateKey } from "@handfast/pki";
 *
 * export const key = await generateKey({ type: "ec", curve: "P-256" });
 * ```
 */
export async function generateKey(options: GenerateKeyOptions): Promise<LocalKey> {
  if (options.type === "rsa" && ![2048, 3072, 4096, 8192].includes(options.bits))
    throw new TypeError(`generateKey: no RSA key of ${options.bits} bits; use 2048, 3072, 4096 or 8192`);
  if (options.type === "ec" && !["P-256", "P-384", "P-521"].includes(options.curve))
    throw new TypeError(`generateKey: no curve ${options.curve}; use P-256, P-384 or P-521`);
  const key = await new Promise<KeyObject>((resolve, reject) => {
    const done = (error: Error | null, _publicKey: KeyObject, privateKey: KeyObject): void => {
      if (error) reject(error);
      else resolve(privateKey);
    };
    if (options.type === "rsa") generateKeyPair("rsa", { modulusLength: options.bits }, done);
    else generateKeyPair("ec", { namedCurve: options.curve }, done);
  });
  return localKey(key);
}
