import type { Clock } from "../clock.ts";
import type { RunProgress } from "./run-progress.ts";
import { plainLine, type StepChange } from "./terminal-lines.ts";
import type { TerminalOutput } from "./terminal-output.ts";
import { secondsText } from "./time-span.ts";

/** One line a change, as it comes. */
export class PlainLines {
  readonly #progress: RunProgress;
  readonly #output: TerminalOutput;
  readonly #clock: Clock;
  /** The verdict of each proof that was told last. */
  readonly #told = new Map<string, string>();

  constructor(progress: RunProgress, { output, clock }: { output: TerminalOutput; clock: Clock }) {
    this.#progress = progress;
    this.#output = output;
    this.#clock = clock;
  }

  begin(lines: readonly string[]): void {
    this.#told.clear();
    this.#write(lines);
  }

  change(event: StepChange): void {
    const line = plainLine(event, this.#isNews(event));
    if (line !== undefined) this.#write([`${this.#time()}  ${line}`]);
  }

  finish(lines: readonly string[]): void {
    this.#write(lines.slice(-1));
  }

  end(): void {}

  #isNews(event: StepChange): boolean {
    if (event.kind !== "proof") return true;
    const now = event.passed === event.of ? "through" : event.verdict;
    const isNews = this.#told.get(event.step) !== now;
    this.#told.set(event.step, now);
    return isNews;
  }

  #time(): string {
    return secondsText(this.#clock.now() - (this.#progress.startedAt ?? this.#clock.now())).padStart(11);
  }

  #write(lines: readonly string[]): void {
    this.#output.write(lines.map((line) => `${line}\n`).join(""));
  }
}
