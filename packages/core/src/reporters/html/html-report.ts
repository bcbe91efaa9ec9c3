import { createHash } from "node:crypto";
import { countOf } from "../../plan/plain-text.ts";
import type { MtlsPlan } from "../../plan/plan.ts";
import type { Report } from "../../report/report.ts";
import type { TimedEvent } from "../run-event-schema.ts";
import { runWords } from "../status-words.ts";
import { instantText, spanText } from "../time-span.ts";
import { type Markup, Markup as MarkupText, markup } from "./markup.ts";
import { pageStyle } from "./page-style.ts";
import { planGraph } from "./plan-graph.ts";
import { access, failures, findings, made, proofs, steps, wayBack } from "./sections.ts";
import { timeline } from "./timeline.ts";

/** What the page is made of. */
export interface HtmlReportInput {
  readonly plan: MtlsPlan;
  readonly report: Report;
  /** Lines of `jsonLinesReporter`, parsed: with them the timeline shows what was tried again. */
  readonly events?: readonly TimedEvent[] | undefined;
}

/**
 * What became of a run, as one HTML page: verdict, drawing of the plan, timeline, proofs with their likely causes, who
 * gains and loses access, findings, the way back, what was made, and every step. It loads nothing, runs no script, and
 * opens without a network; its policy forbids both. Names, messages and evidence are text in it, whatever they hold.
 *
 * @returns the page: about 20 kB, and 0.6 kB more for each step of a large plan
 * @example
 * ```ts
 * import { writeFile } from "node:fs/promises";
 * import type { MtlsPlan, Report } from "@handfast/core";
 * import { htmlReport } from "@handfast/core/reporters";
 *
 * export async function save(plan: MtlsPlan, report: Report): Promise<void> {
 *   await writeFile(`${report.runId}.html`, htmlReport({ plan, report }));
 * }
 * ```
 */
export function htmlReport({ plan, report, events = [] }: HtmlReportInput): string {
  const sections: readonly (readonly [id: string, title: string, body: Markup | undefined])[] = [
    ["failures", "What went wrong", failures(report)],
    ["graph", "Plan", planGraph(plan, report)],
    ["timeline", "Timeline", timeline(plan, report, events)],
    ["proofs", "Proofs", proofs(plan, report)],
    ["access", "Who gains and loses access", access(plan)],
    ["findings", "Findings", findings(report)],
    ["way-back", "Way back", wayBack(plan, report)],
    ["made", "What was made", made(report)],
    ["steps", "Steps", steps(plan, report)],
  ];
  const shown = sections.filter(([, , body]) => body !== undefined);
  const { mark, word } = runWords[report.status];
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${mark} ${word}: run ${report.runId}</title>
<style>${style}</style>
</head>
<body>
<header>
${head(plan, report)}
<nav aria-label="Parts of the page"><ul>${shown.map(([id, title]) => markup`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>
</header>
<main>
${shown.map(
  ([id, title, body]) => markup`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
${body}
</section>
`,
)}</main>
</body>
</html>
`;
  return page.text;
}

/** Nothing is loaded or run; the one style sheet is named by its content. */
const policy = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(pageStyle).digest("base64")}'; base-uri 'none'; form-action 'none'`;
const style = new MarkupText(pageStyle);

function head(plan: MtlsPlan, report: Report): Markup {
  const { runId, kind, of, status, startedAt, endedAt } = report;
  const { mark, word, tells } = runWords[status];
  const settled = report.steps.filter((step) => step.status === "settled").length;
  const passed = report.proofs.filter(({ verdict }) => verdict === "passed").length;
  const facts: readonly (readonly [string, string])[] = [
    ["Steps in effect", `${settled} of ${report.steps.length}`],
    ["Proofs passed", `${passed} of ${report.proofs.length}`],
    ["Begun", instantText(startedAt)],
    ...(endedAt === undefined
      ? []
      : ([["Took", spanText(Date.parse(endedAt) - Date.parse(startedAt))]] as const)),
    ["Planned", instantText(plan.createdAt)],
    ["Digest of the plan", plan.digest.slice(0, 12)],
  ];
  return markup`<h1><span class="verdict-line run-${status}">${mark} ${word}</span> ${kind}${of === undefined ? "" : ` of ${of}`}</h1>
<p>Run <code>${runId}</code>: ${tells}. ${countOf(Object.keys(plan.endpoints).length, "endpoint")}, ${countOf(plan.links.length, "link")}.</p>
<dl class="facts">${facts.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}
