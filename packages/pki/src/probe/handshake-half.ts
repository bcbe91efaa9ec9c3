import { type MessageListener, messageReader } from "./message-reader.ts";
import { type RecordOpener, recordOpener } from "./open-record.ts";
import { recordReader, type TlsRecord } from "./record-reader.ts";

/** What both sides settled on in ServerHello. */
export interface Settled {
  readonly version: "TLSv1.2" | "TLSv1.3";
  /** Cipher suite, as IANA numbers them. */
  readonly suite: number;
}

/** What one side sends in a handshake, read up to what the listener wants. */
export interface HandshakeHalf {
  push(chunk: Uint8Array): void;
  /** The secret of this side's handshake traffic, TLS 1.3 (RFC 8446, 7.1). */
  unlock(secret: Uint8Array): void;
  /** An alert in the clear that ends the connection. */
  readonly alert: number | undefined;
  /** True once the bytes were seen to be no TLS. */
  readonly broken: boolean;
}

/** What is done with what is read. */
export interface HalfListener extends MessageListener {
  settled(): Settled | undefined;
  /** Under TLS 1.2: all that follows is encrypted. */
  sealed(): void;
  /** Nothing further can be read: it is damaged, or encrypted with a secret or a suite that is not at hand. */
  lost(): void;
}

/** Records that may wait for the secret: those that came in the same segment as ServerHello. */
const longestQueue = 128;

const changeCipherSpec = 20;
const alertRecord = 21;
const handshakeRecord = 22;
const applicationData = 23;

/** One direction of a connection. Damaged messages end the reading; they never throw. */
export function handshakeHalf(listener: HalfListener): HandshakeHalf {
  const records = recordReader();
  const messages = messageReader(listener);
  let waiting: TlsRecord[] = [];
  let secret: Uint8Array | undefined;
  let open: RecordOpener | undefined;
  let alert: number | undefined;

  const readSealed = (record: TlsRecord, suite: number): void => {
    if (open === undefined && secret !== undefined) {
      open = recordOpener(suite, secret);
      if (open === undefined) {
        listener.lost();
        return;
      }
    }
    if (open === undefined) {
      waiting.push(record);
      if (waiting.length > longestQueue) listener.lost();
      return;
    }
    const plain = open(record);
    if (plain === undefined) listener.lost();
    else if (plain.type === handshakeRecord) messages.push(plain.content);
  };

  const readRecord = (record: TlsRecord): void => {
    const { type, fragment } = record;
    // Two octets are an alert in the clear; a warning (level 1) does not end the handshake.
    if (type === alertRecord && fragment.length === 2 && fragment[0] === 2) alert ??= fragment[1];
    if (listener.over) return;
    const settled = listener.settled();
    if (type === handshakeRecord) messages.push(fragment);
    else if (type === changeCipherSpec && settled?.version === "TLSv1.2") listener.sealed();
    else if (type === applicationData && settled?.version === "TLSv1.3") readSealed(record, settled.suite);
  };

  const guarded = (work: () => void): void => {
    try {
      work();
    } catch (thrown) {
      if (!(thrown instanceof RangeError)) throw thrown;
      listener.lost();
    }
  };

  return {
    push: (chunk) =>
      guarded(() => {
        for (const record of records.push(chunk)) readRecord(record);
      }),
    unlock: (value) => {
      secret = value;
      const queue = waiting;
      waiting = [];
      guarded(() => {
        for (const record of queue) readRecord(record);
      });
    },
    get alert() {
      return alert;
    },
    get broken() {
      return records.broken;
    },
  };
}
