/** DER and CRLs written by hand, sound and unsound, for the tests of their reader. */

/** One element of a tag around its parts; lengths as short as can be. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  const head = length < 0x80 ? [tag, length] : [tag, 0x80 | octets.length, ...octets];
  return new Uint8Array(Buffer.concat([Uint8Array.from(head), ...parts]));
}

export const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const sequence = (...parts: readonly Uint8Array[]): Uint8Array => element(0x30, ...parts);
export const time = (text: string): Uint8Array =>
  element(text.length === 13 ? 0x17 : 0x18, Buffer.from(text, "latin1"));

/** A name with one common name. */
export const name = (text: string): Uint8Array =>
  sequence(element(0x31, sequence(bytes("0603550403"), element(0x0c, Buffer.from(text)))));

/** An extension of the arc 2.5.29. */
export const extension = (arc: number, value: Uint8Array, critical = false): Uint8Array =>
  sequence(
    element(0x06, Uint8Array.of(0x55, 0x1d, arc)),
    ...(critical ? [Uint8Array.of(0x01, 0x01, 0xff)] : []),
    element(0x04, value),
  );

export const reason = (code: number): Uint8Array => extension(21, element(0x0a, Uint8Array.of(code)));

/** An entry; `serial` are the content octets of the INTEGER. */
export const entry = (serial: string, ...extensions: readonly Uint8Array[]): Uint8Array =>
  sequence(
    element(0x02, bytes(serial)),
    time("260101000000Z"),
    ...(extensions.length === 0 ? [] : [sequence(...extensions)]),
  );

export interface WrittenCrl {
  readonly version?: Uint8Array | undefined;
  readonly thisUpdate?: Uint8Array | undefined;
  readonly nextUpdate?: Uint8Array | undefined;
  readonly entries?: readonly Uint8Array[] | undefined;
  readonly extensions?: readonly Uint8Array[] | undefined;
  /** Further fields at the end of what is signed. */
  readonly more?: readonly Uint8Array[] | undefined;
}

/** A CRL of the issuer `CN=ca`, with a signature that is none. */
export function writtenCrl(fields: WrittenCrl = {}): Uint8Array {
  const { version = bytes("020101"), thisUpdate = time("260101000000Z"), nextUpdate, entries } = fields;
  const { extensions, more = [] } = fields;
  const algorithm = sequence(bytes("06082a8648ce3d040302"));
  return sequence(
    sequence(
      version,
      algorithm,
      name("ca"),
      thisUpdate,
      ...(nextUpdate === undefined ? [] : [nextUpdate]),
      ...(entries === undefined ? [] : [sequence(...entries)]),
      ...(extensions === undefined ? [] : [element(0xa0, sequence(...extensions))]),
      ...more,
    ),
    algorithm,
    bytes("030100"),
  );
}
