import type { KeyObject } from "node:crypto";
import { HandfastError } from "../errors.ts";
import { passphraseOf, type SecretOptions, type SecretSource } from "./secret-source.ts";

/**
 * A private key that the caller has at hand: PEM, or a `KeyObject` of node:crypto. It stays in memory as long as the
 * source does; where that matters, write a source that fetches it.
 *
 * @throws {TypeError} when the key object is not a private one
 * @example
 * ```ts
 * import { generateKeyPairSync } from "node:crypto";
 * import { fromValue } from "@handfast/core";
 *
 * const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
 * export const edgeKey = fromValue(privateKey);
 * ```
 */
export function fromValue(key: string | KeyObject, { passphrase }: SecretOptions = {}): SecretSource {
  if (typeof key !== "string" && key.type !== "private") {
    throw new TypeError(`fromValue needs a private key; this key object is ${key.type}`);
  }
  return {
    describe: () => "key given in code",
    read: async () => {
      if (key === "")
        throw new HandfastError(
          "SECRET_MISSING",
          "read key failed [key given in code]: the text is empty; give the key as PEM",
        );
      return typeof key === "string" ? key : key.export({ type: "pkcs8", format: "pem" }).toString();
    },
    ...passphraseOf(passphrase),
  };
}
