/** Runs plans, and goes on with runs. */
import type { ReadContext } from "../adapter/contract.ts";
import type { RunEvent } from "../apply/events.ts";
import { isOpen } from "../apply/gates-to-repeat.ts";
import type { RunOptions } from "../apply/run-context.ts";
import { runPlan } from "../apply/run-plan.ts";
import { HandfastError } from "../errors.ts";
import { type Approval, checkApprovals } from "../guardrails/approval.ts";
import { judgePlan, refuseByPolicy } from "../guardrails/policy.ts";
import type { RunWriter } from "../journal/journal.ts";
import { newRunId } from "../journal/run-id.ts";
import { checkPlan } from "../plan/check-plan.ts";
import type { MtlsPlan } from "../plan/plan.ts";
import { checkSeal } from "../plan/seal-plan.ts";
import { foldRun } from "../report/fold-run.ts";
import { type Report, reportOf } from "../report/report.ts";
import {
  checkGates,
  checkPermissions,
  checkSecrets,
  claimOf,
  readPlan,
  refuseLate,
  refuseOvertaken,
  refuseRunOut,
  refuseStale,
} from "./check-start.ts";
import { countCalls } from "./count-calls.ts";
import { type PastRun, readRun, readRuns } from "./history.ts";
import { loggedSince } from "./logged-since.ts";
import { refuseBehindGlass } from "./open-glass.ts";
import { refuseNeeded } from "./plan-retire.ts";
import type { Workshop } from "./workshop.ts";

/** How one run is to be run. */
export interface RunCall {
  /** Ends the run at the next safe point. */
  readonly signal: AbortSignal;
  /** Ends it at once: what is under way is called off, and what came of it is found out when it is resumed. */
  readonly stopNow: AbortSignal;
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
  readonly approvals: readonly Approval[];
}

/** Checks a plan against itself and against the world, then runs it. */
export async function applyPlan(workshop: Workshop, given: MtlsPlan, call: RunCall): Promise<Report> {
  const { signal } = call;
  if (signal.aborted || call.stopNow.aborted)
    throw new HandfastError(
      "ABORTED",
      "apply plan failed: it was stopped before it began, nothing was changed",
    );
  const plan = readPlan(workshop, given);
  const calls = countCalls(plan, workshop.adapters);
  refuseLate(workshop, plan);
  const facts = await workshop.evidenceOf(plan);
  checkPlan(plan, workshop.adapters, facts);
  refuseRunOut(workshop, plan, facts, "apply plan");
  refuseByPolicy(judgePlan(workshop.policies, plan, workshop.clock.now()));
  const approvals = await countedApprovals(workshop, plan, call.approvals);
  // a run that somebody still executes can't be taken back or retired under its feet
  await using taken = plan.of === undefined ? undefined : await workshop.journal.open(plan.of, { signal });
  const runId = newRunId(workshop.clock, workshop.random);
  await using writer = await workshop.journal.open(runId, claimOf(plan, signal));
  if (plan.kind === "retire") await refuseNeeded(workshop, plan, signal);
  const absent = await refuseStale(workshop, plan, signal);
  checkGates(workshop, plan);
  await checkSecrets(workshop, plan);
  await checkPermissions(workshop, plan, signal);
  await workshop.keepBlobs(facts);
  await writer.append({
    kind: "run-started",
    plan,
    planDigest: plan.digest,
    origin: plan.kind,
    ...(plan.of === undefined ? {} : { of: plan.of }),
    absent: [...absent],
    ...(approvals.length === 0 ? {} : { approvals: [...approvals] }),
  });
  const before = foldRun(plan, await workshop.journal.read(runId));
  const past = isLookingIntoLogs(plan) ? (await readRuns(workshop.journal)).runs : [];
  await run(optionsFor(workshop, { runId, plan, before, past, calls }, { writer, taken }, call), false);
  return reportOf(runId, plan, await workshop.journal.read(runId));
}

async function run(options: RunOptions, resumed: boolean): Promise<void> {
  const { telemetry, runId, plan } = options;
  const work = { runId, kind: plan.kind, of: plan.of, resumed, steps: plan.steps.length };
  await telemetry.run(work, async (tell) => {
    tell({ outcome: await runPlan(options) });
  });
}

async function countedApprovals(
  { approval, clock }: Workshop,
  plan: MtlsPlan,
  given: readonly Approval[],
): Promise<readonly Approval[]> {
  return approval === undefined ? [] : await checkApprovals(approval, plan, given, clock.now());
}

function isLookingIntoLogs({ steps }: MtlsPlan): boolean {
  return steps.some(({ kind }) => kind === "evidence");
}

/**
 * Goes on with a run where its journal ends. What would be begun anew is judged by the time of now, like a plan that is
 * started: a certificate may have run out since, or a freeze begun. What was begun is brought to its end whatever that
 * says, and the way back from it stays open.
 */
export async function resumeRun(workshop: Workshop, runId: string, call: RunCall): Promise<Report> {
  const { signal } = call;
  const known = await readRun(workshop.journal, runId);
  await using writer = await workshop.journal.open(runId, claimOf(known.plan, signal));
  const { plan, record } = await readRun(workshop.journal, runId);
  const calls = countCalls(plan, workshop.adapters);
  await using taken = plan.of === undefined ? undefined : await workshop.journal.open(plan.of, { signal });
  if (record.status !== "done") {
    if (record.retired) {
      throw new HandfastError("RUN_STATE", `resume run ${runId} failed: it was retired; plan anew`, {
        run: runId,
      });
    }
    checkSeal(plan);
    const facts = await workshop.evidenceOf(plan);
    checkPlan(plan, workshop.adapters, facts);
    const { runs } = await readRuns(workshop.journal);
    refuseBehindGlass(workshop, { runId, plan }, runs);
    await refuseOvertaken(workshop, runId, plan, record, signal);
    const open = plan.steps.filter((step) => step.kind === "write" && isOpen(step, record));
    if (open.some(({ phase }) => phase === "narrow"))
      refuseRunOut(workshop, plan, facts, `resume run ${runId}`);
    if (open.length > 0) refuseByPolicy(judgePlan(workshop.policies, plan, workshop.clock.now()));
    if (plan.kind === "retire") await refuseNeeded(workshop, plan, signal);
    checkGates(workshop, plan);
    await checkSecrets(workshop, plan);
    await writer.append({ kind: "run-resumed" });
    const before = foldRun(plan, await workshop.journal.read(runId));
    const past = runs.filter((other) => other.runId !== runId);
    await run(optionsFor(workshop, { runId, plan, before, past, calls }, { writer, taken }, call), true);
  }
  return reportOf(runId, plan, await workshop.journal.read(runId));
}

/** Where a run is written down: in its own journal, and in that of the run that it takes back or retires. */
interface Writers {
  readonly writer: RunWriter;
  readonly taken: RunWriter | undefined;
}

function optionsFor(
  workshop: Workshop,
  {
    runId,
    plan,
    before,
    past,
    calls,
  }: Pick<RunOptions, "runId" | "plan" | "before" | "calls"> & { readonly past: readonly PastRun[] },
  { writer, taken }: Writers,
  { signal, stopNow, onEvent }: RunCall,
): RunOptions {
  const { adapters, clock, prober, checks, logs, telemetry, proofAtMostMs, concurrency, journal } = workshop;
  const keep: ReadContext["keep"] = (bytes) => journal.blobs.put(bytes);
  return {
    runId,
    plan,
    adapters,
    writer,
    clock,
    signal: AbortSignal.any([signal, stopNow, writer.lost]),
    stopNow,
    prober,
    checks,
    logs,
    proofAtMostMs,
    answerMs: workshop.answerMs,
    loggedSince: loggedSince(plan, past, adapters),
    telemetry,
    calls,
    concurrency,
    before,
    keep,
    bytes: (digest) => workshop.blob(digest),
    secret: (secret) => workshop.secret(secret),
    beforeDone: async () => {
      if (plan.kind === "retire") await taken?.append({ kind: "run-retired" });
    },
    onEvent: (event) => {
      // a listener's own mistake must not stop a rollout half-way, nor end the process when it comes late
      void (async () => onEvent?.(event))().catch(() => undefined);
    },
  };
}
