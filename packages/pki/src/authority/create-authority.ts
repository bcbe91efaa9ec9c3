import { type Clock, systemClock } from "@handfast/core";
import { publicKeyBits } from "@handfast/core/certificates";
import type { KeyHandle } from "../key/key-handle.ts";
import { encodeName } from "../name/encode-name.ts";
import type { NameConstraints } from "../name/name-constraints.ts";
import type { Authority, ValidityOptions } from "./authority.ts";
import { buildAuthority } from "./build-authority.ts";
import { type KeyIdentifierMethod, keyId } from "./key-id.ts";
import { drawRandomBytes, type RandomBytes } from "./make-serial.ts";
import { authorityValidity } from "./validity.ts";
import { authorityExtensions, writeAuthority } from "./write-authority.ts";

/** What a new root is made from. */
export interface CreateAuthorityOptions extends ValidityOptions {
  /** RFC 4514, e.g. `CN=Edge Root,O=Example`. */
  readonly subject: string;
  readonly key: KeyHandle;
  /** How many authorities may follow below it. @default no limit */
  readonly pathLength?: number | undefined;
  /** Names that it and those below it may certify. @default no limit */
  readonly nameConstraints?: NameConstraints | undefined;
  /** How key identifiers are made, its own and those of what it issues. @default "rfc5280" */
  readonly keyIdentifiers?: KeyIdentifierMethod | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
  /** @default crypto.randomBytes */
  readonly random?: RandomBytes | undefined;
}

/**
 * Makes a root of your own: self-signed, basicConstraints CA:TRUE and key usage keyCertSign and cRLSign, both critical
 * (RFC 5280, 4.2.1). RSA and P-256 keys sign with SHA-256, P-384 with SHA-384, P-521 with SHA-512.
 *
 * @throws HandfastError `CERTIFICATE_UNSUITABLE` when subject, days, path length or name constraints can't be written
 * @example
 * ```ts
 * import { createAuthority, createCsr, generateKey } from "@handfast/pki";
 *
 * const root = await createAuthority({
 *   subject: "CN=Edge Root,O=Example",
 *   key: await generateKey({ type: "rsa", bits: 4096 }),
 * });
 * const edgeKey = await generateKey({ type: "rsa", bits: 4096 });
 * const leaf = await root.issue(await createCsr({ subject: "CN=shop.example.com", key: edgeKey }));
 *
 * export const trust = { edge: root.trust };
 * export const identities = { edge: leaf.identity("edge-key") };
 * ```
 */
export async function createAuthority(options: CreateAuthorityOptions): Promise<Authority> {
  const { key, pathLength, nameConstraints, clock = systemClock, random = drawRandomBytes() } = options;
  const { keyIdentifiers = "rfc5280" } = options;
  const subject = encodeName(options.subject);
  const id = keyId(publicKeyBits(key.publicKey), keyIdentifiers);
  const tools = { key, clock, random, keyIdentifiers };
  const certificate = await writeAuthority(
    {
      issuer: subject,
      subject,
      publicKey: key.publicKey,
      validity: authorityValidity(options, clock.now()),
      extensions: authorityExtensions({ subjectKeyId: id, authorityKeyId: id, pathLength, nameConstraints }),
    },
    { ...tools, constrained: [] },
  );
  return buildAuthority(certificate, [], tools);
}
