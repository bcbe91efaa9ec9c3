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

/** What can be done next: in words, and as a call. */
export function nextOf({ runId, kind, status, retired, takenBack = [] }: Report): readonly {
  readonly what: string;
  readonly call: string;
}[] {
  const call = (method: "resume" | "rollback" | "retire", run = runId): string =>
    `handfast.${method}(${JSON.stringify(run)})`;
  const back = takenBack.at(-1);
  if (back?.status === "done") return [{ what: "let go of what it left", call: call("retire", back.runId) }];
  if (back !== undefined) return [{ what: "go on with the way back", call: call("resume", back.runId) }];
  if (kind === "retire") return status === "done" ? [] : [{ what: "go on", call: call("resume") }];
  if (status !== "done")
    return [
      { what: "go on", call: call("resume") },
      { what: "or take it back", call: call("rollback") },
    ];
  if (retired) return [];
  return [
    { what: "take it back", call: call("rollback") },
    { what: "or let go of the way back", call: call("retire") },
  ];
}
