import { readFile } from "node:fs/promises";
import { labelDer } from "../certificate/label-der.ts";
import { writeBlock } from "../certificate/write-block.ts";
import { HandfastError } from "../errors.ts";
import { passphraseOf, type SecretOptions, type SecretSource } from "./secret-source.ts";

/**
 * A private key in a file, PEM or DER. A PEM file may hold certificates beside the key. The file is read anew at each use.
 *
 * @param path of the file, from the working directory on
 * @throws {TypeError} when a key was given where its path is due
 * @example
 * ```ts
 * import { fromFile } from "@handfast/core";
 *
 * export const edgeKey = fromFile("keys/edge.pem", { passphrase: async () => "from a prompt" });
 * ```
 */
export function fromFile(path: string, { passphrase }: SecretOptions = {}): SecretSource {
  // What was given may be a key: it must not get into a message.
  if (path === "" || /[\r\n]|-----BEGIN/.test(path)) {
    throw new TypeError("fromFile needs the path of a file; for the key itself use fromValue");
  }
  const describe = (): string => `file ${path}`;
  return {
    describe,
    read: async () => {
      try {
        const bytes = await readFile(path);
        const label = labelDer(bytes);
        return label === undefined ? bytes.toString("utf8") : writeBlock(bytes, label);
      } catch (error) {
        const code = error instanceof Error && "code" in error ? error.code : undefined;
        const isMissing = code === "ENOENT" || code === "ENOTDIR";
        const reason = isMissing
          ? "there is no such file; put the key there"
          : code === "EISDIR"
            ? "it is a folder; give the path of the file in it"
            : `the file can't be read (${String(code)}); give this process read access`;
        throw new HandfastError(
          isMissing ? "SECRET_MISSING" : "FILE_UNREADABLE",
          `read key failed [${describe()}]: ${reason}`,
          { file: path },
          { cause: error },
        );
      }
    },
    ...passphraseOf(passphrase),
  };
}
