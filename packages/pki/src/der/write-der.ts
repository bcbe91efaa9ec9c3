/** Tag and length octets of a DER element (X.690, 8.1) whose content follows. */
export function header(tag: number, length: number): Uint8Array {
  const octets = lengthOctets(length);
  const head = new Uint8Array(2 + octets);
  writeHeader(head, tag, length, octets);
  return head;
}

/** One DER element (X.690) of the given tag around the parts. For as many as a user gives, see {@link elementOf}. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return elementOf(tag, parts);
}

/**
 * The same around a list of any length: arguments are held on the stack, and a list of 100,000 is too long for it.
 *
 * @param allocate gives the memory; all of it is written
 */
export function elementOf(
  tag: number,
  parts: readonly Uint8Array[],
  allocate = (size: number): Uint8Array => new Uint8Array(size),
): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const octets = lengthOctets(length);
  const whole = allocate(2 + octets + length);
  writeHeader(whole, tag, length, octets);
  let at = 2 + octets;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** How many octets follow the first one of a length: none for short ones. */
function lengthOctets(length: number): number {
  if (length < 0x80) return 0;
  return length < 0x100 ? 1 : length < 0x10000 ? 2 : length < 0x1000000 ? 3 : 4;
}

function writeHeader(into: Uint8Array, tag: number, length: number, octets: number): void {
  into[0] = tag;
  into[1] = octets === 0 ? length : 0x80 | octets;
  for (let at = 1 + octets, rest = length; at > 1; at -= 1, rest >>>= 8) into[at] = rest;
}

export const sequence = (...parts: readonly Uint8Array[]): Uint8Array => element(0x30, ...parts);

/** SEQUENCE OF, of any length. */
export const sequenceOf = (parts: readonly Uint8Array[]): Uint8Array => elementOf(0x30, parts);

/** SET OF, its members in the order that DER demands (X.690, 11.6). */
export const setOf = (...parts: readonly Uint8Array[]): Uint8Array => setOfAll(parts);

/** The same of any length. */
export const setOfAll = (parts: readonly Uint8Array[]): Uint8Array =>
  elementOf(0x31, parts.length === 1 ? parts : [...parts].sort((a, b) => Buffer.compare(a, b)));

/** A context-specific, constructed tag around the parts. */
export const explicit = (tag: number, ...parts: readonly Uint8Array[]): Uint8Array =>
  element(0xa0 | tag, ...parts);

export const octetString = (value: Uint8Array): Uint8Array => element(0x04, value);

/** A BIT STRING without unused bits. */
export const bitString = (value: Uint8Array): Uint8Array => element(0x03, Uint8Array.of(0), value);

/** A BIT STRING of named bits, which ends with the last one that is set (X.690, 11.2.2). */
export function namedBits(bits: readonly number[]): Uint8Array {
  if (bits.length === 0) return element(0x03, Uint8Array.of(0));
  const last = Math.max(...bits);
  const octets = new Uint8Array((last >> 3) + 1);
  for (const bit of bits) octets[bit >> 3] = (octets[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return element(0x03, Uint8Array.of(7 - (last & 7)), octets);
}

/** TRUE; DER leaves FALSE out where it is the default. */
export const yes: Uint8Array = Uint8Array.of(0x01, 0x01, 0xff);

/** A non-negative INTEGER from its big-endian bytes. */
export function integer(value: Uint8Array): Uint8Array {
  let start = 0;
  while (start < value.length - 1 && value[start] === 0) start += 1;
  const bytes = value.length === 0 ? Uint8Array.of(0) : value.subarray(start);
  return (bytes[0] ?? 0) >= 0x80 ? element(0x02, Uint8Array.of(0), bytes) : element(0x02, bytes);
}

/** A non-negative INTEGER from lower-case hex. */
export function integerFromHex(hex: string): Uint8Array {
  return integer(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex"));
}

/** A non-negative INTEGER from a whole number. */
export const integerOf = (value: number | bigint): Uint8Array => integerFromHex(value.toString(16));

/** An OBJECT IDENTIFIER from its dotted form. */
export function oid(dotted: string): Uint8Array {
  const [first = 0n, second = 0n, ...rest] = dotted.split(".").map(BigInt);
  const octets: number[] = [];
  for (const arc of [first * 40n + second, ...rest]) {
    const groups = [Number(arc & 0x7fn)];
    for (let left = arc >> 7n; left > 0n; left >>= 7n) groups.unshift(Number(left & 0x7fn) | 0x80);
    octets.push(...groups);
  }
  return element(0x06, Uint8Array.from(octets));
}

/** Text under one of the string tags: 0x0c UTF8String, 0x13 PrintableString, 0x16 IA5String. */
export const text = (tag: number, value: string): Uint8Array => element(tag, Buffer.from(value, "utf8"));

/** UTCTime through 2049, GeneralizedTime from 2050 on, whole seconds (RFC 5280, 4.1.2.5). */
export function time(ms: number): Uint8Array {
  const digits = new Date(ms)
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replaceAll(/[-:T]/g, "");
  const year = Number(digits.slice(0, 4));
  return year >= 1950 && year < 2050 ? text(0x17, digits.slice(2)) : text(0x18, digits);
}
