import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";
import type { Clock } from "../clock.ts";
import type { RunProgress } from "./run-progress.ts";
import { failedLines, type LineStyle, type Paint, type StepChange, settledLine } from "./terminal-lines.ts";
import type { TerminalOutput } from "./terminal-output.ts";
import { screenLines } from "./terminal-screen.ts";

/** With more steps than this, those that went well are counted only. */
const mostSettledLines = 60;

interface LiveOptions {
  readonly output: TerminalOutput;
  readonly clock: Clock;
  readonly paint: Paint;
  readonly redrawMs: number;
}

/** Lines that stay, and below them a part that is drawn anew, however many events come, at most so often. */
export class LiveLines {
  readonly #progress: RunProgress;
  readonly #options: LiveOptions;
  /** Lines that stay, and were not written yet. */
  #pending: string[] = [];
  /** The live part as it stands on the screen. */
  #drawn: readonly string[] = [];
  /** Ends the pace of redraws; undefined while nothing runs. */
  #pace: AbortController | undefined;
  #isEnded = false;

  constructor(progress: RunProgress, options: LiveOptions) {
    this.#progress = progress;
    this.#options = options;
  }

  begin(lines: readonly string[]): void {
    this.#pending.push(...lines);
    if (this.#isEnded || this.#pace !== undefined) return;
    this.#pace = new AbortController();
    void this.#redraw(this.#pace.signal);
  }

  change(
    event: StepChange,
    before: { readonly tookMs: number; readonly attempt: number },
    style: LineStyle,
  ): void {
    if (event.kind === "step-settled") {
      if (this.#progress.steps > mostSettledLines) return;
      this.#pending.push(...settledLine(event, before, style));
    } else if (event.kind === "step-failed") this.#pending.push(...failedLines(event, style));
  }

  finish(lines: readonly string[]): void {
    this.#pending.push(...lines);
    this.#pace?.abort();
    this.#pace = undefined;
    this.#draw([]);
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#pace?.abort();
    this.#pace = undefined;
    if (this.#pending.length > 0 || this.#drawn.length > 0) this.#draw([]);
  }

  async #redraw(signal: AbortSignal): Promise<void> {
    const { clock, redrawMs } = this.#options;
    try {
      while (!signal.aborted) {
        this.#draw(this.#live());
        await clock.sleep(redrawMs, signal);
      }
    } catch {
      // ended, or the terminal is gone: a run must not stop for want of somebody who looks
      if (this.#pace?.signal === signal) this.#pace = undefined;
    }
  }

  #live(): readonly string[] {
    const { output, paint, clock } = this.#options;
    const { columns = 80, rows = 24 } = output;
    return screenLines(this.#progress, { now: clock.now(), columns, rows, paint });
  }

  #draw(live: readonly string[]): void {
    const same =
      live.length === this.#drawn.length && live.every((line, index) => line === this.#drawn[index]);
    if (this.#pending.length === 0 && same) return;
    const text = [...this.#pending, ...live].map((line) => `${line}\n`).join("");
    const back = this.#height();
    const { output } = this.#options;
    // up to the first line of the live part, then clear to the end of the screen
    output.write(back === 0 ? text : `\u001b[${back}F\u001b[0J${text}`);
    this.#pending = [];
    this.#drawn = live;
  }

  /** A terminal that was made narrower has broken the lines that stand on it. */
  #height(): number {
    const { columns = 80 } = this.#options.output;
    return this.#drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(stringWidth(stripVTControlCharacters(line)) / columns)),
      0,
    );
  }
}
