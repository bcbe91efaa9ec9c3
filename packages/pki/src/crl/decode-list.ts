import { HandfastError } from "@handfast/core";
import { readBlocks } from "@handfast/core/certificates";
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
  return decodeAlone(input) ?? toDer(bytesOf(input).toString("utf8"), "X509 CRL");
}

/**
 * The DER of every list in a PEM text, in its order.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE` when there is none, or the text is damaged
 */
export function decodeLists(input: string | Uint8Array): readonly Uint8Array[] {
  const blocks = readBlocks(bytesOf(input).toString("utf8"));
  if ("reason" in blocks) throw unreadable(`line ${blocks.line}: ${blocks.reason}`, blocks.line);
  const lists = blocks.filter(({ label }) => label === "X509 CRL");
  if (lists.length === 0) throw unreadable("the text holds no block of it", undefined);
  return lists.map(({ der, line }) => {
    if (der === undefined) throw unreadable(`line ${line}: the block has header lines`, line);
    return der;
  });
}

function unreadable(reason: string, line: number | undefined): HandfastError {
  return new HandfastError(
    "CERTIFICATE_UNREADABLE",
    `read X509 CRL failed: ${reason}; give PEM with X509 CRL blocks`,
    { line },
  );
}

function bytesOf(input: string | Uint8Array): Buffer {
  return typeof input === "string"
    ? Buffer.from(input, "utf8")
    : Buffer.from(input.buffer, input.byteOffset, input.length);
}

/** The DER of a text that is one block in lines of one width and nothing else; undefined for any other. */
export function decodeAlone(input: string | Uint8Array): Uint8Array | undefined {
  const text = bytesOf(input);
  const to = text.indexOf(hyphen, begin.length);
  const isAlone =
    to > 0 &&
    text.subarray(0, begin.length).equals(begin) &&
    text.subarray(to, to + end.length).equals(end) &&
    /^\s*$/.test(text.toString("latin1", to + end.length, to + end.length + 16)) &&
    text.length <= to + end.length + 16;
  return isAlone ? decode(text, begin.length, to) : undefined;
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
  const padding = /(={0,2})\s*$/.exec(text.toString("latin1", Math.max(start, to - 8), to))?.[1]?.length ?? 0;
  const due = ((lines * width + rest) / 4) * 3 - padding;
  if (due <= 0 || !Number.isInteger(due)) return undefined;
  const der = Buffer.allocUnsafeSlow(due);
  // piece by piece: a text of the whole would take as much memory as the file once more
  const step = Math.ceil(pieceOctets / (width + ends)) * (width + ends);
  let written = 0;
  for (let piece = start; piece < to; piece += step) {
    const text64 = text.toString("latin1", piece, Math.min(piece + step, to));
    // what base64 for URLs has in place of + and /
    if (text64.includes("_")) return undefined;
    const octets = der.write(text64, written, "base64");
    written += octets;
    if (piece + step < to && octets !== (step / (width + ends)) * (width / 4) * 3) return undefined;
  }
  return written === due ? new Uint8Array(der.buffer, der.byteOffset, der.length) : undefined;
}

/** So much text is decoded at once: it stays near the processor. */
const pieceOctets = 65_536;
