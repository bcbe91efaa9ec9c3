import { oneLine } from "../../plan/plain-text.ts";
import type { MtlsPlan } from "../../plan/plan.ts";
import type { Report, StepReport } from "../../report/report.ts";
import type { TimedEvent } from "../run-event-schema.ts";
import { statusWords } from "../status-words.ts";
import { graphOf } from "../step-graph.ts";
import { instantText, spanText } from "../time-span.ts";
import { type Markup, markup } from "./markup.ts";

/** With more steps, those of one stage share a row. */
const mostRows = 60;
/** Columns of a row's drawing, which is as wide as the page lets. */
const across = 1_000;
const mostTicks = 30;

interface Row {
  readonly name: string;
  readonly text: string;
  readonly status: StepReport["status"];
  readonly steps: readonly StepReport[];
}

/** Milliseconds since the epoch. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * When each step was called, and how long it took until it was in effect: thick while the call was under way, thin while
 * it was waited for.
 */
export function timeline(plan: MtlsPlan, report: Report, events: readonly TimedEvent[]): Markup {
  const whole = spanOf(report);
  const rows = rowsOf(plan, report).filter(({ steps }) => steps.some((step) => step.startedAt !== undefined));
  if (rows.length === 0) return markup`<p>No step was begun.</p>`;
  const ticks = ticksOf(events, report.runId);
  const length = whole.to - whole.from;
  const middle = length / 2;
  return markup`<p class="note"><svg class="key" aria-hidden="true" viewBox="0 0 30 14"><rect class="call" y="1" width="30" height="12"/></svg> call or proof under way <svg class="key" aria-hidden="true" viewBox="0 0 30 14"><rect class="wait" y="5" width="30" height="4"/></svg> waiting until it is in effect${ticks.size === 0 ? undefined : markup` <svg class="key" aria-hidden="true" viewBox="0 0 30 14"><rect class="tick" x="14" width="3" height="14"/></svg> tried again, or a proof that did not pass`}. From ${instantText(report.startedAt)}.</p>
<table class="timeline"><thead><tr><th scope="col">Step</th><th scope="col" class="axis"><span>0</span><span>${spanText(middle)}</span><span>${spanText(length)}</span></th><th scope="col" class="number">Took</th></tr></thead><tbody>
${rows.map((row) => rowOf(row, whole, ticks))}
</tbody></table>`;
}

function rowsOf(plan: MtlsPlan, report: Report): readonly Row[] {
  const byId = new Map(report.steps.map((step) => [step.id, step]));
  const start = ({ steps }: Row): number =>
    Math.min(...steps.map((step) => Date.parse(step.startedAt ?? "9999")));
  if (plan.steps.length <= mostRows) {
    return report.steps
      .map((step) => ({
        name: `${oneLine(step.id, 20)} ${step.phase}`,
        text: oneLine(step.summary, 200),
        status: step.status,
        steps: [step],
      }))
      .toSorted((a, b) => start(a) - start(b));
  }
  return graphOf(plan, report, { folded: true })
    .nodes.map(({ phase, title, status = "not-started", steps }) => ({
      name: phase,
      text: title,
      status,
      steps: steps.flatMap((id) => byId.get(id) ?? []),
    }))
    .toSorted((a, b) => start(a) - start(b));
}

function rowOf(
  { name, text, status, steps }: Row,
  whole: Span,
  ticks: ReadonlyMap<string, readonly number[]>,
): Markup {
  const spans = steps.flatMap((step) => spansOf(step, whole.to));
  const from = Math.min(...spans.map(({ call }) => call.from));
  const to = Math.max(...spans.map(({ call, wait }) => wait?.to ?? call.to));
  const { mark, word } = statusWords[status];
  // many bars over each other are one
  const calls = merged(spans.map(({ call }) => call));
  const waits = merged(spans.flatMap(({ wait }) => wait ?? []));
  const seen = apart(
    steps.flatMap(({ id }) => ticks.get(id) ?? []),
    (whole.to - whole.from) / mostTicks,
  );
  return markup`<tr class="is-${status}"><th scope="row"><span class="name">${name}</span> <span class="mark">${mark}<span class="unseen"> ${word}</span></span><br><span class="small">${text}</span></th><td><svg class="bar" role="img" aria-label="begun after ${spanText(from - whole.from)}, ${word} after ${spanText(to - whole.from)}" viewBox="0 0 ${across} 14" preserveAspectRatio="none">${waits.map((span) => bar("wait", span, whole))}${calls.map((span) => bar("call", span, whole))}${seen.map((at) => bar("tick", { from: at, to: at }, whole))}</svg></td><td class="number">${spanText(to - from)}</td></tr>`;
}

function bar(kind: "call" | "wait" | "tick", { from, to }: Span, whole: Span): Markup {
  const scale = across / Math.max(1, whole.to - whole.from);
  const x = Math.min(across - 3, Math.max(0, Math.round((from - whole.from) * scale)));
  const width = Math.max(3, Math.min(across - x, Math.round((to - from) * scale)));
  const [y, height] = { call: [1, 12], wait: [5, 4], tick: [0, 14] }[kind];
  return markup`<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${height}"/>`;
}

/** The call, and the wait behind it. Proofs, waves and looks have no call: all of it is work. */
function spansOf(
  { startedAt, doneAt, endedAt, proof, phase }: StepReport,
  end: number,
): readonly { call: Span; wait?: Span }[] {
  const from = Date.parse(startedAt ?? "");
  if (Number.isNaN(from)) return [];
  const to = endedAt === undefined ? end : Math.max(from, Date.parse(endedAt));
  const done = Date.parse(doneAt ?? "");
  if (Number.isNaN(done) || proof !== undefined) return [{ call: { from, to } }];
  if (phase === "wave" || phase === "settle") return [{ call: { from, to: from }, wait: { from, to } }];
  return [{ call: { from, to: done }, wait: { from: done, to: Math.max(done, to) } }];
}

/** Those that can be told apart on the page. */
function apart(times: readonly number[], leastMs: number): readonly number[] {
  const kept: number[] = [];
  for (const at of times.toSorted((a, b) => a - b)) {
    const last = kept.at(-1);
    if (last === undefined || at - last >= leastMs) kept.push(at);
  }
  return kept;
}

function merged(spans: readonly Span[]): readonly Span[] {
  const all: { from: number; to: number }[] = [];
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    const last = all.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else all.push({ from, to });
  }
  return all;
}

/** When something did not go at once, by step. */
function ticksOf(events: readonly TimedEvent[], runId: string): ReadonlyMap<string, readonly number[]> {
  const ticks = new Map<string, number[]>();
  for (const event of events) {
    if (event.runId !== runId) continue;
    const isTick = event.kind === "step-retrying" || (event.kind === "proof" && event.verdict !== "passed");
    if (!isTick) continue;
    const known = ticks.get(event.step);
    if (known === undefined) ticks.set(event.step, [Date.parse(event.at)]);
    else known.push(Date.parse(event.at));
  }
  return ticks;
}

function spanOf({ startedAt, endedAt, steps }: Report): Span {
  const from = Date.parse(startedAt);
  const last = steps.flatMap((step) =>
    [step.startedAt, step.doneAt, step.endedAt].filter((at) => at !== undefined),
  );
  const to = Math.max(from + 1, ...[endedAt ?? startedAt, ...last].map((at) => Date.parse(at)));
  return { from, to };
}
