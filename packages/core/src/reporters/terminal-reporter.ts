import type { RunEvent } from "../apply/events.ts";
import { type Clock, systemClock } from "../clock.ts";
import type { MtlsPlan } from "../plan/plan.ts";
import type { Report } from "../report/report.ts";
import { LiveLines } from "./live-lines.ts";
import { PlainLines } from "./plain-lines.ts";
import { RunProgress } from "./run-progress.ts";
import { endLines, type LineStyle, painterOf, startLine } from "./terminal-lines.ts";
import type { TerminalOutput } from "./terminal-output.ts";

/** What is shown, where, and by which clock. */
export interface TerminalReporterOptions {
  /** The plan that is run; absent where the call makes its own, as `rollback` and `retire` do. */
  readonly plan?: MtlsPlan | undefined;
  /** The report so far, for a resume: what is in effect already counts. */
  readonly before?: Report | undefined;
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

/**
 * Shows a run on a terminal: below, what runs now, with a bar for each wait and the successes in a row of each proof;
 * above, what has ended. Where lines can't be redrawn (a pipe, CI), each change is one plain line. Writes to the given
 * output only.
 *
 * A run that goes back by itself (`onFailure: "roll-back"`) is shown after the one that failed.
 *
 * @example
 * ```ts
 * import type { MtlsPlan, Report, RunEvent } from "@handfast/core";
 * import { terminalReporter } from "@handfast/core/reporters";
 *
 * type Apply = (plan: MtlsPlan, options: { onEvent(event: RunEvent): void }) => Promise<Report>;
 *
 * // handfast.apply is an Apply
 * export async function applyVisibly(apply: Apply, plan: MtlsPlan): Promise<Report> {
 *   using screen = terminalReporter({ plan, output: process.stderr });
 *   return await apply(plan, { onEvent: screen.onEvent });
 * }
 * ```
 */
export function terminalReporter(options: TerminalReporterOptions): TerminalReporter {
  const { plan, output, clock = systemClock } = options;
  const isLive = output.isTTY === true;
  const paint = painterOf(options.colour ?? isLive);
  const progress = new RunProgress(plan, options.before);
  const lines = isLive
    ? new LiveLines(progress, { output, clock, paint, redrawMs: options.redrawMs ?? 100 })
    : new PlainLines(progress, { output, clock });
  const kind = (): string =>
    progress.isAnother ? "taken back by run" : plan === undefined ? "run" : `${plan.kind} in run`;
  const end = (): void => lines.end();
  return {
    onEvent: (event) => {
      const at = clock.now();
      const before = "step" in event ? progress.running.get(event.step) : undefined;
      progress.fold(event, at);
      const style: LineStyle = { paint, columns: isLive ? (output.columns ?? 80) : undefined };
      if (event.kind === "run-started") lines.begin([startLine(event, kind(), paint)]);
      else if (event.kind === "run-ended") lines.finish(endLines(event, progress, at, style));
      else {
        const began = { tookMs: at - (before?.since ?? at), attempt: before?.attempt ?? 1 };
        lines.change(event, began, style);
      }
    },
    end,
    [Symbol.dispose]: end,
  };
}
