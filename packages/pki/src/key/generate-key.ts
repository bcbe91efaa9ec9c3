import { generateKeyPair, type KeyObject } from "node:crypto";
import { type Curve, type LocalKey, localKey } from "./key-handle.ts";

/** Which key to make. RSA: 2048 to 8192 bits, what ALB takes. */
export type GenerateKeyOptions =
  | { readonly type: "rsa"; readonly bits: 2048 | 3072 | 4096 | 8192 }
  | { readonly type: "ec"; readonly curve: Curve }
  /** For servers on OpenSSL; AWS and Cloudflare refuse it. */
  | { readonly type: "ed25519" }
  /** FIPS 204; Node has it from 24.6 on, with OpenSSL 3.5. AWS and Cloudflare refuse it in certificates. */
  | { readonly type: "ml-dsa-65" };

type Done = (error: Error | null, publicKey: KeyObject, privateKey: KeyObject) => void;

/**
 * Makes a private key off the main thread: an RSA-4096 key takes about a second, and the loop goes on meanwhile. Several
 * at a time take as many cores, up to the four threads of Node's pool (`UV_THREADPOOL_SIZE`).
 *
 * @throws TypeError for a size or curve that is not listed, and for ML-DSA where the runtime doesn't have it
 * @example
 * ```ts
 * import { generateKey } from "@handfast/pki";
 *
 * export const key = await generateKey({ type: "ec", curve: "P-256" });
 * ```
 */
export async function generateKey(options: GenerateKeyOptions): Promise<LocalKey> {
  const start = generatorOf(options);
  const key = await new Promise<KeyObject>((resolve, reject) => {
    const done: Done = (error, _publicKey, privateKey) => {
      if (error) reject(error);
      else resolve(privateKey);
    };
    try {
      start(done);
    } catch (cause) {
      if (options.type !== "ml-dsa-65") throw cause;
      throw new TypeError(
        `generateKey: this runtime has no ML-DSA-65 (OpenSSL ${process.versions.openssl ?? "unknown"}); use Node 24.6 or newer with OpenSSL 3.5`,
        { cause },
      );
    }
  });
  return localKey(key);
}

function generatorOf(options: GenerateKeyOptions): (done: Done) => void {
  switch (options.type) {
    case "rsa":
      if (![2048, 3072, 4096, 8192].includes(options.bits))
        throw new TypeError(`generateKey: no RSA key of ${options.bits} bits; use 2048, 3072, 4096 or 8192`);
      return (done) => generateKeyPair("rsa", { modulusLength: options.bits }, done);
    case "ec":
      if (!["P-256", "P-384", "P-521"].includes(options.curve))
        throw new TypeError(`generateKey: no curve ${options.curve}; use P-256, P-384 or P-521`);
      return (done) => generateKeyPair("ec", { namedCurve: options.curve }, done);
    case "ed25519":
      return (done) => generateKeyPair("ed25519", {}, done);
    case "ml-dsa-65":
      return (done) => generateKeyPair("ml-dsa-65", {}, done);
    default: {
      const { type } = options as { readonly type: unknown };
      throw new TypeError(`generateKey: no key of type ${String(type)}; use rsa, ec, ed25519 or ml-dsa-65`);
    }
  }
}
