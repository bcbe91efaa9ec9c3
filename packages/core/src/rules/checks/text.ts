import { readBlocks } from "../../certificate/read-blocks.ts";
import type { Fault, Given } from "../rule.ts";

interface Holding {
  readonly given?: Given | undefined;
}

/** Checks of a text as it was given, for blocks of a label. What handfast writes itself passes all of them. */
export function textChecks(label: "CERTIFICATE" | "X509 CRL") {
  const mend = "write it anew with normaliseBundle of @handfast/pki";
  return {
    *"not-pem"({ given }: Holding): Generator<Fault> {
      if (given !== undefined && given.text === undefined)
        yield { what: "it is DER, and PEM is due", mend: "convert it with toPem" };
    },
    *"blank-line"({ given }: Holding): Generator<Fault> {
      const blank = firstOf(linesOf(given), (text) => text.trim() === "");
      if (blank !== undefined) yield { line: blank.line, what: `line ${blank.line} is blank`, mend };
    },
    *"text-beside"({ given }: Holding, allowed: "hash" | "none"): Generator<Fault> {
      const found = firstOf(beside(given), (text) => allowed === "none" || !/^#[^-]*$/.test(text));
      if (found === undefined) return;
      const { line, text } = found;
      const what = text.startsWith("#")
        ? allowed === "hash"
          ? `line ${line} is a comment that holds "-"`
          : `line ${line} is a comment`
        : `line ${line} is text beside the blocks: a dump, or a comment without #`;
      yield { line, what, mend };
    },
    *"carriage-return"({ given }: Holding): Generator<Fault> {
      const text = given?.text ?? "";
      const at = text.indexOf("\r");
      const line = (text.slice(0, at).match(/\n/g)?.length ?? 0) + 1;
      if (at >= 0) yield { line, what: `line ${line} ends in CR, as Windows writes it`, mend };
    },
    *"foreign-block"({ given }: Holding): Generator<Fault> {
      const found = blocksOf(given);
      if ("reason" in found) return;
      for (const { label: other, line } of found) {
        if (other === label || other === `X509 ${label}`) continue;
        const isKey = other.endsWith("PRIVATE KEY");
        yield {
          line,
          what: `line ${line} begins a ${other}`,
          mend: isKey ? "take it out, and keep it secret" : "take it out",
        };
      }
    },
    *"indented-block"({ given }: Holding): Generator<Fault> {
      const found = firstOf(linesOf(given), (text) => /^\s+-----(BEGIN|END) /.test(text));
      if (found !== undefined)
        yield { line: found.line, what: `line ${found.line} begins with blanks before its mark`, mend };
    },
    *"no-line-feed"({ given }: Holding): Generator<Fault> {
      const text = given?.text ?? "";
      if (text.includes("\r") && !text.includes("\n"))
        yield { line: 1, what: "its lines end in CR alone", mend };
    },
    *"damaged-block"({ given }: Holding): Generator<Fault> {
      const found = blocksOf(given);
      if ("reason" in found) {
        yield { line: found.line, what: `line ${found.line}: ${found.reason}`, mend: "export it again" };
        return;
      }
      for (const { label: other, line, der } of found)
        if (other === label && der === undefined)
          yield { line, what: `the block on line ${line} has header lines`, mend: "export it again" };
    },
  };
}

const blocks = new WeakMap<Given, ReturnType<typeof readBlocks>>();

/** The blocks of a text, read once for all checks. */
export function blocksOf(given: Given | undefined): ReturnType<typeof readBlocks> {
  if (given === undefined) return [];
  const known = blocks.get(given);
  if (known !== undefined) return known;
  const read = readBlocks(given.text ?? "");
  blocks.set(given, read);
  return read;
}

/** Lines without their ends, one at a time: a file may be nothing but lines. What follows the last end is no line. */
function* linesOf(given: Given | undefined): Generator<Line> {
  const all = given?.text ?? "";
  let line = 0;
  for (let at = 0; at < all.length; ) {
    const end = all.indexOf("\n", at);
    const text = all.slice(at, end < 0 ? undefined : end);
    line += 1;
    yield { line, text: text.endsWith("\r") ? text.slice(0, -1) : text };
    at = end < 0 ? all.length : end + 1;
  }
}

interface Line {
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
}

function firstOf(lines: Iterable<Line>, fits: (text: string) => boolean): Line | undefined {
  for (const one of lines) if (fits(one.text)) return one;
  return undefined;
}

/** Lines outside of blocks that are not blank. */
function* beside(given: Given | undefined): Generator<Line> {
  let inside = false;
  for (const { line, text } of linesOf(given)) {
    const begins = /^\s*-----BEGIN /.test(text);
    const ends = /^\s*-----END /.test(text);
    if (!inside && !begins && !ends && text.trim() !== "") yield { line, text: text.trim() };
    inside = begins || (inside && !ends);
  }
}
