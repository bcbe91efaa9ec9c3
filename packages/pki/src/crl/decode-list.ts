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

const [lineFeed, carriageReturn] = [0x0a, 0x0d];

/**
 * Base64 in lines of one width, as every tool writes it; undefined when it is anything else. Node's decoder skips what it
 * does not know, so places of line ends and the length of what comes out are held against each other.
 */
function decode(text: Buffer, from: number, to: number): Uint8Array | undefined {
  const ends = text[from] === carriageReturn ? 2 : 1;
  const start = from + ends;
  const width = text.indexOf(lineFeed, start) + 1 - ends - start;
  if (text[start - 1] !== lineFeed || width < 4 || width % 4 !== 0) return undefined;
  let at = start;
  for (; at + width + ends <= to; at += width + ends) {
    if (text[at + width + ends - 1] !== lineFeed) return undefined;
    if (ends === 2 && text[at + width] !== carriageReturn) return undefined;
  }
  const lines = (at - start) / (width + ends);
  const rest = Math.max(0, to - at - ends);
  if (rest > 0 && text[to - 1] !== lineFeed) return undefined;
  if (at < to && rest === 0) return undefined;
  const body = text.toString("latin1", start, to);
  // what base64 for URLs has in place of + and /
  if (body.includes("_")) return undefined;
  const der = Buffer.from(body, "base64");
  const padding = /(={0,2})\s*$/.exec(body.slice(-8))?.[1]?.length ?? 0;
  const due = ((lines * width + rest) / 4) * 3 - padding;
  return der.length === due && der.length > 0
    ? new Uint8Array(der.buffer, der.byteOffset, der.length)
    : undefined;
}
