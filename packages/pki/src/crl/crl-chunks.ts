/** How a list is put out. */
export interface CrlChunksOptions {
  /** @default "pem", which is all that ALB takes */
  readonly form?: "pem" | "der" | undefined;
}

/** Octets of DER in one chunk: a whole number of lines. */
const chunkOctets = 48 * 1_024;
const lineOctets = 48;
const newline = 0x0a;

/**
 * A list as a stream, 64 KB at a time, without a second copy of it: for a file, a response or an upload. The PEM has
 * lines of 64 characters, LF line ends and one newline at the end (RFC 7468, section 3).
 *
 * @example
 * ```ts
 * import { createWriteStream } from "node:fs";
 * import { pipeline } from "node:stream/promises";
 * import { type Crl, crlChunks } from "@handfast/pki";
 *
 * export function save(crl: Crl, path: string): Promise<void> {
 *   return pipeline(crlChunks(crl), createWriteStream(path));
 * }
 * ```
 */
export async function* crlChunks(
  { der }: { readonly der: Uint8Array },
  { form = "pem" }: CrlChunksOptions = {},
): AsyncGenerator<Uint8Array, undefined> {
  if (form === "pem") yield* pemChunks(der);
  else for (let at = 0; at < der.length; at += chunkOctets) yield der.subarray(at, at + chunkOctets);
}

/** PEM of a list, as {@link crlChunks} puts it out. */
export function* pemChunks(der: Uint8Array): Generator<Uint8Array, undefined> {
  yield Buffer.from("-----BEGIN X509 CRL-----\n", "latin1");
  for (let at = 0; at < der.length; at += chunkOctets) yield pemLines(der.subarray(at, at + chunkOctets));
  yield Buffer.from("-----END X509 CRL-----\n", "latin1");
}

function pemLines(der: Uint8Array): Uint8Array {
  const whole = der.length - (der.length % 3);
  const lines = Math.ceil(der.length / lineOctets);
  const out = new Uint8Array(Math.ceil(der.length / 3) * 4 + lines);
  let to = 0;
  for (let from = 0; from < whole; from += 3) {
    const group =
      ((der[from] as number) << 16) | ((der[from + 1] as number) << 8) | (der[from + 2] as number);
    out[to++] = alphabet[group >> 18] as number;
    out[to++] = alphabet[(group >> 12) & 0x3f] as number;
    out[to++] = alphabet[(group >> 6) & 0x3f] as number;
    out[to++] = alphabet[group & 0x3f] as number;
    if (to % 65 === 64) out[to++] = newline;
  }
  if (whole < der.length) {
    out.set(Buffer.from(Buffer.from(der.subarray(whole)).toString("base64"), "latin1"), to);
    to += 4;
  }
  if (to < out.length) out[to] = newline;
  return out;
}

/** Base64, by value (RFC 4648, section 4). Node's own encoder knows no lines. */
const alphabet = Uint8Array.from(
  Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", "latin1"),
);
