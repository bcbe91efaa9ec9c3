import { createDecipheriv, createHmac, createSecretKey, type KeyObject } from "node:crypto";
import type { TlsRecord } from "./record-reader.ts";

/** The TLS 1.3 cipher suites that Node offers (RFC 8446, B.4). */
const suites: ReadonlyMap<number, { cipher: Cipher; hash: string; keyLength: number }> = new Map([
  [0x1301, { cipher: "aes-128-gcm", hash: "sha256", keyLength: 16 }],
  [0x1302, { cipher: "aes-256-gcm", hash: "sha384", keyLength: 32 }],
  [0x1303, { cipher: "chacha20-poly1305", hash: "sha256", keyLength: 32 }],
] as const);

type Cipher = "aes-128-gcm" | "aes-256-gcm" | "chacha20-poly1305";

/** A decrypted record: its true type and its content. */
export interface PlainRecord {
  readonly type: number;
  readonly content: Uint8Array;
}

/** Decrypts the records of one direction and one epoch, in order. Undefined when a record does not authenticate. */
export type RecordOpener = (record: TlsRecord) => PlainRecord | undefined;

/** The opener for a traffic secret; undefined for a suite that is not known here. */
export function recordOpener(suite: number, secret: Uint8Array): RecordOpener | undefined {
  const known = suites.get(suite);
  if (known === undefined) return undefined;
  const { cipher, hash, keyLength } = known;
  // As key objects: of bytes Node finds out the hard way, at every use, that they are none.
  const traffic = createSecretKey(secret);
  const key = createSecretKey(expandLabel(hash, traffic, "key", keyLength));
  const iv = expandLabel(hash, traffic, "iv", 12);
  let sequence = 0n;
  return ({ header, fragment }) => {
    const nonce = Buffer.from(iv);
    // Per-record nonce, RFC 8446, 5.3.
    nonce.writeBigUInt64BE(nonce.readBigUInt64BE(4) ^ sequence, 4);
    sequence += 1n;
    if (fragment.length < 17) return undefined;
    const body = fragment.subarray(0, -16);
    try {
      // The types of Node name each cipher apart; the calls are the same.
      const decipher =
        cipher === "chacha20-poly1305"
          ? createDecipheriv(cipher, key, nonce, { authTagLength: 16 })
          : createDecipheriv(cipher, key, nonce, { authTagLength: 16 });
      decipher.setAAD(header, { plaintextLength: body.length });
      decipher.setAuthTag(fragment.subarray(-16));
      return unpad(Buffer.concat([decipher.update(body), decipher.final()]));
    } catch {
      return undefined;
    }
  };
}

/** TLSInnerPlaintext, RFC 8446, 5.2: content, its type, zeros. */
function unpad(inner: Uint8Array): PlainRecord | undefined {
  const end = inner.findLastIndex((octet) => octet !== 0);
  const type = inner[end];
  return type === undefined ? undefined : { type, content: inner.subarray(0, end) };
}

/** HKDF-Expand-Label with an empty context (RFC 8446, 7.1), for lengths that one block of the hash covers. */
function expandLabel(hash: string, secret: KeyObject, label: string, length: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`);
  const info = Buffer.concat([
    Uint8Array.of(length >> 8, length & 0xff, name.length),
    name,
    Uint8Array.of(0, 1),
  ]);
  return createHmac("sha256" === hash ? "sha256" : "sha384", secret)
    .update(info)
    .digest()
    .subarray(0, length);
}
