/** One block of a PEM text (RFC 7468). */
export interface PemBlock {
  /** What stands after BEGIN, e.g. `CERTIFICATE`. */
  readonly label: string;
  /** Line of the BEGIN mark, counted from 1. */
  readonly line: number;
  /** The block as it stands, LF line ends. */
  readonly text: string;
  /** The decoded bytes; undefined when it has headers, as an encrypted key of the old form does. */
  readonly der: Uint8Array | undefined;
}

/** Where and why a text is not PEM. */
export interface PemFault {
  readonly line: number;
  readonly reason: string;
}

const mark = /^-----(BEGIN|END) ([A-Z0-9 ]+)-----\s*$/;

/**
 * Splits a text into PEM blocks. What stands between blocks is explanatory text and is skipped (RFC 7468, 5.2),
 * but a damaged BEGIN or END mark is a fault, never skipped: a certificate would be lost without a word.
 */
export function readBlocks(input: string): readonly PemBlock[] | PemFault {
  if (/-----BEGIN [A-Z0-9 ]+-----\\+[rn]/.test(input))
    return { line: 1, reason: "line ends are written as \\n, so the text was escaped twice" };
  const lines = input.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/);
  const blocks: PemBlock[] = [];
  let open: { label: string; line: number; body: string[] } | undefined;
  for (const [index, text] of lines.entries()) {
    const line = index + 1;
    const found = mark.exec(text.trimStart());
    if (found === null) {
      if (isDamagedMark(text)) return { line, reason: "a BEGIN or END mark is damaged" };
      open?.body.push(text.trim());
      continue;
    }
    const [, kind, label = ""] = found;
    if (kind === "BEGIN") {
      if (open !== undefined) return { line, reason: `the block begun on line ${open.line} has no END mark` };
      open = { label, line, body: [] };
      continue;
    }
    if (open === undefined) return { line, reason: "an END mark has no BEGIN mark" };
    if (open.label !== label)
      return { line, reason: `BEGIN ${open.label} on line ${open.line} is closed by END ${label}` };
    const block = closeBlock(open.label, open.line, open.body);
    if ("reason" in block) return block;
    blocks.push(block);
    open = undefined;
  }
  return open === undefined ? blocks : { line: open.line, reason: "the block has no END mark" };
}

/**
 * Whether a line looks like a mark that lost something. What stands before dashes is read from its end: one expression
 * for it would take time by the square of a hostile line.
 */
function isDamagedMark(text: string): boolean {
  if (!text.includes("-----")) return false;
  if (/^\s*-----|-----\s*(BEGIN|END)/i.test(text)) return true;
  return text
    .split("-----")
    .slice(0, -1)
    .some((before) => {
      let from = before.length;
      while (from > 0 && /[A-Z0-9 ]/i.test(before.charAt(from - 1))) from -= 1;
      return /BEGIN|END/i.test(before.slice(from));
    });
}

function closeBlock(label: string, line: number, body: readonly string[]): PemBlock | PemFault {
  const text = [`-----BEGIN ${label}-----`, ...body, `-----END ${label}-----`, ""].join("\n");
  if (body.some((row) => row.includes(":"))) return { label, line, text, der: undefined };
  const data = body.join("").replaceAll(/\s/g, "");
  if (data === "") return { line, reason: "the block is empty" };
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(data) || data.length % 4 !== 0) {
    const bad = body.findIndex((row) => !/^[A-Za-z0-9+/=\s]*$/.test(row));
    return { line: bad < 0 ? line : line + 1 + bad, reason: "the block is not base64" };
  }
  return { label, line, text, der: new Uint8Array(Buffer.from(data, "base64")) };
}
