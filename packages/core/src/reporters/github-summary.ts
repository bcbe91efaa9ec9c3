import { countOf } from "../plan/plain-text.ts";
import type { MtlsPlan } from "../plan/plan.ts";
import { nextOf } from "../report/next-calls.ts";
import type { Report } from "../report/report.ts";
import { accessChanges } from "./access-change.ts";
import { escapeMarkdown, folded, markdownTable } from "./markdown-text.ts";
import { mermaidOfPlan, mermaidOfReport } from "./mermaid.ts";
import { proofViews } from "./proof-view.ts";
import { proofMarks, runWords, statusWords } from "./status-words.ts";
import { neededBefore } from "./step-graph.ts";
import { instantText, spanText } from "./time-span.ts";
import { wayBackOf } from "./way-back.ts";

/** GitHub takes at most 1 MiB a step. */
const mostRows = 400;

/**
 * A plan, or what became of it, as Markdown for the summary of a GitHub Actions job: append it to the file that
 * `$GITHUB_STEP_SUMMARY` names. Before a run it shows the plan; with a report the verdict, failures, proofs and the way
 * back. Details are folded, and a Mermaid graph is inside. Names and messages are text in it, whatever they hold. Longer
 * lists than 400 rows are cut, and say so.
 *
 * @param report absent before the run
 * @example
 * ```ts
 * import { appendFile } from "node:fs/promises";
 * import type { MtlsPlan, Report } from "@handfast/core";
 * import { githubSummary } from "@handfast/core/reporters";
 *
 * export async function summarise(file: string, plan: MtlsPlan, report?: Report): Promise<void> {
 *   await appendFile(file, githubSummary(plan, report));
 * }
 * ```
 */
export function githubSummary(plan: MtlsPlan, report?: Report): string {
  const parts =
    report === undefined
      ? [planHead(plan), accessOf(plan), findingsOf(plan), graph(mermaidOfPlan(plan)), stepsOf(plan)]
      : [
          runHead(report),
          failuresOf(report),
          proofsOf(plan, report),
          accessOf(plan),
          findingsOf(plan),
          backOf(plan, report),
          graph(mermaidOfReport(plan, report)),
          stepsOf(plan, report),
          madeOf(report),
        ];
  return `${parts.filter((part) => part !== "").join("\n")}\n`;
}

function planHead(plan: MtlsPlan): string {
  const { kind, steps, links, endpoints, estimate, digest, expiresAt, pointOfNoReturn } = plan;
  const back =
    pointOfNoReturn === undefined
      ? "exact from every step"
      : `closes with ${escapeMarkdown(pointOfNoReturn.step)}: ${escapeMarkdown(pointOfNoReturn.because)}`;
  return `## Plan: ${kind}, ${countOf(steps.length, "step")}

${markdownTable(
  ["", ""],
  [
    ["Endpoints, links", `${Object.keys(endpoints).length}, ${links.length}`],
    ["Takes", `about ${spanText(estimate.typicalMs)} of waiting, at most ${spanText(estimate.atMostMs)}`],
    ...(kind === "retire" ? [] : [["Way back", back]]),
    ["Valid until", instantText(expiresAt)],
    ["Digest", `\`${digest}\``],
  ],
)}`;
}

function runHead({ status, kind, runId, steps, proofs, startedAt, endedAt }: Report): string {
  const { mark, word, tells } = runWords[status];
  const settled = steps.filter((step) => step.status === "settled").length;
  const passed = proofs.filter(({ verdict }) => verdict === "passed").length;
  const took = endedAt === undefined ? "" : spanText(Date.parse(endedAt) - Date.parse(startedAt));
  return `## ${mark} ${kind}: ${word}

Run ${escapeMarkdown(runId)}: ${tells}.

${markdownTable(
  ["Steps in effect", "Proofs passed", "Begun", "Took"],
  [[`${settled} of ${steps.length}`, `${passed} of ${proofs.length}`, instantText(startedAt), took]],
)}`;
}

function failuresOf({ steps }: Report): string {
  const failed = steps.filter(({ error, status }) => error !== undefined && status !== "settled");
  if (failed.length === 0) return "";
  return `### What went wrong

${limited(
  ["Step", "What", "Error", "Who must act"],
  failed.map(({ id, phase, summary, error }) => [
    `${escapeMarkdown(id)} ${phase}`,
    escapeMarkdown(summary),
    `**${escapeMarkdown(error?.code ?? "")}** ${escapeMarkdown(error?.message ?? "")}`,
    escapeMarkdown(error?.who ?? ""),
  ]),
)}`;
}

function proofsOf(plan: MtlsPlan, report: Report): string {
  const views = proofViews(plan, report);
  if (views.length === 0) return "";
  const table = limited(
    ["Verdict", "What", "Due", "Seen"],
    views.map(({ verdict, about, due, reason, step }) => [
      `${proofMarks[verdict]} ${verdict}`,
      `${escapeMarkdown(about)} (${escapeMarkdown(step)})`,
      escapeMarkdown(due),
      escapeMarkdown(reason),
    ]),
  );
  const bad = views.filter(({ verdict }) => verdict !== "passed");
  if (bad.length === 0) return folded(`✔ Proofs: ${views.length} passed`, table);
  const causes = bad.slice(0, 20).flatMap(({ about, explanation }) => {
    const [first] = explanation?.causes ?? [];
    if (first === undefined) return [];
    return [
      `**${escapeMarkdown(about)}**: ${escapeMarkdown(first.what)} (${first.likely} likely)\n\n- Check: ${escapeMarkdown(first.check)}\n- Mend: ${escapeMarkdown(first.mend)}\n`,
    ];
  });
  return `### Proofs\n\n${[table, ...causes].join("\n")}`;
}

function accessOf(plan: MtlsPlan): string {
  const rows = accessChanges(plan).flatMap(({ verifier, loses, gains }) =>
    loses.length + gains.length === 0 ? [] : [[escapeMarkdown(verifier), listOf(loses), listOf(gains)]],
  );
  return rows.length === 0
    ? ""
    : `### Access\n\n${limited(["Verifier", "Loses access", "Gains access"], rows)}`;
}

function listOf(names: readonly string[]): string {
  return names.length === 0 ? "nobody" : names.map((name) => escapeMarkdown(name)).join("; ");
}

function findingsOf({ findings }: Pick<MtlsPlan, "findings">): string {
  if (findings.length === 0) return "";
  const table = limited(
    ["", "Finding", "Mend"],
    findings.map(({ severity, code, message, mend = "" }) => [
      severity === "info" ? severity : `**${severity}**`,
      `${escapeMarkdown(message)} (${escapeMarkdown(code)})`,
      escapeMarkdown(mend),
    ]),
  );
  const heavy = findings.filter(({ severity }) => severity !== "info").length;
  return heavy === 0 ? folded(`Findings: ${findings.length}`, table) : `### Findings\n\n${table}`;
}

function backOf(plan: MtlsPlan, report: Report): string {
  const lines = [
    ...wayBackOf(plan, report).map((line) => `- ${escapeMarkdown(line)}`),
    ...nextOf(report).map(({ what, call }) => `- Next: ${what}: ${escapeMarkdown(call)}`),
  ];
  return `### Way back\n\n${lines.join("\n")}\n`;
}

function graph(mermaid: string): string {
  return folded("Graph", `\`\`\`mermaid\n${mermaid}\`\`\``);
}

function stepsOf(plan: MtlsPlan, report?: Report): string {
  if (plan.steps.length === 0) return "";
  const reports = new Map(report?.steps.map((step) => [step.id, step]));
  const needed = neededBefore(plan.steps);
  const rows = plan.steps.map(({ id, phase, summary }) => {
    const after = needed.get(id) ?? [];
    const { status = "not-started", startedAt, endedAt } = reports.get(id) ?? {};
    const { mark, word } = statusWords[status];
    const took =
      startedAt === undefined || endedAt === undefined
        ? ""
        : spanText(Date.parse(endedAt) - Date.parse(startedAt));
    const waits = after.length > 6 ? [...after.slice(0, 5), `and ${after.length - 5} more`] : after;
    return [
      escapeMarkdown(id),
      phase,
      escapeMarkdown(summary),
      ...(report === undefined ? [escapeMarkdown(waits.join(", "))] : [`${mark} ${word}`, took]),
    ];
  });
  const head = ["Step", "Phase", "What", ...(report === undefined ? ["After"] : ["Status", "Took"])];
  return folded(`Steps: ${plan.steps.length}`, limited(head, rows));
}

function madeOf({ made }: Report): string {
  if (made.length === 0) return "";
  return folded(
    `What was made: ${made.length}`,
    limited(
      ["At the provider"],
      made.map((name) => [escapeMarkdown(name)]),
    ),
  );
}

function limited(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = markdownTable(head, rows.slice(0, mostRows));
  return rows.length <= mostRows ? table : `${table}\n…and ${rows.length - mostRows} more.\n`;
}
