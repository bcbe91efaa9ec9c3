import type { Socket } from "node:net";

/** A first message that is longer than this is nobody's. */
const mostBytes = 64 * 1024;

/**
 * Waits for a client's first message and reads the name in its SNI (RFC 6066, section 3), without taking anything away
 * from who reads next. What is no TLS has no name. A connection that ends before is never told of.
 *
 * Whether a certificate is asked for must be known before the handshake begins, and only this message says for whom.
 */
export function peekServerName(raw: Socket, done: (servername: string | undefined) => void): void {
  let seen = Buffer.alloc(0);
  const read = (chunk: Buffer): void => {
    seen = Buffer.concat([seen, chunk]);
    const found = readServerName(seen);
    if (found === "more" && seen.length < mostBytes) return;
    raw.off("data", read);
    raw.pause();
    raw.unshift(seen);
    done(found === "more" ? undefined : found.servername);
  };
  raw.on("data", read);
}

/** The name in a ClientHello (RFC 8446, 4.1.2), or `more` when its end has not come yet. */
export function readServerName(bytes: Buffer): { readonly servername: string | undefined } | "more" {
  const message = readHandshake(bytes);
  if (message === undefined || message === "more") return message ?? { servername: undefined };
  try {
    return { servername: readExtension(message) };
  } catch (error) {
    if (error instanceof RangeError) return { servername: undefined };
    throw error;
  }
}

/** The body of a ClientHello, out of as many records as it takes; undefined when it is none. */
function readHandshake(bytes: Buffer): Buffer | "more" | undefined {
  let content = Buffer.alloc(0);
  for (let at = 0; ; ) {
    if (bytes.length > at && bytes[at] !== 0x16) return undefined;
    if (bytes.length < at + 5) return "more";
    const end = at + 5 + bytes.readUInt16BE(at + 3);
    if (bytes.length < end) return "more";
    content = Buffer.concat([content, bytes.subarray(at + 5, end)]);
    at = end;
    if (content.length > 0 && content[0] !== 1) return undefined;
    if (content.length < 4) continue;
    const whole = 4 + content.readUIntBE(1, 3);
    if (content.length >= whole) return content.subarray(4, whole);
  }
}

function readExtension(hello: Buffer): string | undefined {
  // Behind version and random: session id, cipher suites, compression methods.
  let at = 34;
  at += 1 + hello.readUInt8(at);
  at += 2 + hello.readUInt16BE(at);
  at += 1 + hello.readUInt8(at);
  if (at >= hello.length) return undefined;
  const end = at + 2 + hello.readUInt16BE(at);
  for (at += 2; at < end; ) {
    const type = hello.readUInt16BE(at);
    const length = hello.readUInt16BE(at + 2);
    if (type === 0) return readName(hello.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return undefined;
}

/** The first name of the list, which is of the only type that there is. */
function readName(list: Buffer): string | undefined {
  if (list.readUInt8(2) !== 0) return undefined;
  const length = list.readUInt16BE(3);
  if (list.length < 5 + length) throw new RangeError("the name is longer than what holds it");
  return list.toString("latin1", 5, 5 + length).toLowerCase();
}
