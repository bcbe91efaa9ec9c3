/** Reads the vectors of TLS (RFC 8446, 3.4) one after the other. Throws a RangeError past the end. */
export interface ByteReader {
  readonly left: number;
  number(octets: 1 | 2 | 3): number;
  bytes(length: number): Uint8Array;
  /** A vector behind its length of so many octets. */
  vector(octets: 1 | 2 | 3): ByteReader;
  /** All that is left. */
  rest(): Uint8Array;
}

export function byteReader(source: Uint8Array): ByteReader {
  const data = Buffer.from(source.buffer, source.byteOffset, source.length);
  let at = 0;
  const bytes = (length: number): Uint8Array => {
    if (at + length > data.length) throw new RangeError("a TLS message ends too early");
    at += length;
    return data.subarray(at - length, at);
  };
  const number = (octets: 1 | 2 | 3): number => Buffer.from(bytes(octets)).readUIntBE(0, octets);
  return {
    get left() {
      return data.length - at;
    },
    number,
    bytes,
    vector: (octets) => byteReader(bytes(number(octets))),
    rest: () => bytes(data.length - at),
  };
}
