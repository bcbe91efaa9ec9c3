import { HandfastError } from "../errors.ts";
import { passphraseOf, type SecretOptions, type SecretSource } from "./secret-source.ts";

interface EnvOptions extends SecretOptions {
  /** The variables. @default process.env */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
}

/**
 * A private key in an environment variable, as PEM. Line feeds may be written as `\n`, as CI systems and .env files
 * do. The variable is read at each use; this is the only place in core that reads the environment.
 *
 * @param name of the variable
 * @throws {TypeError} when a key was given where the name of its variable is due
 * @example
 * ```ts
 * import { fromEnv } from "@handfast/core";
 *
 * export const edgeKey = fromEnv("EDGE_KEY_PEM");
 * ```
 */
export function fromEnv(name: string, options: EnvOptions = {}): SecretSource {
  // What was given may be a key: it must not get into a message.
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new TypeError(
      "fromEnv needs the name of an environment variable; for the key itself use fromValue",
    );
  }
  const describe = (): string => `environment variable ${name}`;
  return {
    describe,
    read: async () => {
      const value = (options.environment ?? process.env)[name];
      if (value === undefined || value === "") {
        throw new HandfastError(
          "SECRET_MISSING",
          `read key failed [${describe()}]: it is ${value === "" ? "empty" : "not set"}; set it to the key as PEM`,
        );
      }
      return value.includes("\n") ? value : value.replaceAll("\\n", "\n");
    },
    ...passphraseOf(options.passphrase),
  };
}
