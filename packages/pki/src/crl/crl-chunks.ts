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
  const text = Buffer.from(der.buffer, der.byteOffset, der.length).toString("base64");
  const lines = Math.ceil(der.length / lineOctets);
  const out = Buffer.allocUnsafe(text.length + lines);
  // right to left within one buffer, so that no line is a string of its own
  out.write(text, lines, "latin1");
  for (let line = 0; line < lines; line += 1) {
    const from = lines + line * 64;
    const to = Math.min(from + 64, out.length);
    out.copyWithin(line * 65, from, to);
    out[line * 65 + to - from] = newline;
  }
  return out;
}
