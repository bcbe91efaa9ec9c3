/** What the demo prints: plain lines, in colour on a terminal. */
import { stripVTControlCharacters, styleText } from "node:util";
import type { RunEvent } from "@handfast/core";
import type { RequestCounts } from "@handfast/testing";

type Style = Parameters<typeof styleText>[0];

export class Screen {
  readonly #out: NodeJS.WriteStream;
  readonly colour: boolean;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
    this.colour = out.isTTY && process.env.NO_COLOR === undefined;
  }

  /** Lines that are wider than the terminal go on below, indented; what is piped stays whole. */
  line(text = ""): void {
    const width = this.#out.isTTY ? this.#out.columns : Number.POSITIVE_INFINITY;
    for (const line of text.split("\n")) this.#out.write(`${wrap(line, width)}\n`);
  }

  /** Lines that were made elsewhere, indented. */
  block(text: string): void {
    this.line(text.trimEnd().replaceAll(/^(?=.)/gm, "  "));
  }

  title(text: string): void {
    this.line();
    this.line(this.paint("bold", `── ${text} ${"─".repeat(Math.max(0, 90 - text.length))}`));
    this.line();
  }

  paint(style: Style, text: string): string {
    return this.colour ? styleText(style, text, { validateStream: false }) : text;
  }

  /** Tells of a run as it goes, with the visitors served meanwhile. */
  progress(counts: () => RequestCounts): (event: RunEvent) => void {
    const started = performance.now();
    /** Proofs that were told to be inconclusive or failed so far: once is enough. */
    const told = new Set<string>();
    return (event) => {
      if (event.kind === "run-started" || event.kind === "run-ended") return;
      const { ok, failed } = counts();
      const time = `${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s`;
      const visitors = this.paint(
        failed === 0 ? "gray" : "red",
        `${String(ok).padStart(4)} served, ${failed} failed`,
      );
      const say = (mark: string, text: string): void => {
        this.line(`  ${this.paint("gray", time)}  ${visitors}  ${event.step.padStart(3)} ${mark} ${text}`);
      };
      switch (event.kind) {
        case "step-started":
          return say(this.paint("cyan", "start"), event.summary);
        case "step-settled":
          return say(this.paint("green", "done "), event.summary);
        case "step-failed":
          return say(this.paint("red", "FAIL "), event.error.message);
        case "step-retrying":
          return say(this.paint("yellow", "again"), event.error.message);
        case "step-skipped":
          return say(this.paint("gray", "skip "), event.because);
        case "proof": {
          const isNews = event.passed === event.of || (event.verdict !== "passed" && !told.has(event.step));
          if (event.verdict !== "passed") told.add(event.step);
          if (isNews) say(this.paint("magenta", "proof"), `${event.passed} of ${event.of}: ${event.reason}`);
          return;
        }
        case "step-waiting":
        case "step-pending":
      }
    };
  }
}

function wrap(line: string, width: number): string {
  if (stripVTControlCharacters(line).length <= width) return line;
  const indent = " ".repeat(Math.min(30, line.search(/\S|$/) + 6));
  const words = line.split(/(?<=\S) /);
  let wrapped = words.shift() ?? "";
  let length = stripVTControlCharacters(wrapped).length;
  for (const word of words) {
    const size = stripVTControlCharacters(word).length;
    const fits = length + 1 + size <= width;
    wrapped += fits ? ` ${word}` : `\n${indent}${word.trimStart()}`;
    length = fits ? length + 1 + size : indent.length + size;
  }
  return wrapped;
}
