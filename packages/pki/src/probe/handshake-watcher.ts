import { byteReader } from "./byte-reader.ts";
import { type CertificateRequest, readCertificateRequest } from "./certificate-request.ts";
import { type RecordOpener, recordOpener } from "./open-record.ts";
import { recordReader, type TlsRecord } from "./record-reader.ts";

/** What the server's half of a handshake showed so far. */
export interface HandshakeView {
  /** `request`: the server asked; `none`: it went on without asking; undefined: not seen far enough to tell. */
  readonly asked: "request" | "none" | undefined;
  readonly request: CertificateRequest | undefined;
  readonly version: "TLSv1.2" | "TLSv1.3" | undefined;
  /** An alert that came in the clear. */
  readonly alert: number | undefined;
  /** The peer sent something that is not TLS. */
  readonly notTls: boolean;
}

/** Watches the bytes that a server sends in a handshake. */
export interface HandshakeWatcher {
  /** Bytes from the server, in order. */
  push(chunk: Uint8Array): void;
  /** A line of the NSS key log: TLSSocket's `keylog` event. */
  keylog(line: Uint8Array): void;
  view(): HandshakeView;
}

/** More than any sound handshake sends; a peer that claims more is not buffered. */
const longestHandshake = 1 << 20;
/** Records that may wait for the secret: those that came in the same segment as ServerHello. */
const longestQueue = 128;

const changeCipherSpec = 20;
const alertRecord = 21;
const handshakeRecord = 22;
const applicationData = 23;

/**
 * Finds the certificate request on the wire. Under TLS 1.2 it goes in the clear before ServerHelloDone; under
 * TLS 1.3 it is encrypted with the server's handshake traffic secret, which the client's key log hands out.
 */
export function handshakeWatcher(): HandshakeWatcher {
  const records = recordReader();
  let messages: Buffer = Buffer.alloc(0);
  let waiting: TlsRecord[] = [];
  let version: "TLSv1.2" | "TLSv1.3" | undefined;
  let suite = 0;
  let secret: Uint8Array | undefined;
  let open: RecordOpener | undefined;
  let over = false;
  let asked: HandshakeView["asked"];
  let request: CertificateRequest | undefined;
  let alert: number | undefined;

  const finish = (answer: HandshakeView["asked"]): void => {
    asked ??= answer;
    over = true;
  };

  // A HelloRetryRequest has the same form (RFC 8446, 4.1.4); the ServerHello that follows it says the same again.
  const readServerHello = (body: Uint8Array): void => {
    const reader = byteReader(body);
    reader.number(2);
    reader.bytes(32);
    reader.vector(1);
    suite = reader.number(2);
    reader.number(1);
    version = "TLSv1.2";
    const extensions = reader.left > 0 ? reader.vector(2) : byteReader(new Uint8Array());
    while (extensions.left > 0) {
      const type = extensions.number(2);
      const value = extensions.vector(2);
      if (type === 43 && value.number(2) === 0x0304) version = "TLSv1.3";
    }
  };

  const readMessage = (type: number, body: Uint8Array): void => {
    if (type === 2) readServerHello(body);
    else if (type === 13 && version !== undefined) {
      asked = "request";
      request = readCertificateRequest(body, version);
      over = true;
    } else if (type === 14 || type === 20) finish("none");
    // Under TLS 1.3 the request comes before the certificate (RFC 8446, 4.3.2).
    else if (type === 11 && version === "TLSv1.3") finish("none");
  };

  const readMessages = (content: Uint8Array): void => {
    messages = Buffer.concat([messages, content]);
    if (messages.length > longestHandshake) finish(undefined);
    while (!over && messages.length >= 4) {
      const end = 4 + messages.readUIntBE(1, 3);
      if (messages.length < end) return;
      const body = messages.subarray(4, end);
      const type = messages.readUInt8(0);
      messages = messages.subarray(end);
      readMessage(type, body);
    }
  };

  const readRecord = (record: TlsRecord): void => {
    // Two octets are an alert in the clear; a warning (level 1) does not end the handshake.
    if (record.type === alertRecord && record.fragment.length === 2 && record.fragment[0] === 2)
      alert ??= record.fragment[1];
    if (over) return;
    if (record.type === handshakeRecord) readMessages(record.fragment);
    // Under TLS 1.2 all that follows is encrypted: an abbreviated handshake, without a request.
    else if (record.type === changeCipherSpec && version === "TLSv1.2") finish("none");
    else if (record.type === applicationData && version === "TLSv1.3") {
      if (open === undefined && secret !== undefined) {
        open = recordOpener(suite, secret);
        if (open === undefined) finish(undefined);
      }
      if (open === undefined) {
        waiting.push(record);
        if (waiting.length > longestQueue) finish(undefined);
      } else {
        const plain = open(record);
        if (plain === undefined) finish(undefined);
        else if (plain.type === handshakeRecord) readMessages(plain.content);
      }
    }
  };

  const guarded = (work: () => void): void => {
    try {
      work();
    } catch (thrown) {
      if (!(thrown instanceof RangeError)) throw thrown;
      over = true;
    }
  };

  return {
    push: (chunk) =>
      guarded(() => {
        for (const record of records.push(chunk)) readRecord(record);
      }),
    keylog: (line) => {
      const [label, , value] = Buffer.from(line).toString("latin1").trim().split(" ");
      if (label !== "SERVER_HANDSHAKE_TRAFFIC_SECRET" || value === undefined) return;
      secret = Buffer.from(value, "hex");
      const queue = waiting;
      waiting = [];
      guarded(() => {
        for (const record of queue) readRecord(record);
      });
    },
    view: () => ({ asked, request, version, alert, notTls: records.broken }),
  };
}
