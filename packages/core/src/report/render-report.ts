import { explain } from "../explain/explain.ts";
import { symptomOfProof } from "../explain/proof-symptom.ts";
import { oneLine } from "../plan/plain-text.ts";
import { painter, type RenderOptions } from "../plan/render-plan.ts";
import { nextOf } from "./next-calls.ts";
import type { Report, StepReport } from "./report.ts";

const marks = {
  settled: ["green", "done"],
  done: ["yellow", "not in effect yet"],
  unknown: ["red", "outcome unknown"],
  failed: ["red", "failed"],
  skipped: ["gray", "skipped"],
  "not-started": ["gray", "not started"],
} as const;

/**
 * A report as text: every planned step with what became of it, the proofs, and what can be done next.
 *
 * @example
 * ```ts
 * import { type Report, renderReport } from "@handfast/core";
 *
 * export const show = (report: Report): string => renderReport(report);
 * ```
 */
export function renderReport(report: Report, options: RenderOptions = {}): string {
  const paint = painter(options);
  const settled = report.steps.filter(({ status }) => status === "settled").length;
  const took = report.endedAt === undefined ? "" : `, ${seconds(report)} s`;
  const lines = [
    `Run ${oneLine(report.runId)} (${report.kind}${report.of === undefined ? "" : ` of ${oneLine(report.of)}`}): ${report.status}, ${settled} of ${report.steps.length} steps in effect${took}`,
    "",
    ...report.steps.flatMap((step) => describe(step, paint)),
  ];
  if (report.proofs.length > 0) {
    lines.push(
      "",
      "Proofs",
      ...report.proofs.flatMap(({ link, verdict, reason, evidence }) => [
        `  ${paint(verdict === "passed" ? "green" : "red", verdict.padEnd(12))} ${oneLine(link)}: ${oneLine(reason)}`,
        ...(verdict === "passed" ? [] : explained(evidence)),
      ]),
    );
  }
  const calls = Object.entries(report.calls ?? {}).map(([name, count]) => `${count} by ${oneLine(name)}`);
  if (calls.length > 0) lines.push("", `Calls  ${calls.join(", ")}`);
  for (const { runId, status } of report.takenBack ?? [])
    lines.push("", `Taken back by run ${oneLine(runId)}: ${status}`);
  if (report.notTakenBack !== undefined)
    lines.push(
      "",
      `Not taken back: ${oneLine(report.notTakenBack.code)}: ${oneLine(report.notTakenBack.message)}`,
    );
  const next = nextOf(report);
  if (next.length > 0)
    lines.push("", "Next", ...next.map(({ what, call }) => `  ${oneLine(what)}: ${oneLine(call)}`));
  return `${lines.join("\n")}\n`;
}

function describe(step: StepReport, paint: ReturnType<typeof painter>): string[] {
  const [colour, word] = marks[step.status];
  const notes = [
    step.found === true ? "was so already" : "",
    step.attempts > 1 ? `${step.attempts} attempts` : "",
  ].filter((note) => note !== "");
  const note = notes.length === 0 ? "" : paint("gray", ` (${notes.join(", ")})`);
  const lines = [
    `  ${oneLine(step.id).padStart(4)}  ${paint(colour, word.padEnd(17))} ${step.phase.padEnd(8)} ${oneLine(step.summary)}${note}`,
  ];
  if (step.error !== undefined && step.status !== "settled")
    lines.push(`        ${oneLine(step.error.code)}: ${oneLine(step.error.message)}`);
  else if (step.because !== undefined) lines.push(paint("gray", `        ${oneLine(step.because)}`));
  return lines;
}

/** The likeliest cause of a proof that did not pass, and its mend; nothing where the evidence tells nothing. */
function explained(evidence: Report["proofs"][number]["evidence"]): string[] {
  const symptom = symptomOfProof(evidence);
  const [cause] = symptom === undefined ? [] : explain(symptom).causes;
  if (cause === undefined || cause.code === "not-known") return [];
  const doubt = { very: "most likely", fairly: "perhaps", less: "possibly" }[cause.likely];
  return [
    `               ${doubt}: ${oneLine(cause.what)} [${cause.code}]`,
    `               mend: ${oneLine(cause.mend)}`,
  ];
}

function seconds({ startedAt, endedAt }: Report): number {
  return Math.round((Date.parse(endedAt ?? startedAt) - Date.parse(startedAt)) / 1000);
}
