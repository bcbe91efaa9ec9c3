/** What the journal is told of a step that makes no call: its intent, and that it is in effect. */
import type { PlanStep } from "../plan/plan.ts";
import type { RunContext } from "./run-context.ts";

/** Writes down that a step begins. */
export async function beginStep(context: RunContext, step: PlanStep): Promise<void> {
  const attempt = (context.recordOf(step.id)?.attempts ?? 0) + 1;
  await context.writer.append({ kind: "step-intended", step: step.id, attempt });
  context.emit(step, { kind: "step-started", attempt });
}

/** Writes down that it is in effect. */
export async function endStep({ writer }: RunContext, step: PlanStep): Promise<void> {
  await writer.append({ kind: "step-done", step: step.id, outcome: {} });
  await writer.append({ kind: "step-settled", step: step.id });
}
