import { randomBytes } from "node:crypto";
import type { Adapter } from "../adapter/define-adapter.ts";
import type { RunEvent } from "../apply/events.ts";
import type { AnswerLimits } from "../apply/run-context.ts";
import { type Clock, systemClock } from "../clock.ts";
import { isHandfastError } from "../errors.ts";
import type { Approval, ApprovalRule } from "../guardrails/approval.ts";
import { judgePlan, type Policy } from "../guardrails/policy.ts";
import type { Journal } from "../journal/journal.ts";
import type { MtlsPlan } from "../plan/plan.ts";
import { addFindings, defaultValidMs } from "../plan/seal-plan.ts";
import type { Check } from "../prove/check.ts";
import type { ConnectionLog } from "../prove/connection-log.ts";
import type { Prober } from "../prove/prober.ts";
import { type Report, reportOf } from "../report/report.ts";
import type { SecretSource } from "../secret/secret-source.ts";
import { readSpec } from "../spec/read-spec.ts";
import type { Spec } from "../spec/spec.ts";
import { type SpecDoor, specDoor } from "../spec/spec-door.ts";
import type { DistinctNames } from "../spec/spec-input.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { applyPlan, type RunCall, resumeRun } from "./apply-plan.ts";
import { type BreakGlassOptions, type BreakGlassReport, breakGlass } from "./break-glass.ts";
import { findRun, readRuns, waysBackFrom } from "./history.ts";
import { listRuns, type RunSummary } from "./list-runs.ts";
import { type MadePlan, planSpec } from "./plan-apply.ts";
import { planRollback, type RollbackConsent } from "./plan-back.ts";
import { planRetire, type RetireConsent } from "./plan-retire.ts";
import { type BreakGlassRecord, writeRecord } from "./record-break-glass.ts";
import { type ReadText, readTextFile } from "./resolve-spec.ts";
import { type Status, statusOf } from "./status.ts";
import { Workshop } from "./workshop.ts";

/** What an instance is made of. Everything that touches the outside world can be given. */
export interface HandfastOptions<
  L extends readonly Adapter[],
  S extends string,
  C extends string = never,
  G extends string = never,
> {
  /** The providers that specs may name; two of one provider need different names (`as`), or it does not compile. */
  readonly adapters: L & DistinctNames<L>;
  /** Where runs are written down: `fileJournal(dir)`, or `memoryJournal()` for tests. */
  readonly journal: Journal;
  /** Private keys by the name that specs use: `fromFile`, `fromEnv`, `fromValue`, or a source of your own. */
  readonly secrets?: Readonly<Record<S, SecretSource>> | undefined;
  /** Proves links by real handshakes: `prober()` of `@handfast/pki`. Without one, plans have no proofs and say so. */
  readonly prober?: Prober | undefined;
  /** Checks of your own, by the name that waves use. */
  readonly checks?: Readonly<Record<C, Check>> | undefined;
  /** Readers of connection logs, by the name that verifiers use: `albConnectionLog` of `@handfast/aws`. */
  readonly logs?: Readonly<Record<G, ConnectionLog>> | undefined;
  /**
   * Fresh successes in a row that prove a link (default 3; more after probes that failed), and how long a proof, and a
   * check at the end of a bake, may go without (default 2 minutes).
   */
  readonly proof?:
    | { readonly times?: number | undefined; readonly atMostMs?: number | undefined }
    | undefined;
  /**
   * How long whoever is asked at a gate may take for one answer, in milliseconds: the prober (default 60,000, or
   * `proof.atMostMs` where that is more than its default), a check (60,000), a reader of logs (300,000, and never more than
   * what is left of the evidence's `wait`, or a minute). Who is later has told nothing: that is `inconclusive`. The signal
   * that each was given aborts then.
   */
  readonly answerMs?: { readonly [who in keyof AnswerLimits]?: AnswerLimits[who] | undefined } | undefined;
  /** Is told of runs, steps and calls: `openTelemetry` of `@handfast/core/telemetry`. Default: nobody. */
  readonly telemetry?: Telemetry | undefined;
  /** Default: the machine's clock. */
  readonly clock?: Clock | undefined;
  /** As many random bytes as asked for, for run ids. Default: from node:crypto. */
  readonly random?: ((count: number) => Uint8Array) | undefined;
  /** Reads the files that a spec names. Default: UTF-8 from the file system, relative to the working directory. */
  readonly readText?: ReadText | undefined;
  /** Remote writes at the same time, and as many probes. Default 8. */
  readonly concurrency?: number | undefined;
  /**
   * Rules of the house about plans, e.g. of `@handfast/core/guardrails`. What they find stands in the plan; a `blocker`
   * among it refuses the plan when it is applied, by the time of that moment.
   */
  readonly policies?: readonly Policy[] | undefined;
  /** Who must have approved a plan before it is applied. Default: nobody. */
  readonly approval?: ApprovalRule | undefined;
  /** How long a plan may lie before it is started, in milliseconds. Default 24 hours. What runs already never expires. */
  readonly planValidMs?: number | undefined;
}

/** What most calls take. */
export interface CallOptions {
  /** Of a run: ends it at the next safe point; it can be resumed or rolled back. */
  readonly signal?: AbortSignal | undefined;
}

/** What calls that plan take. */
export interface PlanOptions extends CallOptions {
  /** Ids of runs whose journal is damaged, and which have nothing to do with what is planned. */
  readonly ignoreRuns?: readonly string[] | undefined;
}

/** What calls that change the world take. */
export interface RunOptions extends CallOptions {
  /**
   * Ends the run at once: calls that are under way are called off. The journal stays readable, and what came of those
   * calls is read from the world when the run is resumed or rolled back.
   */
  readonly stopNow?: AbortSignal | undefined;
  /** Called for everything that happens, in order, and not waited for. What it throws, or rejects with, is ignored. */
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
  /** Who approved the plan: each names its digest. Written into the journal. */
  readonly approvals?: readonly Approval[] | undefined;
  /**
   * What happens when a step fails or a proof says `failed`: `stay` (the default) leaves it to you; `roll-back` plans and
   * runs the way back, without any consent that you did not give: what was revoked stays revoked. An inconclusive proof
   * never goes back by itself.
   */
  readonly onFailure?: "stay" | "roll-back" | undefined;
}

/** An instance: `spec` and `parseSpec` take what is wanted, `plan` tells what would be done, the others do it. */
export interface Handfast<
  A extends Adapter,
  S extends string,
  C extends string = never,
  G extends string = never,
> extends SpecDoor<A, S, C, G> {
  /**
   * Makes a plan: for a spec, for the way back from a run, or for retiring one. Reads the world and changes nothing there; the
   * certificates that the plan speaks of are kept beside the journal.
   *
   * @throws HandfastError `PLAN_BLOCKED` with everything that must be mended or agreed to first; `PLAN_NO_PATH`;
   * `REMOTE_*`; `FILE_UNREADABLE`; `RUN_UNKNOWN`, `RUN_STATE`
   */
  plan(
    wanted:
      | Spec
      | ({ readonly rollback: string } & RollbackConsent)
      | ({ readonly retire: string } & RetireConsent),
    options?: PlanOptions,
  ): Promise<MtlsPlan>;
  /**
   * Runs a plan, fresh or read back from JSON. Resolves to a report whatever becomes of the steps; a run that is not
   * `done` can be resumed or rolled back.
   *
   * @throws HandfastError before anything was changed: `PLAN_INVALID`, `PLAN_EDITED`, `PLAN_EXPIRED`, `PLAN_UNSAFE`,
   * `PLAN_STALE`, `PLAN_BLOCKED` by what came in the way since, `PLAN_UNKNOWN_ADAPTER`, `POLICY_REFUSED`, `APPROVAL_MISSING`, `BLOB_MISSING`, `GATE_MISSING`,
   * `SECRET_MISSING`, `KEY_*`,
   * `PERMISSION_MISSING`,
   * `JOURNAL_HELD` while another run has some of the same objects; at any time: `JOURNAL_*`
   */
  apply(plan: MtlsPlan, options?: RunOptions): Promise<Report>;
  /** Plans and runs the way back to the image taken before a run, finished or not. Errors as of `plan` and `apply`. */
  rollback(runId: string, options?: PlanOptions & RunOptions & RollbackConsent): Promise<Report>;
  /**
   * Goes on with a run that was stopped, failed, or killed: what is not known is read from the world, never guessed, and
   * gates before what was not begun yet are passed again. What would be begun anew is judged like a plan that is started,
   * by policies too; `rollback` stays open.
   *
   * @throws HandfastError `RUN_UNKNOWN`, `RUN_STATE`, `JOURNAL_HELD` while another process runs it; `PLAN_STALE` when a
   * certificate has run out since; `POLICY_REFUSED`
   */
  resume(runId: string, options?: RunOptions): Promise<Report>;
  /** Deletes what nothing refers to any more: the point of no return of a run. Errors as of `plan` and `apply`. */
  retire(runId: string, options?: PlanOptions & RunOptions & RetireConsent): Promise<Report>;
  /**
   * Opens every verifier of a spec at once: each to its least refusing mode, in no order, with no proof, whatever becomes
   * of the others and of the journal. Runs that are under way there are put out first, so that none of them narrows
   * behind it; then it is watched for a while whether anybody does. Reads no certificate and no key.
   *
   * Recorded as a run when the journal can be reached: `rollback(report.runId)` is the way back, checked and proved like
   * any other.
   *
   * @throws HandfastError `SPEC_INVALID` for a verifier that the spec does not have; `PLAN_UNKNOWN_ADAPTER`
   */
  breakGlass(spec: Spec, options?: BreakGlassOptions): Promise<BreakGlassReport>;
  /** Writes a break-glass down that the journal could not take at its time: `report.record`. */
  record(record: BreakGlassRecord): Promise<void>;
  /** What is in effect, what differs from the spec, what runs out. Reads only. */
  status(spec: Spec, options?: PlanOptions): Promise<Status>;
  /** All runs of the journal, newest first: what is running, what failed, what waits to be retired. */
  runs(): Promise<readonly RunSummary[]>;
  /** The report of a run, made again from its journal. */
  report(runId: string): Promise<Report>;
}

/**
 * Makes an instance of handfast.
 *
 * @throws TypeError when two adapters have one name, or an option is no number that it can be
 * @example
 * ```ts
 * import { createHandfast, MemoryWorld, memoryJournal, memoryVerifier, renderPlan, systemClock } from "@handfast/core";
 *
 * const world = new MemoryWorld({ clock: systemClock });
 * world.set("listener/shop", { kind: "listener", mode: "required", store: null, ignoreExpiry: false });
 * const handfast = createHandfast({ adapters: [memoryVerifier(world)], journal: memoryJournal() });
 * const spec = handfast.spec({
 *   trust: {},
 *   verifiers: { shop: { adapter: "memory.verifier", listener: "shop", mode: "off" } },
 *   links: [],
 * });
 * export const text = renderPlan(await handfast.plan(spec));
 * ```
 */
export function createHandfast<
  const L extends readonly Adapter[],
  const S extends string = never,
  const C extends string = never,
  const G extends string = never,
>(options: HandfastOptions<L, S, C, G>): Handfast<L[number], S, C, G> {
  type A = L[number];
  const adapters: readonly A[] = options.adapters;
  const secrets = options.secrets ?? ({} as Readonly<Record<S, SecretSource>>);
  const checks = options.checks ?? ({} as Readonly<Record<C, Check>>);
  const logs = options.logs ?? ({} as Readonly<Record<G, ConnectionLog>>);
  const names = { checks: Object.keys(checks) as C[], logs: Object.keys(logs) as G[] };
  const door = specDoor(adapters, Object.keys(secrets) as S[], names);
  const workshop = new Workshop({
    adapters,
    journal: options.journal,
    secrets,
    prober: options.prober,
    checks,
    logs,
    proof: {
      times: checkCount("proof.times", options.proof?.times ?? 3),
      atMostMs: checkDuration("proof.atMostMs", options.proof?.atMostMs ?? 120_000),
    },
    answerMs: {
      prober: checkDuration(
        "answerMs.prober",
        options.answerMs?.prober ?? longestProbeMs(options.proof?.atMostMs),
      ),
      check: checkDuration("answerMs.check", options.answerMs?.check ?? 60_000),
      log: checkDuration("answerMs.log", options.answerMs?.log ?? 300_000),
    },
    telemetry: options.telemetry,
    clock: options.clock ?? systemClock,
    random: options.random ?? randomBytes,
    readText: options.readText ?? readTextFile,
    concurrency: checkCount("concurrency", options.concurrency ?? 8),
    planValidMs: checkDuration("planValidMs", options.planValidMs ?? defaultValidMs),
    policies: options.policies ?? [],
    approval: options.approval,
  });
  const make = async (
    wanted: Parameters<Handfast<A, S>["plan"]>[0],
    { signal = never(), ignoreRuns = [] }: PlanOptions,
  ): Promise<MadePlan> => {
    const past = await workshop.pastRuns(ignoreRuns);
    if (typeof wanted === "object" && wanted !== null) {
      if ("rollback" in wanted) return await planRollback(workshop, wanted.rollback, wanted, signal, past);
      if ("retire" in wanted) return await planRetire(workshop, wanted.retire, wanted, signal, past);
    }
    return await planSpec(workshop, readSpec(wanted), signal, past);
  };
  const plan: Handfast<A, S>["plan"] = async (wanted, call = {}) => {
    const made = await make(wanted, call);
    await workshop.keepBlobs(made.facts);
    const said = judgePlan(workshop.policies, made.plan, workshop.clock.now());
    return said.length === 0 ? made.plan : addFindings(made.plan, said);
  };
  const report = async (runId: string): Promise<Report> => {
    const { runs } = await readRuns(workshop.journal);
    const run = await findRun(workshop.journal, runId, runs);
    return reportOf(runId, run.plan, run.entries, waysBackFrom(runId, runs));
  };
  const rollback: Handfast<A, S>["rollback"] = async (runId, options = {}) => {
    const { mayBreak, mayUnrevoke, mayTrustCompromised, evenIfMoved, ...call } = options;
    const consent = { mayBreak, mayUnrevoke, mayTrustCompromised, evenIfMoved };
    return await apply(await plan({ rollback: runId, ...consent }, call), call);
  };
  /** Goes back where that is wished, and tells of it in the report of the run that failed. */
  const orBack = async (ran: Report, { onFailure = "stay", ...call }: RunOptions): Promise<Report> => {
    if (ran.status !== "failed" || ran.kind !== "apply" || onFailure !== "roll-back") return ran;
    try {
      await rollback(ran.runId, call);
    } catch (error) {
      if (!isHandfastError(error)) throw error;
      return { ...(await report(ran.runId)), notTakenBack: error.toJSON() };
    }
    return await report(ran.runId);
  };
  const apply: Handfast<A, S>["apply"] = async (made, call = {}) =>
    await orBack(await applyPlan(workshop, made, toRunCall(call)), call);
  return {
    ...door,
    plan,
    apply,
    rollback,
    resume: async (runId, call = {}) => await orBack(await resumeRun(workshop, runId, toRunCall(call)), call),
    retire: async (runId, { adopted, ...call } = {}) =>
      await apply(await plan({ retire: runId, adopted }, call), call),
    status: async (spec, { signal = never(), ignoreRuns = [] } = {}) =>
      await statusOf(workshop, readSpec(spec), signal, ignoreRuns),
    breakGlass: async (spec, options = {}) => await breakGlass(workshop, readSpec(spec), options),
    record: async (record) => await writeRecord(workshop, record),
    runs: async () => await listRuns(workshop.journal),
    report,
  };
}

/** Whoever gives proofs more time gives it to each probe too: their clock may run faster than their handshakes. */
function longestProbeMs(proofMs = 0): number {
  return proofMs > 120_000 ? proofMs : 60_000;
}

/** @throws {TypeError} */
function checkDuration(name: string, ms: number): number {
  if (Number.isFinite(ms) && ms > 0 && ms <= longestValidMs) return ms;
  throw new TypeError(
    `createHandfast: ${name} is ${String(ms)}; give milliseconds above 0, and a century at most`,
  );
}

/** @throws {TypeError} */
function checkCount(name: string, count: number): number {
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new TypeError(`createHandfast: ${name} is ${count}; give a whole number above 0`);
}

const longestValidMs = 100 * 366 * 24 * 60 * 60_000;

/** A signal that never aborts. */
function never(): AbortSignal {
  return new AbortController().signal;
}

/** @throws {TypeError} for options that would be found to be wrong half-way */
function toRunCall({ signal = never(), stopNow = never(), ...call }: RunOptions): RunCall {
  for (const [name, given] of Object.entries({ signal, stopNow }))
    if (!(given instanceof AbortSignal)) throw new TypeError(`${name} is no AbortSignal`);
  if (!Array.isArray(call.approvals ?? [])) throw new TypeError("approvals is no list");
  if (!["stay", "roll-back", undefined].includes(call.onFailure))
    throw new TypeError(`onFailure is ${String(call.onFailure)}; give "stay" or "roll-back"`);
  return { signal, stopNow, onEvent: call.onEvent, approvals: call.approvals ?? [] };
}
