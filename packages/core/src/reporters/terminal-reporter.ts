import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";
import type { RunEvent } from "../apply/events.ts";
import { type Clock, systemClock } from "../clock.ts";
import type { MtlsPlan } from "../plan/plan.ts";
import { RunProgress } from "./run-progress.ts";
import {
  endLines,
  failedLines,
  type LineStyle,
  type Paint,
  painterOf,
  plainLine,
  settledLine,
  startLine,
} from "./terminal-lines.ts";
import { screenLines } from "./terminal-screen.ts";
import { secondsText } from "./time-span.ts";

/** Where a run is shown. `process.stdout` is one; its size is asked for at each redraw. */
export interface TerminalOutput {
  write(text: string): unknown;
  /** Whether lines can be redrawn. @default false: each change on a line of its own, without any control code */
  readonly isTTY?: boolean | undefined;
  /** @default 80 */
  readonly columns?: number | undefined;
  /** @default 24 */
  readonly rows?: number | undefined;
}

export interface TerminalReporterOptions {
  /** The plan that is run. */
  readonly plan: MtlsPlan;
  readonly output: TerminalOutput;
  /** The clock of the instance that runs the plan: waits are measured on it. @default the machine's own */
  readonly clock?: Clock | undefined;
  /** @default true where lines can be redrawn */
  readonly colour?: boolean | undefined;
  /** Between two redraws at least, on the clock. Milliseconds. @default 100 */
  readonly redrawMs?: number | undefined;
}

/** A run on a terminal, as it goes. */
export interface TerminalReporter {
  /** Goes to `apply`, `resume`, `rollback` and `retire` as `onEvent`. */
  onEvent(event: RunEvent): void;
  /** Shows what was not shown yet, and draws no more. Call it whatever becomes of the run; a second time does nothing. */
  end(): void;
  [Symbol.dispose](): void;
}

/** With more steps than this, those that went well are counted only. */
const mostSettledLines = 60;

/**
 * Shows a run on a terminal: below, what runs now, with a bar for each wait and the successes in a row of each proof;
 * above, what has ended. Where lines can't be redrawn (a pipe, CI), each change is one plain line. Writes to the given
 * output only.
 *
 * A run that goes back by itself (`onFailure: "roll-back"`) is shown after the one that failed.
 *
 * @example
 * ```ts
 * import type { Handfast, MtlsPlan, Report } from "@handfast/core";
 * import { terminalReporter } from "@handfast/core/reporters";
 *
 * export async function applyVisibly(handfast: Pick<Handfast, "apply">, plan: MtlsPlan): Promise<Report> {
 *   using screen = terminalReporter({ plan, output: process.stderr });
 *   return await handfast.apply(plan, { onEvent: screen.onEvent });
 * }
 * ```
 */
export function terminalReporter(options: TerminalReporterOptions): TerminalReporter {
  const { plan, output, clock = systemClock } = options;
  const isLive = output.isTTY === true;
  const paint = painterOf(options.colour ?? isLive);
  const progress = new RunProgress(plan);
  const lines = isLive
    ? new LiveLines(progress, { output, clock, paint, redrawMs: options.redrawMs ?? 100 })
    : new PlainLines(progress, { output, clock });
  const kind = (): string => (progress.isAnother ? "taken back by run" : `${plan.kind} in run`);
  const end = (): void => lines.end();
  return {
    onEvent: (event) => {
      const at = clock.now();
      const before = "step" in event ? progress.running.get(event.step) : undefined;
      progress.fold(event, at);
      const style: LineStyle = { paint, columns: isLive ? (output.columns ?? 80) : undefined };
      if (event.kind === "run-started") lines.begin([startLine(event, kind(), paint)]);
      else if (event.kind === "run-ended") lines.finish(endLines(event, progress, at, style));
      else
        lines.change(event, {
          at,
          before: { tookMs: at - (before?.since ?? at), attempt: before?.attempt ?? 1 },
          style,
        });
    },
    end,
    [Symbol.dispose]: end,
  };
}

interface Change {
  readonly at: number;
  readonly before: { readonly tookMs: number; readonly attempt: number };
  readonly style: LineStyle;
}

type StepChange = Exclude<RunEvent, { kind: "run-started" | "run-ended" }>;

/** One line a change, as it comes. */
class PlainLines {
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

interface LiveOptions {
  readonly output: TerminalOutput;
  readonly clock: Clock;
  readonly paint: Paint;
  readonly redrawMs: number;
}

/** Lines that stay, and below them a part that is drawn anew, however many events come, at most so often. */
class LiveLines {
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

  change(event: StepChange, { before, style }: Change): void {
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
    } catch (error) {
      if (!signal.aborted) throw error;
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
