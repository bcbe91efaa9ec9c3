import { styleText } from "node:util";
import type { RunEvent } from "../apply/events.ts";
import type { ErrorRecord } from "../errors.ts";
import { countOf, oneLine } from "../plan/plain-text.ts";
import type { RunProgress } from "./run-progress.ts";
import { wrapToColumns } from "./text-columns.ts";
import { secondsText, spanText } from "./time-span.ts";

export type Style = Parameters<typeof styleText>[0];
export type Paint = (style: Style, text: string) => string;

/** What a reporter is told of a step. */
export type StepChange = Exclude<RunEvent, { kind: "run-started" | "run-ended" }>;

export function painterOf(colour: boolean): Paint {
  return (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text);
}

/** How the steps that a run came to an end with are told, each on lines that stay. */
export interface LineStyle {
  readonly paint: Paint;
  /** Lines are broken there; whole when absent. */
  readonly columns?: number | undefined;
}

/** What ended a step, or the run: lines that stay on the screen. `sinceMs`: since the step began. */
export function settledLine(
  event: Extract<RunEvent, { kind: "step-settled" }>,
  { tookMs, attempt }: { tookMs: number; attempt: number },
  { paint, columns }: LineStyle,
): readonly string[] {
  const notes = [
    event.found ? "was so already" : secondsText(tookMs),
    ...(attempt > 1 ? [`${attempt} attempts`] : []),
  ];
  const head = `${paint("green", "✔")} ${idOf(event)} ${event.phase.padEnd(8)} `;
  return hang(head, 16, `${oneLine(event.summary)} (${notes.join(", ")})`, columns);
}

/** A failure with its code, what it says is to be done, and who has to. */
export function failedLines(
  event: Extract<RunEvent, { kind: "step-failed" }>,
  { paint, columns }: LineStyle,
): readonly string[] {
  const isHeld = event.error.code === "PROOF_INCONCLUSIVE";
  const head = `${paint(isHeld ? "yellow" : "red", isHeld ? "!" : "✖")} ${idOf(event)} ${event.phase.padEnd(8)} `;
  return [...hang(head, 16, oneLine(event.summary), columns), ...errorLines(event.error, { paint, columns })];
}

function errorLines(error: ErrorRecord, { paint, columns }: LineStyle): readonly string[] {
  const { provider } = error.details;
  const answer =
    provider === undefined
      ? ""
      : [provider.status, provider.code].filter((part) => part !== undefined).join(" ");
  const colour = error.code === "PROOF_INCONCLUSIVE" ? "yellow" : "red";
  return [
    ...hang(
      `      ${paint(colour, oneLine(error.code))} `,
      7 + error.code.length,
      oneLine(error.message),
      columns,
    ),
    ...(answer === ""
      ? []
      : hang("      ", 6, paint("gray", `the provider answered ${oneLine(answer)}`), undefined)),
    ...(error.who === "nobody"
      ? []
      : hang("      ", 6, `to be mended by the ${actorOf(error.who)}`, columns)),
  ];
}

function actorOf(who: Exclude<ErrorRecord["who"], "nobody">): string {
  return {
    caller: "caller: plan, options or input",
    operator: "operator: at the provider, or by a decision",
    executor: "next try: it may help to resume",
    "adapter-author": "author of the adapter: please report it",
  }[who];
}

/** Steps that were not begun, by the reason, and how the run ended. */
export function endLines(
  event: Extract<RunEvent, { kind: "run-ended" }>,
  progress: RunProgress,
  at: number,
  { paint, columns }: LineStyle,
): readonly string[] {
  const colour = { done: "green", failed: "red", held: "yellow", aborted: "yellow" } as const;
  const took = progress.startedAt === undefined ? "" : `, ${secondsText(at - progress.startedAt)}`;
  const skipped = [...progress.skipped].flatMap(([because, ids]) => {
    const which = ids.length > 6 ? countOf(ids.length, "step") : ids.map((id) => oneLine(id)).join(", ");
    return hang(`${paint("gray", "–")} `, 2, `${which} skipped: ${oneLine(because)}`, columns);
  });
  return [
    ...skipped,
    `${paint(["bold", colour[event.status]], event.status)}: ${progress.settled} of ${countOf(progress.steps, "step")} in effect${took} ${paint("gray", `(run ${oneLine(event.runId)})`)}`,
  ];
}

/** The first line of a run. */
export function startLine(
  event: Extract<RunEvent, { kind: "run-started" }>,
  kind: string,
  paint: Paint,
): string {
  return `${paint("bold", kind)} ${oneLine(event.runId)}, ${countOf(event.steps, "step")}`;
}

/** One change on one line, for what is no terminal. Undefined for what is no change. */
export function plainLine(event: RunEvent, isNews: boolean): string | undefined {
  if (event.kind === "run-started" || event.kind === "run-ended" || event.kind === "step-pending")
    return undefined;
  const say = (what: string, text: string): string =>
    `${oneLine(event.step).padEnd(4)} ${event.phase.padEnd(8)} ${what.padEnd(5)} ${oneLine(text)}`;
  switch (event.kind) {
    case "step-started":
      return say("start", event.attempt > 1 ? `${event.summary} (attempt ${event.attempt})` : event.summary);
    case "step-waiting":
      return event.atMostMs === 0 ? undefined : say("wait", waitingText(event));
    case "step-retrying":
      return say("again", `in ${spanText(event.inMs)}: ${event.error.code}: ${event.error.message}`);
    case "step-settled":
      return say("done", event.found ? `${event.summary} (was so already)` : event.summary);
    case "step-failed":
      return say("FAIL", `${event.error.code}: ${event.error.message}`);
    case "step-skipped":
      return say("skip", event.because);
    case "proof":
      return isNews
        ? say("proof", `${event.verdict}, ${event.passed} of ${event.of} in a row: ${event.reason}`)
        : undefined;
  }
}

function waitingText({ phase, typicalMs, atMostMs }: Extract<RunEvent, { kind: "step-waiting" }>): string {
  if (phase === "wave") return `bakes for ${spanText(atMostMs)}`;
  if (typicalMs >= atMostMs) return `in effect after at most ${spanText(atMostMs)}`;
  return `in effect after about ${spanText(typicalMs)}, at most ${spanText(atMostMs)}`;
}

function idOf({ step }: { readonly step: string }): string {
  return oneLine(step).padEnd(4);
}

/** Text behind a head of so many columns, broken and indented as far as that. */
function hang(head: string, indent: number, text: string, columns: number | undefined): readonly string[] {
  if (columns === undefined) return [head + text];
  const narrow = columns < 50 ? 6 : indent;
  const [first = "", ...rest] = wrapToColumns(text, columns - 1 - indent);
  const below = rest.length === 0 ? [] : wrapToColumns(rest.join(" "), columns - 1 - narrow);
  return [head + first, ...below.map((line) => " ".repeat(narrow) + line)];
}
