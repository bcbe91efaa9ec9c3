/** Cuts handshake messages (RFC 8446, 4) out of the content of records. */
export interface MessageReader {
  /** Content of the next record. */
  push(content: Uint8Array): void;
}

/** What is done with the messages. */
export interface MessageListener {
  /** The longest body of this type that is worth keeping, in octets; undefined for one that is passed by. */
  most(type: number): number | undefined;
  /** A message is whole. Its body is empty when it was not kept. */
  message(type: number, body: Uint8Array): void;
  /** Nothing more is wanted. */
  readonly over: boolean;
}

const headerLength = 4;

/** Keeps no more than one wanted message; what is too long or not wanted is counted and dropped. */
export function messageReader(listener: MessageListener): MessageReader {
  let header = Buffer.alloc(0);
  let parts: Uint8Array[] = [];
  let kept = false;
  let left = 0;

  const finish = (type: number): void => {
    const body = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
    header = Buffer.alloc(0);
    parts = [];
    listener.message(type, body);
  };

  return {
    push(content) {
      let rest = Buffer.from(content.buffer, content.byteOffset, content.length);
      while (rest.length > 0 && !listener.over) {
        if (header.length < headerLength) {
          const part = rest.subarray(0, headerLength - header.length);
          header = Buffer.concat([header, part]);
          rest = rest.subarray(part.length);
          if (header.length < headerLength) return;
          left = header.readUIntBE(1, 3);
          kept = left <= (listener.most(header.readUInt8(0)) ?? -1);
        } else {
          const part = rest.subarray(0, left);
          if (kept) parts.push(part);
          left -= part.length;
          rest = rest.subarray(part.length);
        }
        if (left === 0) finish(header.readUInt8(0));
      }
    },
  };
}
