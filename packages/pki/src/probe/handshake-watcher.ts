import { byteReader } from "./byte-reader.ts";
import { type CertificateRequest, readCertificateRequest } from "./certificate-request.ts";
import { type HandshakeHalf, handshakeHalf, type Settled } from "./handshake-half.ts";

/** What the handshake showed so far. */
export interface HandshakeView {
  /** `request`: the server asked; `none`: it went on without asking; undefined: not seen far enough to tell. */
  readonly asked: "request" | "none" | undefined;
  readonly request: CertificateRequest | undefined;
  readonly version: "TLSv1.2" | "TLSv1.3" | undefined;
  /** DER of what the server sent, leaf first. Empty when it sent more than TLS takes, or it can't be read. */
  readonly serverChain: readonly Uint8Array[];
  /** What the client answered to the request: a certificate, or that it has none. */
  readonly reply: "certificate" | "nothing" | undefined;
  /** An alert of the server that came in the clear. */
  readonly alert: number | undefined;
  /** What the peer sent first, when that was not TLS: HTTP in the clear, or anything else. */
  readonly notTls: "http" | "other" | undefined;
}

/** Watches the bytes of a handshake, both ways. */
export interface HandshakeWatcher {
  /** Bytes from the server, in order. */
  received(chunk: Uint8Array): void;
  /** Bytes from the client, in order. */
  sent(chunk: Uint8Array): void;
  /** A line of the NSS key log: TLSSocket's `keylog` event. */
  keylog(line: Uint8Array): void;
  view(): HandshakeView;
}

const serverHello = 2;
const certificate = 11;
const certificateRequest = 13;
const serverHelloDone = 14;
const finished = 20;
const compressedCertificate = 25;

/** A request has two vectors of 16 bits length and one of 8. */
const longestRequest = 2 ** 17 + 2 ** 9;
/** OpenSSL's own limit for a chain (SSL_CTX_set_max_cert_list). */
const longestChain = 100 * 1024;

/**
 * Finds the certificate request on the wire, and the reply to it. Under TLS 1.2 both go in the clear; under TLS 1.3
 * they are encrypted with handshake traffic secrets, which the client's key log hands out.
 */
export function handshakeWatcher(): HandshakeWatcher {
  let settled: Settled | undefined;
  let asked: HandshakeView["asked"];
  let request: CertificateRequest | undefined;
  let serverChain: readonly Uint8Array[] = [];
  let reply: HandshakeView["reply"];
  const over = { server: false, client: false };

  const passes = (): void => {
    asked ??= "none";
  };

  const server = handshakeHalf({
    get over() {
      return over.server;
    },
    settled: () => settled,
    most: (type) => {
      if (type === serverHello || type === certificateRequest) return longestRequest;
      if (type !== certificate) return undefined;
      // Under TLS 1.3 the request comes before the certificate (RFC 8446, 4.3.2).
      if (settled?.version === "TLSv1.3") passes();
      return longestChain;
    },
    message: (type, body) => {
      if (type === serverHello) settled = readServerHello(body);
      else if (type === certificateRequest && settled !== undefined) {
        request = readCertificateRequest(body, settled.version);
        asked = "request";
      } else if (type === certificate || type === compressedCertificate) {
        serverChain = type === certificate ? readChain(body, settled?.version) : [];
        if (settled?.version !== "TLSv1.3") return;
        passes();
        over.server = true;
      } else if (type === serverHelloDone || type === finished) {
        passes();
        over.server = true;
      }
    },
    sealed: () => {
      // An abbreviated handshake of TLS 1.2: it has no request.
      passes();
      over.server = true;
    },
    lost: () => {
      over.server = true;
    },
  });

  const client = handshakeHalf({
    get over() {
      return over.client;
    },
    settled: () => settled,
    most: (type) => (type === certificate ? longestChain : undefined),
    message: (type, body) => {
      if (type !== certificate) return;
      const reader = byteReader(body);
      if (settled?.version === "TLSv1.3") reader.vector(1);
      reply = reader.number(3) > 0 ? "certificate" : "nothing";
      over.client = true;
    },
    sealed: () => {
      over.client = true;
    },
    lost: () => {
      over.client = true;
    },
  });

  const halves: ReadonlyMap<string, HandshakeHalf> = new Map([
    ["SERVER_HANDSHAKE_TRAFFIC_SECRET", server],
    ["CLIENT_HANDSHAKE_TRAFFIC_SECRET", client],
  ]);
  let head = Buffer.alloc(0);

  return {
    received: (chunk) => {
      if (head.length < httpMark.length)
        head = Buffer.concat([head, chunk.subarray(0, httpMark.length - head.length)]);
      server.push(chunk);
    },
    sent: (chunk) => client.push(chunk),
    keylog: (line) => {
      const text = Buffer.from(line.buffer, line.byteOffset, line.length).toString("latin1");
      const half = halves.get(text.slice(0, text.indexOf(" ")));
      half?.unlock(Buffer.from(text.slice(text.lastIndexOf(" ") + 1).trim(), "hex"));
    },
    view: () => ({
      asked,
      request,
      version: settled?.version,
      serverChain,
      reply,
      alert: server.alert,
      notTls: settled !== undefined || !server.broken ? undefined : head.equals(httpMark) ? "http" : "other",
    }),
  };
}

const httpMark = Buffer.from("HTTP/");

/** A HelloRetryRequest has the same form (RFC 8446, 4.1.4); the ServerHello that follows it says the same again. */
function readServerHello(body: Uint8Array): Settled {
  const reader = byteReader(body);
  reader.number(2);
  reader.bytes(32);
  reader.vector(1);
  const suite = reader.number(2);
  reader.number(1);
  const extensions = reader.left > 0 ? reader.vector(2) : byteReader(new Uint8Array());
  while (extensions.left > 0) {
    const type = extensions.number(2);
    const value = extensions.vector(2);
    if (type === 43 && value.number(2) === 0x0304) return { version: "TLSv1.3", suite };
  }
  return { version: "TLSv1.2", suite };
}

/** The body of a Certificate message: RFC 8446, 4.4.2, or RFC 5246, 7.4.2. */
function readChain(body: Uint8Array, version: Settled["version"] | undefined): readonly Uint8Array[] {
  // Empty when it was too long to be kept.
  if (body.length === 0) return [];
  const reader = byteReader(body);
  if (version === "TLSv1.3") reader.vector(1);
  const list = reader.vector(3);
  const chain: Uint8Array[] = [];
  while (list.left > 0) {
    chain.push(list.vector(3).rest());
    if (version === "TLSv1.3") list.vector(2);
  }
  return chain;
}
