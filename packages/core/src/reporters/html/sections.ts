import { countOf, oneLine } from "../../plan/plain-text.ts";
import type { MtlsPlan } from "../../plan/plan.ts";
import { nextOf } from "../../report/next-calls.ts";
import type { Report, StepReport } from "../../report/report.ts";
import { accessChanges } from "../access-change.ts";
import { type ProofView, proofViews } from "../proof-view.ts";
import { proofMarks, statusWords } from "../status-words.ts";
import { neededBefore } from "../step-graph.ts";
import { instantText, spanText } from "../time-span.ts";
import { wayBackOf } from "../way-back.ts";
import { type Markup, markup } from "./markup.ts";

/** The parts of the page that are text and tables. */

const mostFailures = 20;
const mostEvidence = 200;
/** Proofs that passed are folded behind these. */
const mostPassed = 20;
const mostCauses = 12;

export function failures(report: Report): Markup | undefined {
  const failed = report.steps.filter(({ error, status }) => error !== undefined && status !== "settled");
  if (failed.length === 0) return undefined;
  return markup`<ul class="plain">${failed.slice(0, mostFailures).map(
    ({
      id,
      phase,
      summary,
      error,
    }) => markup`<li class="card is-failed"><h3>✖ ${oneLine(id, 40)} ${phase}: ${oneLine(summary, 200)}</h3>
<p><code>${error?.code}</code> ${error?.message}</p>
<p class="note">To be mended by: ${error?.who}. ${providerOf(error)}</p></li>`,
  )}</ul>${failed.length > mostFailures ? markup`<p>And ${failed.length - mostFailures} more, in the <a href="#steps">list of steps</a>.</p>` : undefined}`;
}

function providerOf(error: StepReport["error"]): string {
  const { provider, operation } = error?.details ?? {};
  if (provider === undefined) return "";
  const parts = [operation, provider.status, provider.code, provider.message].filter(
    (part) => part !== undefined,
  );
  return `The provider answered: ${parts.join(" ")}`;
}

export function proofs(plan: MtlsPlan, report: Report): Markup {
  const views = proofViews(plan, report);
  if (views.length === 0) return markup`<p>Nothing was proved by handshakes in this run.</p>`;
  const bad = views.filter(({ verdict }) => verdict !== "passed").length;
  const open = views.slice(0, bad + mostPassed);
  const rest = views.slice(open.length);
  return markup`${causesOf(views)}
${proofTable(open, mostEvidence)}${
  rest.length === 0
    ? undefined
    : markup`<details><summary>${rest.length} more that passed</summary>${proofTable(rest, 0)}</details>`
}`;
}

function proofTable(views: readonly ProofView[], withEvidence: number): Markup {
  return markup`<table class="stack"><thead><tr><th scope="col">Verdict</th><th scope="col">What</th><th scope="col">Due</th><th scope="col">Seen</th></tr></thead><tbody>
${views.map(
  (
    view,
    index,
  ) => markup`<tr class="is-${view.verdict}"><td class="verdict">${proofMarks[view.verdict]} ${view.verdict}</td><th scope="row">${view.about}<br><span class="small">step ${view.step}</span></th><td>${view.due}</td><td>${oneLine(view.reason, 500)}${index < withEvidence ? evidenceOf(view) : undefined}</td></tr>
`,
)}</tbody></table>`;
}

function evidenceOf({ evidence }: ProofView): Markup | undefined {
  if (evidence.length === 0) return undefined;
  return markup`<details><summary>Evidence</summary><dl class="pairs">${evidence.map(
    ([key, value]) => markup`<dt>${key}</dt><dd>${value}</dd>`,
  )}</dl></details>`;
}

/** What may be the matter, once for all proofs that show the same. */
function causesOf(views: readonly ProofView[]): readonly Markup[] {
  const alike = Map.groupBy(
    views.filter(({ explanation }) => explanation !== undefined),
    ({ explanation }) => JSON.stringify([explanation?.symptom, explanation?.causes.map(({ code }) => code)]),
  );
  return [...alike.values()].slice(0, mostCauses).flatMap((group) => {
    const [one] = group;
    const [first, ...others] = one?.explanation?.causes ?? [];
    if (one === undefined || first === undefined) return [];
    const names = [...new Set(group.map(({ about }) => oneLine(about, 120)))];
    const more = names.length > 5 ? ` and ${names.length - 5} more` : "";
    return [
      markup`<div class="card is-${one.verdict}"><h3>${proofMarks[one.verdict]} ${names.slice(0, 5).join(", ")}${more}</h3>
<p>${one.reason}</p><p class="note">${one.explanation?.symptom}</p><ol>${causeOf(first)}</ol>${
        others.length === 0
          ? undefined
          : markup`<details><summary>${countOf(others.length, "other cause")}</summary><ol start="2">${others.map(causeOf)}</ol></details>`
      }</div>
`,
    ];
  });
}

function causeOf({
  code,
  likely,
  what,
  check,
  mend,
  sources,
}: NonNullable<ProofView["explanation"]>["causes"][number]): Markup {
  return markup`<li><p><strong>${what}</strong> <span class="note">(${likely} likely, ${code})</span></p><p>Check: ${check}</p><p>Mend: ${mend}</p>${
    sources.length === 0 ? undefined : markup`<p class="small">Known from: ${sources.join("; ")}</p>`
  }</li>`;
}

export function access(plan: MtlsPlan): Markup {
  const all = accessChanges(plan);
  if (all.length === 0)
    return markup`<p>Nobody gains or loses access by this plan, as far as it can tell.</p>`;
  return markup`${all.map(
    ({
      verifier,
      adapter,
      loses,
      gains,
      notes,
      links,
      changes,
    }) => markup`<section class="card"><h3>${verifier} <span class="note">${adapter}</span></h3>
<dl class="pairs"><dt>− Loses access</dt><dd>${listOf(loses)}</dd><dt>+ Gains access</dt><dd>${listOf(gains)}</dd>${
      links.length === 0 ? undefined : markup`<dt>Connected by the plan</dt><dd>${links.join(", ")}</dd>`
    }${notes.map((note) => markup`<dt>To know</dt><dd>${note}</dd>`)}</dl>${
      changes.length === 0
        ? undefined
        : markup`<details><summary>What is written there</summary><table class="stack"><thead><tr><th scope="col">Setting</th><th scope="col">Before</th><th scope="col">Goal</th></tr></thead><tbody>${changes.map(
            ({ path, before, goal }) =>
              markup`<tr><th scope="row">${path}</th><td><code>${before}</code></td><td><code>${goal}</code></td></tr>`,
          )}</tbody></table></details>`
    }</section>
`,
  )}`;
}

function listOf(names: readonly string[]): string {
  return names.length === 0 ? "nobody" : names.join("; ");
}

export function findings({ findings: all }: Report): Markup {
  if (all.length === 0) return markup`<p>None.</p>`;
  return markup`<ul class="plain">${all.map(
    ({
      severity,
      code,
      message,
      mend,
    }) => markup`<li class="finding is-${severity}"><strong>${severity}</strong> ${message} <span class="note">[${code}]</span>${mend === undefined ? undefined : markup`<br><span class="note">Mend: ${mend}</span>`}</li>
`,
  )}</ul>`;
}

export function wayBack(plan: MtlsPlan, report: Report): Markup {
  const next = nextOf(report);
  return markup`${wayBackOf(plan, report).map((line) => markup`<p>${line}</p>`)}${
    next.length === 0
      ? undefined
      : markup`<h3>Next</h3><ul>${next.map(({ what, call }) => markup`<li>${what}: <code>${call}</code></li>`)}</ul>`
  }`;
}

export function made(report: Report): Markup {
  const removed = report.steps.flatMap((step) => step.removed ?? []);
  const list = (names: readonly string[]): Markup =>
    markup`<ul>${names.map((name) => markup`<li><code>${name}</code></li>`)}</ul>`;
  return markup`${report.made.length === 0 ? markup`<p>Nothing was made at a provider.</p>` : list(report.made)}${
    removed.length === 0 ? undefined : markup`<h3>Removed</h3>${list(removed)}`
  }`;
}

export function steps(plan: MtlsPlan, report: Report): Markup {
  const after = neededBefore(plan.steps);
  return markup`<table class="stack"><thead><tr><th scope="col">Step</th><th scope="col">What</th><th scope="col">Status</th><th scope="col">Begun</th><th scope="col" class="number">Took</th></tr></thead><tbody>
${report.steps.map((step) => stepRow(step, after.get(step.id) ?? []))}</tbody></table>`;
}

function stepRow(step: StepReport, after: readonly string[]): Markup {
  const { id, phase, summary, status, attempts, found, error, because, startedAt, endedAt } = step;
  const { mark, word } = statusWords[status];
  const notes = [
    ...(found === true ? ["was so already"] : []),
    ...(attempts > 1 ? [`${attempts} attempts`] : []),
    ...(status !== "settled" && error !== undefined ? [error.code] : because === undefined ? [] : [because]),
  ].join(", ");
  const took =
    startedAt === undefined || endedAt === undefined
      ? ""
      : spanText(Date.parse(endedAt) - Date.parse(startedAt));
  const waits =
    after.length > 6 ? `${after.slice(0, 5).join(", ")} and ${after.length - 5} more` : after.join(", ");
  return markup`<tr class="is-${status}"><th scope="row">${id} <span class="phase">${phase}</span></th><td>${summary}${waits === "" ? undefined : markup` <span class="small">after ${waits}</span>`}</td><td class="verdict">${mark} ${word}${notes === "" ? undefined : markup`<br><span class="small">${notes}</span>`}</td><td>${startedAt === undefined ? "" : instantText(startedAt)}</td><td class="number">${took}</td></tr>
`;
}
