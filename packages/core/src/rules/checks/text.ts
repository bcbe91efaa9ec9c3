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
      const line = linesOf(given).findIndex((text) => text.trim() === "") + 1;
      if (line > 0) yield { line, what: `line ${line} is blank`, mend };
    },
    *"text-beside"({ given }: Holding, allowed: "hash" | "none"): Generator<Fault> {
      const found = beside(linesOf(given)).find(({ text }) => allowed === "none" || !/^#[^-]*$/.test(text));
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
      const line = (given?.text ?? "").split("\n").findIndex((text) => text.includes("\r")) + 1;
      if (line > 0) yield { line, what: `line ${line} ends in CR, as Windows writes it`, mend };
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

/** Lines without their ends; the end of the last line is no line of its own. */
function linesOf(given: Given | undefined): readonly string[] {
  const text = given?.text ?? "";
  return text === "" ? [] : text.replace(/\r?\n$/, "").split(/\r\n|\r|\n/);
}

/** Lines outside of blocks that are not blank. */
function beside(lines: readonly string[]): { readonly line: number; readonly text: string }[] {
  let inside = false;
  return lines.flatMap((text, index) => {
    const begins = /^\s*-----BEGIN /.test(text);
    const ends = /^\s*-----END /.test(text);
    const isBeside = !inside && !begins && !ends && text.trim() !== "";
    inside = begins || (inside && !ends);
    return isBeside ? [{ line: index + 1, text: text.trim() }] : [];
  });
}
