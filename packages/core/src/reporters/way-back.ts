import type { MtlsPlan } from "../plan/plan.ts";
import type { Report } from "../report/report.ts";
import { instantText } from "./time-span.ts";

/** What can be said of the way back from a run, each a sentence. */
export function wayBackOf(plan: MtlsPlan, report: Report): readonly string[] {
  const { takenBack = [], notTakenBack } = report;
  const said: string[] = [];
  if (plan.kind === "retire")
    said.push("What is retired does not come back: this run is the point of no return.");
  else if (report.retired)
    said.push("The run was retired: what the way back needs may have been deleted, so there is none.");
  else if (plan.pointOfNoReturn === undefined)
    said.push("Exact from every step, to the image taken before the run, until it is retired.");
  else {
    const { step, because } = plan.pointOfNoReturn;
    const { attempts = 0 } = report.steps.find(({ id }) => id === step) ?? {};
    said.push(`Closes with ${step}: ${because}. That step was ${attempts > 0 ? "begun" : "not begun"}.`);
  }
  if (plan.wayBackCloses !== undefined && !report.retired)
    said.push(`Closes by itself on ${instantText(plan.wayBackCloses.at)}: ${plan.wayBackCloses.because}.`);
  if (plan.comeBackBy !== undefined) said.push(`To be taken back by ${instantText(plan.comeBackBy)}.`);
  for (const { runId, status } of takenBack) said.push(`Taken back by run ${runId}: ${status}.`);
  if (notTakenBack !== undefined)
    said.push(`Not taken back by itself: ${notTakenBack.code}: ${notTakenBack.message}`);
  return said;
}
