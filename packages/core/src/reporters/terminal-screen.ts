import stringWidth from "string-width";
import { countOf, oneLine } from "../plan/plain-text.ts";
import type { RunningStep, RunProgress } from "./run-progress.ts";
import type { Paint } from "./terminal-lines.ts";
import { cutToColumns } from "./text-columns.ts";
import { secondsText, spanText } from "./time-span.ts";

/** What the live part of a terminal shows at one moment: what runs, phases, and how far the run is. */
export interface ScreenView {
  readonly now: number;
  readonly columns: number;
  /** The live part is never higher than this. */
  readonly rows: number;
  readonly paint: Paint;
}

const barColumns = 24;

/** The lines of the live part, none wider than the terminal. */
export function screenLines(progress: RunProgress, view: ScreenView): readonly string[] {
  const phases = phaseLines(progress, view);
  const room = Math.max(1, Math.floor((view.rows - phases.length - 4) / 2));
  const all = [...progress.running.values()];
  // the longest-running first, but what is tried again or does not pass comes before what only waits
  const shown = (
    all.length > room ? all.toSorted((a, b) => Number(isTroubled(b)) - Number(isTroubled(a))) : all
  ).slice(0, room);
  const more = all.length - shown.length;
  return [
    ...shown.flatMap((step) => stepLines(step, view)),
    ...(more === 0 ? [] : [one(view, `  and ${countOf(more, "more step")} at the same time`, "gray")]),
    ...phases,
    footLine(progress, view),
  ];
}

function isTroubled({ retry, proof }: RunningStep): boolean {
  return retry !== undefined || (proof !== undefined && proof.verdict !== "passed");
}

function one({ columns, paint }: ScreenView, text: string, style: Parameters<Paint>[0]): string {
  return paint(style, cutToColumns(text, columns - 1));
}

function stepLines(step: RunningStep, view: ScreenView): readonly string[] {
  const { columns, paint } = view;
  const head = `${oneLine(step.id).padEnd(4)} ${step.phase.padEnd(8)} `;
  const rest = cutToColumns(oneLine(step.summary), columns - 3 - stringWidth(head));
  return [`${paint("cyan", "▸")} ${head}${rest}`, stateLine(step, view)];
}

/** What a step is at: a bar for a wait, a row of dots for a proof. */
function stateLine({ wait, proof, retry, since, attempt }: RunningStep, view: ScreenView): string {
  const { now, columns, paint } = view;
  const indent = " ".repeat(columns < 50 ? 2 : 7);
  const room = columns - 1 - indent.length;
  if (retry !== undefined) {
    const text = `again in ${spanText(Math.max(0, retry.at - now))} (attempt ${attempt + 1}): ${retry.error.code}: ${oneLine(retry.error.message)}`;
    return indent + paint("yellow", cutToColumns(text, room));
  }
  if (proof !== undefined) {
    const of = Math.min(proof.of, 20);
    const dots = `${"●".repeat(Math.min(proof.passed, of))}${"○".repeat(Math.max(0, of - proof.passed))} `;
    const text = `${proof.passed} of ${proof.of} in a row, ${secondsText(now - since)}: ${oneLine(proof.reason)}`;
    const style = { passed: "green", failed: "red", inconclusive: "yellow" } as const;
    return indent + paint(style[proof.verdict], dots) + cutToColumns(text, room - dots.length);
  }
  if (wait !== undefined) {
    const columnsOfBar = Math.min(barColumns, Math.floor(room / 3));
    const { full, empty } = barOf(wait, now, columnsOfBar);
    const text = cutToColumns(waitText(wait, now), room - columnsOfBar - 1);
    return `${indent}${paint("cyan", full)}${paint("gray", empty)} ${text}`;
  }
  return indent + paint("gray", `calling, ${secondsText(now - since)}`);
}

/**
 * A bar that is never full before the longest time: four fifths stand for the usual time, the rest for what may come
 * after it.
 */
function barOf(
  { since, typicalMs, atMostMs }: NonNullable<RunningStep["wait"]>,
  now: number,
  columns: number,
): { full: string; empty: string } {
  const elapsed = Math.max(0, now - since);
  const usual = atMostMs > typicalMs ? 0.8 : 1;
  const share =
    elapsed <= typicalMs
      ? (usual * elapsed) / Math.max(1, typicalMs)
      : usual + ((1 - usual) * (elapsed - typicalMs)) / Math.max(1, atMostMs - typicalMs);
  const full = Math.min(columns, Math.floor(share * columns));
  return { full: "█".repeat(full), empty: "░".repeat(columns - full) };
}

function waitText({ since, typicalMs, atMostMs }: NonNullable<RunningStep["wait"]>, now: number): string {
  const elapsed = secondsText(now - since);
  if (now - since > atMostMs) return `${elapsed}, longer than ${spanText(atMostMs)}`;
  if (typicalMs >= atMostMs) return `${elapsed} of ${spanText(atMostMs)}`;
  return now - since > typicalMs
    ? `${elapsed}, usually ${spanText(typicalMs)}, at most ${spanText(atMostMs)}`
    : `${elapsed} of about ${spanText(typicalMs)}, at most ${spanText(atMostMs)}`;
}

/** Each phase with how many of its steps are in effect, on as many lines as that takes. */
function phaseLines({ phases }: RunProgress, { columns, paint }: ScreenView): readonly string[] {
  const lines: string[][] = [[]];
  let width = 1;
  for (const [phase, { total, settled, failed }] of phases) {
    const text = `${phase} ${settled}${total === 0 ? "" : `/${total}`}${failed === 0 ? "" : ` ✖${failed}`}`;
    const style =
      failed > 0 ? "red" : settled === total && total > 0 ? "green" : settled > 0 ? "cyan" : "gray";
    if (width + text.length + 3 > columns && width > 1) {
      lines.push([]);
      width = 1;
    }
    width += text.length + 3;
    lines.at(-1)?.push(paint(style, text));
  }
  return lines.map((parts) => `  ${parts.join(paint("gray", " · "))}`);
}

function footLine(progress: RunProgress, view: ScreenView): string {
  const { startedAt, settled, steps, running, runId } = progress;
  const took = startedAt === undefined ? "" : `, ${secondsText(view.now - startedAt)}`;
  const parallel = running.size < 2 ? "" : `, ${running.size} at the same time`;
  return one(
    view,
    `  ${settled} of ${countOf(steps, "step")} in effect${took}${parallel}, run ${oneLine(runId)}`,
    "bold",
  );
}
