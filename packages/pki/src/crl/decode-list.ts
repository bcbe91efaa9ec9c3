import { toDer } from "../pem/convert-pem.ts";

const begin = Buffer.from("-----BEGIN X509 CRL-----", "latin1");
const end = Buffer.from("-----END X509 CRL-----", "latin1");
const hyphen = 0x2d;

/**
 * The DER of the only list in a PEM text. What is one block and nothing else, as a list of 30 MB is, is decoded in one
 * go; anything else is read line by line, and refused by line.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE`
 */
export function decodeList(input: string | Uint8Array): Uint8Array {
  const text =
    typeof input === "string"
      ? Buffer.from(input, "utf8")
      : Buffer.from(input.buffer, input.byteOffset, input.length);
  const to = text.indexOf(hyphen, begin.length);
  const isAlone =
    to > 0 &&
    text.subarray(0, begin.length).equals(begin) &&
    text.subarray(to, to + end.length).equals(end) &&
    /^\s*$/.test(text.toString("latin1", to + end.length, to + end.length + 16)) &&
    text.length <= to + end.length + 16;
  const der = isAlone ? decode(text, begin.length, to) : undefined;
  return der ?? toDer(text.toString("utf8"), "X509 CRL");
}

/** By character: its value in base64 (RFC 4648, section 4), -1 for any other. */
const values = new Int8Array(256).fill(-1);
for (const [value, code] of Buffer.from(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
  "latin1",
).entries())
  values[code] = value;

/** Base64 in lines of whole groups; undefined when it is anything else. */
function decode(text: Uint8Array, from: number, to: number): Uint8Array | undefined {
  const der = new Uint8Array(Math.ceil((to - from) / 4) * 3);
  let length = 0;
  let at = from;
  while (at < to) {
    const group =
      ((values[text[at] as number] as number) << 18) |
      ((values[text[at + 1] as number] as number) << 12) |
      ((values[text[at + 2] as number] as number) << 6) |
      (values[text[at + 3] as number] as number);
    if (group >= 0) {
      der[length] = group >> 16;
      der[length + 1] = group >> 8;
      der[length + 2] = group;
      length += 3;
      at += 4;
    } else if (text[at] === 0x0a || text[at] === 0x0d) at += 1;
    else break;
  }
  const last = Buffer.from(text.subarray(at, Math.min(to, at + 16))).toString("latin1");
  if (at + last.length < to || !/^(?:[\w+/]{2}==|[\w+/]{3}=)?[\r\n]*$/.test(last) || last.includes("_"))
    return undefined;
  if (last.includes("=")) {
    const tail = Buffer.from(last, "base64");
    der.set(tail, length);
    length += tail.length;
  }
  return length === 0 ? undefined : der.subarray(0, length);
}
