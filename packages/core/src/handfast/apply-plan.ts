/** Runs plans, and goes on with runs: everything that is checked before the first step is checked here. */

import type { Evidence } from "../accept/evidence.ts";
import type { ReadContext, Secret, Seen, Step } from "../adapter/contract.ts";
import type { RunEvent } from "../apply/events.ts";
import type { RunOptions } from "../apply/run-context.ts";
import { runPlan } from "../apply/run-plan.ts";
import { digestOf } from "../certificate/digest.ts";
import { HandfastError, isHandfastError } from "../errors.ts";
import type { RunWriter } from "../journal/journal.ts";
import { newRunId } from "../journal/run-id.ts";
import { observe } from "../observation/observe.ts";
import { checkPlan, refusedAt } from "../plan/check-plan.ts";
import { type MtlsPlan, type PlanStep, planSchema } from "../plan/plan.ts";
import { checkScopes, checkSeal } from "../plan/seal-plan.ts";
import { foldRun, type RunRecord } from "../report/fold-run.ts";
import { type Report, reportOf } from "../report/report.ts";
import { meet, readRun, readRuns } from "./history.ts";
import { missing, type Workshop } from "./workshop.ts";

type Listener = ((event: RunEvent) => void) | undefined;

/** Checks a plan against itself and against the world, then runs it. */
export async function applyPlan(
  workshop: Workshop,
  given: MtlsPlan,
  signal: AbortSignal,
  onEvent: Listener,
): Promise<Report> {
  const plan = readPlan(given);
  checkSeal(plan);
  checkScopes(plan, workshop.adapters);
  refuseLate(workshop, plan);
  const facts = await workshop.evidenceOf(plan);
  checkPlan(plan, workshop.adapters, facts);
  // a run that somebody still executes can't be taken back or retired under its feet
  await using taken = plan.of === undefined ? undefined : await workshop.journal.open(plan.of);
  refuseExpired(workshop, plan, facts);
  await refuseBeside(workshop, plan, () => true);
  await refuseStale(workshop, plan, signal);
  await checkSecrets(workshop, plan);
  await workshop.keepBlobs(facts);
  const runId = newRunId(workshop.clock, workshop.random);
  await using writer = await workshop.journal.open(runId);
  await writer.append({
    kind: "run-started",
    plan,
    planDigest: plan.digest,
    origin: plan.kind,
    ...(plan.of === undefined ? {} : { of: plan.of }),
  });
  try {
    await refuseBeside(workshop, plan, (other) => other < runId);
  } catch (error) {
    await writer.append({ kind: "run-ended", status: "aborted" });
    throw error;
  }
  const end = await runPlan(optionsFor(workshop, runId, plan, writer, signal, onEvent, undefined));
  if (plan.kind === "retire" && end === "done") await taken?.append({ kind: "run-retired" });
  return reportOf(runId, plan, await workshop.journal.read(runId));
}

/** Goes on with a run where its journal ends. */
export async function resumeRun(
  workshop: Workshop,
  runId: string,
  signal: AbortSignal,
  onEvent: Listener,
): Promise<Report> {
  await readRun(workshop.journal, runId);
  await using writer = await workshop.journal.open(runId);
  const { plan, record } = await readRun(workshop.journal, runId);
  await using taken = plan.of === undefined ? undefined : await workshop.journal.open(plan.of);
  if (record.status !== "done") {
    if (record.retired) {
      throw new HandfastError("RUN_STATE", `resume run ${runId} failed: it was retired; plan anew`, {
        run: runId,
      });
    }
    checkPlan(plan, workshop.adapters, await workshop.evidenceOf(plan));
    await refuseBeside(workshop, plan, (other) => other !== runId);
    await refuseOvertaken(workshop, runId, plan, record, signal);
    await checkSecrets(workshop, plan);
    await writer.append({ kind: "run-resumed" });
    const before = foldRun(plan, await workshop.journal.read(runId));
    const end = await runPlan(optionsFor(workshop, runId, plan, writer, signal, onEvent, before));
    if (plan.kind === "retire" && end === "done") await taken?.append({ kind: "run-retired" });
  }
  return reportOf(runId, plan, await workshop.journal.read(runId));
}

function readPlan(given: MtlsPlan): MtlsPlan {
  const parsed = planSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => ({
    path: path.map((part) => (typeof part === "symbol" ? String(part) : part)),
    message,
  }));
  const first = issues.slice(0, 3).map(({ path, message }) => `${path.join(".") || "(root)"}: ${message}`);
  throw new HandfastError(
    "PLAN_INVALID",
    `read plan failed: ${first.join("; ")}; plan again, nothing was changed`,
    { issues },
  );
}

/** A plan that lay for too long was read and approved in another world. */
function refuseLate(workshop: Workshop, plan: MtlsPlan): void {
  if (workshop.clock.now() < Date.parse(plan.expiresAt)) return;
  throw new HandfastError(
    "PLAN_EXPIRED",
    `apply plan failed: it had to be started before ${plan.expiresAt}; plan again, nothing was changed`,
    { facts: { plannedAt: plan.createdAt, expiresAt: plan.expiresAt } },
  );
}

/** A plan is true only of the world that it was made for. */
async function refuseStale(workshop: Workshop, plan: MtlsPlan, signal: AbortSignal): Promise<void> {
  if (plan.steps.length === 0) return;
  const asked = Object.entries(plan.endpoints).map(([key, { adapter, target }]) => ({
    key,
    target,
    adapter: workshop.adapter(adapter),
  }));
  const { seen } = await observe(asked, { clock: workshop.clock, signal });
  const moved = asked.filter(
    ({ key }) => digestOf(seen.get(key)?.now) !== digestOf(plan.endpoints[key]?.before.now),
  );
  if (moved.length === 0) return;
  const names = moved.map(({ key }) => key);
  throw new HandfastError(
    "PLAN_STALE",
    `apply plan failed: ${names.slice(0, 5).join(", ")}${names.length > 5 ? ` and ${names.length - 5} more` : ""} changed since the plan was made; plan again, nothing was changed`,
    { target: names[0], facts: { plannedAt: plan.createdAt } },
  );
}

/** What a run wrote must still be so: since it stopped it may have been rolled back, or somebody else was there. */
async function refuseOvertaken(
  workshop: Workshop,
  runId: string,
  plan: MtlsPlan,
  record: RunRecord,
  signal: AbortSignal,
): Promise<void> {
  const last = new Map<string, Extract<PlanStep, { kind: "write" }>>();
  for (const step of plan.steps) {
    if (step.kind === "write" && (record.steps.get(step.id)?.attempts ?? 0) > 0)
      last.set(step.step.object, step);
  }
  const settled = [...last.values()].filter(({ id }) => record.steps.get(id)?.status === "settled");
  const keys = new Set(settled.map(({ target }) => target));
  const asked = Object.entries(plan.endpoints)
    .filter(([key]) => keys.has(key))
    .map(([key, { adapter, target }]) => ({ key, target, adapter: workshop.adapter(adapter) }));
  const { seen } = await observe(asked, { clock: workshop.clock, signal });
  const undone = settled.find(({ target: key, step }) => {
    const { adapter, target } = asked.find((one) => one.key === key) as (typeof asked)[number];
    const where = adapter.definition.check(target, step as Step<unknown>, seen.get(key) as Seen<unknown>);
    return where !== "done" && where !== "pending";
  });
  if (undone === undefined) return;
  throw new HandfastError(
    "RUN_STATE",
    `resume run ${runId} failed [${undone.target}]: it is not so any more that the run did ${undone.id}, ${undone.summary}: it was rolled back, or somebody else changed it; plan anew or roll back, nothing was changed`,
    { run: runId, step: undone.id, target: undone.target },
  );
}

/** A plan that lay for a while may end where a certificate has run out by now. */
function refuseExpired(workshop: Workshop, plan: MtlsPlan, facts: Evidence): void {
  const refused = refusedAt(plan, workshop.adapters, facts, workshop.clock.now());
  if (refused === undefined) return;
  throw new HandfastError(
    "PLAN_STALE",
    `apply plan failed: ${refused}, though it was not so when the plan was made at ${plan.createdAt}; plan again, nothing was changed`,
    { facts: { plannedAt: plan.createdAt } },
  );
}

/**
 * Two runs at the same endpoints would each keep its own links and break the other's. The one that began first goes on;
 * a run that nobody holds any more was killed, and hinders nobody.
 *
 * @param hinders whether a run that is under way counts: of two that began at once, the one with the lower id goes on
 */
async function refuseBeside(
  workshop: Workshop,
  plan: MtlsPlan,
  hinders: (runId: string) => boolean,
): Promise<void> {
  for (const other of await readRuns(workshop.journal)) {
    if (other.record.status !== "running" || other.runId === plan.of || !hinders(other.runId)) continue;
    if (!meet({ plan }, other, workshop.adapters)) continue;
    if (!(await isHeld(workshop, other.runId))) continue;
    throw new HandfastError(
      "JOURNAL_HELD",
      `apply plan failed: run ${other.runId} is under way at the same endpoints since ${other.record.startedAt}; wait for it, then plan again, nothing was changed`,
      { run: other.runId },
    );
  }
}

async function isHeld(workshop: Workshop, runId: string): Promise<boolean> {
  try {
    await (await workshop.journal.open(runId)).close();
    return false;
  } catch (error) {
    if (isHandfastError(error) && error.code === "JOURNAL_HELD") return true;
    throw error;
  }
}

/** Every private key that a step will need is read once before the first step. */
async function checkSecrets(workshop: Workshop, plan: MtlsPlan): Promise<void> {
  const found = new Map<string, Secret>();
  const search = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    const { key, spki } = value as Partial<Secret>;
    if (typeof key === "string" && typeof spki === "string") found.set(`${key} ${spki}`, { key, spki });
    for (const inner of Object.values(value)) search(inner);
  };
  for (const step of plan.steps) if (step.kind === "write") search(step.step.action);
  const proved = new Set(plan.steps.flatMap((step) => (step.kind === "prove" ? [step.link] : [])));
  for (const { key, probe } of plan.links) if (proved.has(key)) search(probe?.show);
  for (const secret of found.values()) await workshop.secret(secret);
}

function optionsFor(
  workshop: Workshop,
  runId: string,
  plan: MtlsPlan,
  writer: RunWriter,
  signal: AbortSignal,
  onEvent: Listener,
  before: RunOptions["before"],
): RunOptions {
  const { adapters, clock, prober, concurrency, journal } = workshop;
  const keep: ReadContext["keep"] = (bytes) => journal.blobs.put(bytes);
  return {
    runId,
    plan,
    adapters,
    writer,
    clock,
    signal,
    prober,
    concurrency,
    before,
    keep,
    bytes: async (digest) => {
      const bytes = await journal.blobs.get(digest);
      if (bytes === undefined) throw missing(digest);
      return bytes;
    },
    secret: (secret) => workshop.secret(secret),
    onEvent: (event) => {
      try {
        onEvent?.(event);
      } catch {
        // a listener's own mistake must not stop a rollout half-way
      }
    },
  };
}
