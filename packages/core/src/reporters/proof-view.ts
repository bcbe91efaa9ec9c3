import { explain } from "../explain/explain.ts";
import { symptomOfProof } from "../explain/proof-symptom.ts";
import type { Explanation } from "../explain/symptom.ts";
import type { MtlsPlan } from "../plan/plan.ts";
import type { Report } from "../report/report.ts";

/** A proof with what it was to show, and what may be the matter where it did not. */
export interface ProofView {
  readonly about: string;
  readonly step: string;
  readonly verdict: "passed" | "failed" | "inconclusive";
  readonly reason: string;
  /** What was due, in words. */
  readonly due: string;
  readonly evidence: readonly (readonly [string, string])[];
  readonly explanation?: Explanation | undefined;
}

const mostEvidence = 400;

/** The proofs of a run, those that did not pass first. */
export function proofViews(plan: MtlsPlan, report: Report): readonly ProofView[] {
  const steps = new Map(plan.steps.map((step) => [step.id, step]));
  const views = report.proofs.map(({ link, step, verdict, reason, evidence }): ProofView => {
    const symptom = verdict === "passed" ? undefined : symptomOfProof(evidence);
    return {
      about: link,
      step,
      verdict,
      reason,
      due: dueOf(steps.get(step)),
      evidence: Object.entries(evidence).map(([key, value]) => [
        key,
        (typeof value === "string" ? value : (JSON.stringify(value) ?? "")).slice(0, mostEvidence),
      ]),
      explanation: symptom === undefined ? undefined : explain(symptom),
    };
  });
  return views.toSorted((a, b) => Number(a.verdict === "passed") - Number(b.verdict === "passed"));
}

function dueOf(step: MtlsPlan["steps"][number] | undefined): string {
  switch (step?.kind) {
    case "prove": {
      const how = step.by === "direct" ? "straight at the verifier" : "over the link";
      const certificate =
        step.certificate === undefined ? "" : `, with certificate ${step.certificate.slice(0, 12)}`;
      return `${step.due} ${how}${certificate}, ${step.times} in a row`;
    }
    case "evidence":
      return `nobody refused who is in the connection logs ${step.logs}`;
    case "wave":
      return `checks of wave ${step.wave}`;
    default:
      return "";
  }
}
