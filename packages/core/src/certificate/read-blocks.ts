/** One block of a PEM text (RFC 7468). */
export interface PemBlock {
  /** What stands after BEGIN, e.g. `CERTIFICATE`. */
  readonly label: string;
  /** Line of the BEGIN mark, counted from 1. */
  readonly line: number;
  /** What stands between the marks, as it stands. */
  readonly body: string;
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
  const blocks: PemBlock[] = [];
  let open: { label: string; line: number; from: number } | undefined;
  for (const { line, text, from, next } of eachLine(input)) {
    const found = mark.exec(text.trimStart());
    if (found === null) {
      if (isDamagedMark(text)) return { line, reason: "a BEGIN or END mark is damaged" };
      continue;
    }
    const [, kind, label = ""] = found;
    if (kind === "BEGIN") {
      if (open !== undefined) return { line, reason: `the block begun on line ${open.line} has no END mark` };
      open = { label, line, from: next };
      continue;
    }
    if (open === undefined) return { line, reason: "an END mark has no BEGIN mark" };
    if (open.label !== label)
      return { line, reason: `BEGIN ${open.label} on line ${open.line} is closed by END ${label}` };
    const block = closeBlock(open.label, open.line, input.slice(open.from, from));
    if ("reason" in block) return block;
    blocks.push(block);
    open = undefined;
  }
  return open === undefined ? blocks : { line: open.line, reason: "the block has no END mark" };
}

interface Line {
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
  /** Where it begins in the input, and where the next one does. */
  readonly from: number;
  readonly next: number;
}

/** The lines of a text, one after the other: a hostile one has so many that a list of them would fill the memory. */
function* eachLine(input: string): Generator<Line, void, undefined> {
  const end = /\r\n?|\n/g;
  let from = input.startsWith("\uFEFF") ? 1 : 0;
  for (let line = 1; ; line += 1) {
    end.lastIndex = from;
    const found = end.exec(input);
    const to = found?.index ?? input.length;
    const next = found === null ? to : end.lastIndex;
    yield { line, text: input.slice(from, to), from, next };
    if (found === null) return;
    from = next;
  }
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

function closeBlock(label: string, line: number, body: string): PemBlock | PemFault {
  if (body.includes(":")) return { label, line, body, der: undefined };
  const letters = countLetters(body);
  if (letters === 0) return { line, reason: "the block is empty" };
  if (letters % 4 !== 0 || !/^[A-Za-z0-9+/\s]*(=\s*){0,2}$/.test(body)) {
    for (const row of eachLine(body))
      if (!/^[A-Za-z0-9+/=\s]*$/.test(row.text))
        return { line: line + row.line, reason: "the block is not base64" };
    return { line, reason: "the block is not base64" };
  }
  // White space is passed over; a copy without it would take many times its room.
  const { buffer, byteOffset, length } = Buffer.from(body, "base64");
  return { label, line, body, der: new Uint8Array(buffer, byteOffset, length) };
}

/** How many characters of a text are no white space. */
function countLetters(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 0x7f ? !/\s/.test(text.charAt(index)) : code > 0x20) count += 1;
  }
  return count;
}
