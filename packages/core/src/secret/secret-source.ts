/** A passphrase, or what asks for it. It is asked only when the key turns out to be encrypted. */
export type Passphrase = string | (() => string | Promise<string>);

/** What the factories of this folder can be given. */
export interface SecretOptions {
  /** Of an encrypted key. */
  readonly passphrase?: Passphrase | undefined;
}

/**
 * Where a private key comes from. It is read at the moment of use and kept nowhere. `fromFile`, `fromEnv` and
 * `fromValue` make one; for a vault, write one of your own with these two methods.
 */
export interface SecretSource {
  /** Where the key comes from, for errors and plans, e.g. `file /etc/keys/edge.pem`. Never the key or a part of it. */
  describe(): string;
  /**
   * The key as PEM: PKCS#8, PKCS#1 or SEC 1, encrypted or not. Called at each use.
   *
   * @throws HandfastError `SECRET_MISSING` when there is none; what else is thrown becomes that, without its text
   */
  read(): Promise<string>;
  /** Asked when the key is encrypted. Without it, an encrypted key is refused with `KEY_ENCRYPTED`. */
  passphrase?(): string | Promise<string>;
}

/** The `passphrase` method of a source, or none. */
export function passphraseOf(passphrase: Passphrase | undefined): Pick<SecretSource, "passphrase"> {
  if (passphrase === undefined) return {};
  return { passphrase: typeof passphrase === "string" ? () => passphrase : passphrase };
}
