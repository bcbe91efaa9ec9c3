import type { PlanStep } from "../plan/plan.ts";
import type { RunContext } from "./run-context.ts";

const pollMs = 5_000;

/** Waits until somebody's change that is already under way is in effect. */
export async function runSettle(
  context: RunContext,
  step: Extract<PlanStep, { kind: "settle" }>,
): Promise<void> {
  await begin(context, step, step.atMostMs);
  const endpoint = context.plan.endpoints[step.target];
  if (endpoint === undefined) throw new TypeError(`plan has no endpoint ${step.target}`);
  const { clock, signal } = context;
  const left = Math.min(step.atMostMs, Date.parse(step.notBefore ?? "") - clock.now());
  if (left > 0) await clock.sleep(left, signal);
  const timing = { everyMs: pollMs, deadline: clock.now() + step.atMostMs };
  await context
    .watcher(endpoint.adapter)
    .wait(step.target, endpoint.target, timing, (seen) => (seen.settled ? true : undefined));
  await end(context, step);
}

/** Writes down that a wait begins. */
export async function begin(context: RunContext, step: PlanStep, atMostMs: number): Promise<void> {
  const attempt = (context.recordOf(step.id)?.attempts ?? 0) + 1;
  await context.writer.append({ kind: "step-intended", step: step.id, attempt });
  context.emit(step, { kind: "step-started", attempt });
  context.emit(step, { kind: "step-waiting", typicalMs: atMostMs, atMostMs });
}

/** Writes down that a wait is over. */
export async function end(context: RunContext, step: PlanStep): Promise<void> {
  await context.writer.append({ kind: "step-done", step: step.id, outcome: {} });
  await context.writer.append({ kind: "step-settled", step: step.id });
}
