import type { PlanStep } from "../plan/plan.ts";
import type { RunContext } from "./run-context.ts";
import { beginStep, endStep } from "./write-down.ts";

const pollMs = 5_000;

/** Waits until somebody's change that is already under way is in effect. */
export async function runSettle(
  context: RunContext,
  step: Extract<PlanStep, { kind: "settle" }>,
): Promise<void> {
  const { atMostMs } = step;
  await beginStep(context, step);
  context.emit(step, { kind: "step-waiting", typicalMs: atMostMs, atMostMs });
  const endpoint = context.plan.endpoints[step.target];
  if (endpoint === undefined) throw new TypeError(`plan has no endpoint ${step.target}`);
  const { clock, signal } = context;
  const left = Math.min(step.atMostMs, Date.parse(step.notBefore ?? "") - clock.now());
  if (left > 0) await clock.sleep(left, signal);
  const timing = { everyMs: pollMs, deadline: clock.now() + step.atMostMs, signal };
  await context
    .watcher(endpoint.adapter)
    .wait(step.target, endpoint.target, timing, (seen) => (seen.settled ? true : undefined));
  await endStep(context, step);
}
