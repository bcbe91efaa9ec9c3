import { randomBytes } from "node:crypto";
import { type Clock, systemClock } from "@handfast/core";
import { certificateFromDer } from "../certificate/read-certificates.ts";
import type { KeyHandle } from "../key/key-handle.ts";
import { encodeName } from "../name/encode-name.ts";
import type { Authority } from "./authority.ts";
import { buildAuthority, writeAuthority } from "./build-authority.ts";
import { keyId } from "./key-id.ts";
import type { RandomBytes } from "./make-serial.ts";
import { makeValidity } from "./validity.ts";

/** What a new root is made from. */
export interface CreateAuthorityOptions {
  /** RFC 4514, e.g. `CN=Edge Root,O=Example`. */
  readonly subject: string;
  readonly key: KeyHandle;
  /** @default 1826 */
  readonly days?: number | undefined;
  /** Milliseconds since the epoch. @default now, by the clock */
  readonly notBefore?: number | undefined;
  /** How many authorities may follow below it. @default no limit */
  readonly pathLength?: number | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
  /** @default crypto.randomBytes */
  readonly random?: RandomBytes | undefined;
}

/**
 * Makes a root of your own: self-signed with SHA-256, basicConstraints CA:TRUE and key usage keyCertSign and
 * cRLSign, both critical (RFC 5280, 4.2.1).
 *
 * @throws HandfastError `CERTIFICATE_UNSUITABLE` when the subject is not a distinguished name
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
  const { key, days = 1826, clock = systemClock, random = randomBytes } = options;
  const subject = encodeName(options.subject);
  const tools = { key, clock, random };
  const der = await writeAuthority(
    {
      issuer: subject,
      subject,
      key,
      pathLength: options.pathLength,
      authorityKeyId: keyId(key.publicKey),
      validity: makeValidity(options.notBefore ?? clock.now(), days),
    },
    tools,
  );
  return buildAuthority(certificateFromDer(der), [], tools);
}
