import { HandfastError } from "../errors.ts";
import type { PlanStep } from "../plan/plan.ts";
import type { ProofResult } from "../prove/prober.ts";
import { inconclusive, verdictOf } from "./ask.ts";
import type { RunContext } from "./run-context.ts";
import { endProof, pauseWhileNotHeld } from "./run-proof.ts";
import { watchedTime } from "./watched-time.ts";
import { beginStep, endStep } from "./write-down.ts";

type Wave = Extract<PlanStep, { kind: "wave" }>;

/** How often checks look while a wave bakes. */
const checkEveryMs = 30_000;

/**
 * Lets a wave bake, unless too many of its links failed; its checks watch, and must all pass at the end. Only time in
 * which they watched counts, so one that was cut short bakes anew. One that was through already, in an earlier part of
 * the run, is only looked at again: what it baked, it has baked.
 */
export async function runWave(context: RunContext, step: Wave): Promise<void> {
  const failures = context.failuresAmong(step.of);
  if (failures > step.maxFailures) {
    throw new HandfastError(
      "PROOF_FAILED",
      `wave ${step.wave} failed: ${failures} steps failed and ${step.maxFailures} may; look at them, then resume or roll back`,
      { step: step.id, facts: { wave: step.wave, failures, maxFailures: step.maxFailures } },
    );
  }
  const bakeMs = context.recordOf(step.id)?.status === "settled" ? 0 : step.bakeMs;
  const since = context.clock.now();
  await beginStep(context, step);
  context.emit(step, { kind: "step-waiting", typicalMs: bakeMs, atMostMs: bakeMs });
  if (step.checks !== undefined) {
    await endProof(context, step, `wave ${step.wave}`, await watch(context, step, { bakeMs, since }));
    return;
  }
  if (bakeMs > 0) await context.clock.sleep(bakeMs, AbortSignal.any([context.signal, context.held]));
  await endStep(context, step);
}

/** Looks again and again until something failed, or all is well once the bake is over, or time is up. */
async function watch(
  context: RunContext,
  step: Wave,
  { bakeMs, since }: { readonly bakeMs: number; readonly since: number },
): Promise<ProofResult> {
  const { clock, proofAtMostMs } = context;
  const baked = watchedTime(clock);
  const added = watchedTime(clock);
  for (;;) {
    const isLast = baked.ms() >= bakeMs;
    const time = isLast ? added : baked;
    const result = await time.during(checkEveryMs, () => lookAll(context, step, since));
    const { verdict, reason } = result;
    context.emit(step, { kind: "proof", verdict, reason, passed: verdict === "passed" ? 1 : 0, of: 1 });
    if (verdict === "failed" || (isLast && (verdict === "passed" || added.ms() >= proofAtMostMs)))
      return result;
    const left = (isLast ? proofAtMostMs : bakeMs) - time.ms();
    if (left > 0) await pauseWhileNotHeld(context, time, Math.min(checkEveryMs, left));
  }
}

type Look = ProofResult & { readonly name: string };

/** All checks of a wave at once: the worst verdict counts, and one that failed is not kept waiting by the others. */
async function lookAll(context: RunContext, step: Wave, since: number): Promise<ProofResult> {
  const { clock, checks, runId, answerMs } = context;
  const over = new AbortController();
  const signal = AbortSignal.any([context.signal, over.signal]);
  const looks: Look[] = [];
  const look = async (name: string): Promise<Look> => {
    const asking = { clock, signal, who: `check ${name}`, limitMs: answerMs.check };
    const check = checks.get(name);
    const result =
      check === undefined
        ? inconclusive("createHandfast was given no such check")
        : await verdictOf(asking, (signal) => check({ check: name, runId, wave: step.wave, since, signal }));
    looks.push({ name, ...result });
    return { name, ...result };
  };
  try {
    const asked = (step.checks ?? []).map(look);
    const failed = asked.map(async (one) => {
      if ((await one).verdict !== "failed") await new Promise<never>(() => {});
    });
    await Promise.race([Promise.all(asked), ...failed]);
  } finally {
    over.abort();
  }
  return worstOf(looks.toSorted((one, other) => one.name.localeCompare(other.name)));
}

function worstOf(looks: readonly Look[]): ProofResult {
  const verdict =
    (["failed", "inconclusive"] as const).find((verdict) => looks.some((look) => look.verdict === verdict)) ??
    "passed";
  const telling = looks.filter((look) => look.verdict === verdict);
  return {
    verdict,
    reason: telling.map(({ name, reason }) => `${name}: ${reason}`).join("; "),
    evidence: Object.fromEntries(
      looks.flatMap(({ name, evidence, verdict }) => [
        [name, verdict],
        ...Object.entries(evidence).map(([key, value]) => [`${name}.${key}`, value] as const),
      ]),
    ),
  };
}
