/** One DER element (X.690, section 8) around parts. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag, ...lengthOctets(content.length)), content]);
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  const hex = length.toString(16);
  const octets = [...Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex")];
  return [0x80 | octets.length, ...octets];
}

/** SEQUENCE. */
export const sequence = (...parts: readonly Uint8Array[]): Buffer => element(0x30, ...parts);

/** An OBJECT IDENTIFIER from its dotted form. */
export function identifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const octets = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups: number[] = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      groups.unshift(128 + (left % 128));
    return groups;
  });
  return element(0x06, Buffer.from(octets));
}

/** An INTEGER that is not negative. */
export function integer(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  return (bytes[0] ?? 0) >= 0x80 ? element(0x02, Buffer.of(0), bytes) : element(0x02, bytes);
}

/** A BIT STRING of whole octets, or of bits of which the last ones are unused. */
export const bits = (value: Uint8Array, unused = 0): Buffer => element(0x03, Buffer.of(unused), value);

/** UTCTime until 2049, GeneralizedTime after (RFC 5280, 4.1.2.5). */
export function time(ms: number): Buffer {
  const digits = new Date(ms)
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replace(/[-:T]/g, "");
  return digits < "2050"
    ? element(0x17, Buffer.from(digits.slice(2), "latin1"))
    : element(0x18, Buffer.from(digits, "latin1"));
}

/** An extension (RFC 5280, 4.1). */
export function extension(oid: string, value: Uint8Array, critical = false): Buffer {
  const flag = critical ? [element(0x01, Buffer.of(0xff))] : [];
  return sequence(identifier(oid), ...flag, element(0x04, value));
}
