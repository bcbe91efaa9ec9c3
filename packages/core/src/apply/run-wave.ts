import { HandfastError } from "../errors.ts";
import type { PlanStep } from "../plan/plan.ts";
import type { ProofResult } from "../prove/prober.ts";
import type { RunContext } from "./run-context.ts";
import { endProof, orInconclusive } from "./run-proof.ts";
import { untilStopped } from "./until-stopped.ts";
import { beginStep, endStep } from "./write-down.ts";

type Wave = Extract<PlanStep, { kind: "wave" }>;

/** How often checks look while a wave bakes. */
const checkEveryMs = 30_000;

/** Lets a wave bake, unless too many of its links failed; its checks watch, and must all pass at the end. */
export async function runWave(context: RunContext, step: Wave): Promise<void> {
  const failures = context.failuresAmong(step.of);
  if (failures > step.maxFailures) {
    throw new HandfastError(
      "PROOF_FAILED",
      `wave ${step.wave} failed: ${failures} steps failed and ${step.maxFailures} may; look at them, then resume or roll back`,
      { step: step.id, facts: { wave: step.wave, failures, maxFailures: step.maxFailures } },
    );
  }
  const { clock, signal } = context;
  const startedAt = Date.parse(context.recordOf(step.id)?.startedAt ?? "");
  await beginStep(context, step);
  context.emit(step, { kind: "step-waiting", typicalMs: step.bakeMs, atMostMs: step.bakeMs });
  const since = Number.isNaN(startedAt) ? clock.now() : startedAt;
  const left = (): number => Math.min(step.bakeMs, since + step.bakeMs - clock.now());
  if (step.checks === undefined) {
    if (left() > 0) await clock.sleep(left(), signal);
    await endStep(context, step);
    return;
  }
  await endProof(context, step, `wave ${step.wave}`, await watch(context, step, since, left));
}

/** Looks again and again until something failed, or all is well once the bake is over, or time is up. */
async function watch(
  context: RunContext,
  step: Wave,
  since: number,
  left: () => number,
): Promise<ProofResult> {
  const { clock, signal } = context;
  const deadline = clock.now() + Math.max(0, left()) + context.proofAtMostMs;
  for (;;) {
    const isLast = left() <= 0;
    const result = await lookAll(context, step, since);
    const { verdict, reason } = result;
    context.emit(step, { kind: "proof", verdict, reason, passed: verdict === "passed" ? 1 : 0, of: 1 });
    if (verdict === "failed" || (isLast && (verdict === "passed" || clock.now() >= deadline))) return result;
    await clock.sleep(
      isLast ? Math.min(checkEveryMs, deadline - clock.now()) : Math.min(checkEveryMs, left()),
      signal,
    );
  }
}

/** All checks of a wave at once: the worst verdict counts. */
async function lookAll(context: RunContext, step: Wave, since: number): Promise<ProofResult> {
  const { checks, runId, signal, stopNow } = context;
  const results = await Promise.all(
    (step.checks ?? []).map(async (name) => {
      const check = checks.get(name);
      const result = await orInconclusive(context, `check ${name}`, async () => {
        if (check === undefined)
          return { verdict: "inconclusive", reason: "createHandfast was given no such check", evidence: {} };
        const checking = check({ check: name, runId, wave: step.wave, since, signal });
        return await untilStopped(checking, stopNow, `check ${name}`);
      });
      return { name, ...result };
    }),
  );
  const worst = (["failed", "inconclusive"] as const).find((verdict) =>
    results.some((result) => result.verdict === verdict),
  );
  const verdict = worst ?? "passed";
  const telling = results.filter((result) => result.verdict === verdict);
  return {
    verdict,
    reason: telling.map(({ name, reason }) => `${name}: ${reason}`).join("; "),
    evidence: Object.fromEntries(
      results.flatMap(({ name, evidence, verdict }) => [
        [name, verdict],
        ...Object.entries(evidence).map(([key, value]) => [`${name}.${key}`, value] as const),
      ]),
    ),
  };
}
