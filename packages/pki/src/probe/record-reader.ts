/** One TLS record (RFC 8446, 5.1). */
export interface TlsRecord {
  /** 20 change cipher spec, 21 alert, 22 handshake, 23 application data. */
  readonly type: number;
  /** The five octets before the fragment: what TLS 1.3 authenticates along with it. */
  readonly header: Uint8Array;
  readonly fragment: Uint8Array;
}

/** Cuts a stream of bytes into TLS records, however the network split or joined them. */
export interface RecordReader {
  /** The records that are complete by now. */
  push(chunk: Uint8Array): readonly TlsRecord[];
  /** True once the stream was seen to be something else than TLS; nothing is read from then on. */
  readonly broken: boolean;
}

const longestFragment = 2 ** 14 + 2048;

export function recordReader(): RecordReader {
  let rest: Buffer = Buffer.alloc(0);
  let broken = false;
  return {
    get broken() {
      return broken;
    },
    push(chunk) {
      if (broken) return [];
      rest =
        rest.length === 0
          ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
          : Buffer.concat([rest, chunk]);
      const records: TlsRecord[] = [];
      while (rest.length >= 5) {
        const type = rest.readUInt8(0);
        const length = rest.readUInt16BE(3);
        if (type < 20 || type > 23 || rest.readUInt8(1) !== 3 || length > longestFragment) {
          broken = true;
          rest = Buffer.alloc(0);
          break;
        }
        if (rest.length < 5 + length) break;
        records.push({ type, header: rest.subarray(0, 5), fragment: rest.subarray(5, 5 + length) });
        rest = rest.subarray(5 + length);
      }
      return records;
    },
  };
}
