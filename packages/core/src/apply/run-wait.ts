import { HandfastError } from "../errors.ts";
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

/** Lets a wave bake, unless too many of its links failed. */
export async function runWave(context: RunContext, step: Extract<PlanStep, { kind: "wave" }>): Promise<void> {
  const failures = context.failuresAmong(step.of);
  if (failures > step.maxFailures) {
    throw new HandfastError(
      "PROOF_FAILED",
      `wave ${step.wave} failed: ${failures} steps failed and ${step.maxFailures} may; look at them, then resume or roll back`,
      { step: step.id, facts: { wave: step.wave, failures, maxFailures: step.maxFailures } },
    );
  }
  const startedAt = Date.parse(context.recordOf(step.id)?.startedAt ?? "");
  await begin(context, step, step.bakeMs);
  const since = Number.isNaN(startedAt) ? context.clock.now() : startedAt;
  const left = Math.min(step.bakeMs, since + step.bakeMs - context.clock.now());
  if (left > 0) await context.clock.sleep(left, context.signal);
  await end(context, step);
}

async function begin(context: RunContext, step: PlanStep, atMostMs: number): Promise<void> {
  const attempt = (context.recordOf(step.id)?.attempts ?? 0) + 1;
  await context.writer.append({ kind: "step-intended", step: step.id, attempt });
  context.emit(step, { kind: "step-started", attempt });
  context.emit(step, { kind: "step-waiting", typicalMs: atMostMs, atMostMs });
}

async function end(context: RunContext, step: PlanStep): Promise<void> {
  await context.writer.append({ kind: "step-done", step: step.id, outcome: {} });
  await context.writer.append({ kind: "step-settled", step: step.id });
}
