import { subjectAltName } from "../certificate/write-extensions.ts";
import { element, explicit, oid, sequence, setOf } from "../der/write-der.ts";
import type { KeyHandle } from "../key/key-handle.ts";
import { alternativeName, checkNameCount, encodeAlternativeName } from "../name/alternative-name.ts";
import { encodeName } from "../name/encode-name.ts";
import { toPem } from "../pem/convert-pem.ts";
import { signDer } from "./sign-der.ts";

/** What a request says. */
export interface CreateCsrOptions {
  /** RFC 4514, e.g. `CN=edge.example.com,O=Example`. */
  readonly subject: string;
  readonly key: KeyHandle;
  /** DNS names, IP addresses, email addresses and URIs to ask for in subjectAltName, at most 1,000. */
  readonly names?: readonly string[] | undefined;
}

/**
 * A certificate signing request (RFC 2986), PEM, signed as the key signs certificates: what `openssl req -new` makes.
 *
 * @throws HandfastError `CERTIFICATE_UNSUITABLE` when the subject is not a distinguished name, a name is none, or there
 *   are more than 1,000
 * @example
 * ```ts
 * import { createCsr, generateKey } from "@handfast/pki";
 *
 * const key = await generateKey({ type: "rsa", bits: 4096 });
 * export const request = await createCsr({ subject: "CN=shop.example.com", key });
 * ```
 */
export async function createCsr({ subject, key, names = [] }: CreateCsrOptions): Promise<string> {
  checkNameCount(names.length);
  const extensions =
    names.length === 0
      ? []
      : [subjectAltName(names.map((name) => encodeAlternativeName(alternativeName(name))))];
  // extensionRequest, RFC 2985, 5.4.2
  const attributes =
    extensions.length === 0 ? [] : [sequence(oid("1.2.840.113549.1.9.14"), setOf(sequence(...extensions)))];
  const content = sequence(
    element(0x02, Uint8Array.of(0)),
    encodeName(subject),
    key.publicKey,
    explicit(0, ...attributes),
  );
  return toPem(await signDer(content, key), "CERTIFICATE REQUEST");
}
