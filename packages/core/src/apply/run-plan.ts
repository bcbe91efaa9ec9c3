/**
 * The executor: walks a plan's steps in any order that its edges allow. The only writer. It knows no mode: a rollback
 * and a retire are plans like any other.
 */
import { HandfastError, isHandfastError } from "../errors.ts";
import { aboutStep } from "../plan/about-step.ts";
import { dependantsOf } from "../plan/dependants.ts";
import type { PlanStep } from "../plan/plan.ts";
import { Batches } from "./batches.ts";
import { cleanUpsOf } from "./clean-ups.ts";
import type { RunEvent } from "./events.ts";
import { gatesToRepeat, openBefore } from "./gates-to-repeat.ts";
import { performTogether } from "./perform-together.ts";
import type { RunContext, RunOptions } from "./run-context.ts";
import { runEvidence } from "./run-evidence.ts";
import { runProof } from "./run-proof.ts";
import { runSettle } from "./run-wait.ts";
import { runWave } from "./run-wave.ts";
import { runWrite } from "./run-write.ts";
import { Slots } from "./slots.ts";
import { Watcher } from "./watcher.ts";

/** How a run ended. Anything but `done` can be resumed or rolled back. */
type RunEnd = "done" | "failed" | "held" | "aborted";

type Fate = "settled" | "failed" | "held" | "aborted" | "skipped";

/**
 * Runs a plan to its end, or to the first failure that no wave's budget covers. What was started is brought to a known
 * place before it returns, but who only waits is not waited for; what was not started is journalled as skipped.
 *
 * @throws HandfastError `JOURNAL_UNWRITABLE`, `JOURNAL_HELD`: nothing is done that can't be written down
 */
export async function runPlan(options: RunOptions): Promise<RunEnd> {
  const run = new Run(options);
  return await run.walk();
}

class Run {
  readonly #context: RunContext;
  /** What those share that change nothing: they end as soon as the run has failed. */
  readonly #waiting: RunContext;
  readonly #fates = new Map<string, Fate>();
  /** Steps that are about to end as failed: what is said of it is said before. */
  readonly #failing = new Set<string>();
  readonly #settledAt = new Map<string, number>();
  /** How many steps each one still waits for. */
  readonly #waitingFor = new Map<string, number>();
  #dependants: ReadonlyMap<string, readonly PlanStep[]> = new Map();
  readonly #ready: PlanStep[] = [];
  #running = 0;
  /** Called whenever a step has ended. */
  #wake: () => void = () => {};
  readonly #budgets: ReadonlyMap<string, Extract<PlanStep, { kind: "wave" }>>;
  readonly #cleanUps: ReadonlySet<string>;
  /** Aborts when a step has failed that nothing covers. */
  readonly #failed = new AbortController();
  /** Aborts when a step is held. */
  readonly #held = new AbortController();
  #broken: { readonly error: unknown } | undefined;
  readonly #giveUp = new AbortController();

  constructor(options: RunOptions) {
    const watchers = new Map<string, Watcher>();
    const { clock, keep, adapters, before, plan, runId, onEvent, concurrency } = options;
    const signal = AbortSignal.any([options.signal, this.#giveUp.signal]);
    const slots = new Slots(concurrency);
    this.#context = {
      ...options,
      signal,
      held: this.#held.signal,
      slots,
      batches: new Batches({ clock, slots, perform: (turns) => performTogether(this.#context, turns) }),
      proofSlots: new Slots(concurrency),
      watcher: (name) => {
        const known = watchers.get(name);
        if (known !== undefined) return known;
        const adapter = adapters.get(name);
        if (adapter === undefined) throw new TypeError(`no adapter ${name}`);
        const watcher = new Watcher(adapter, { clock, keep, signal });
        watchers.set(name, watcher);
        return watcher;
      },
      recordOf: (step) => before?.steps.get(step),
      settledAt: (step) => this.#settledAt.get(step),
      failuresAmong: (steps) => this.#failuresAmong(steps),
      noteFailure: (step) => {
        this.#failing.add(step.id);
        return this.#mayFail(step);
      },
      emit: ({ id, phase, summary }, event) =>
        onEvent({ ...event, runId, step: id, phase, summary } as RunEvent),
    };
    this.#waiting = { ...this.#context, signal: AbortSignal.any([signal, this.#failed.signal]) };
    const settled = plan.steps.filter(({ id }) => before?.steps.get(id)?.status === "settled");
    for (const { id } of settled) this.#settledAt.set(id, Date.parse(before?.steps.get(id)?.endedAt ?? ""));
    const repeated = before === undefined ? new Set<string>() : gatesToRepeat(plan, before);
    this.#arrange(new Set(settled.map(({ id }) => id).filter((id) => !repeated.has(id))), repeated);
    const waves = plan.steps.filter((step) => step.kind === "wave");
    this.#budgets = new Map(waves.flatMap((wave) => wave.of.map((id) => [id, wave] as const)));
    this.#cleanUps = cleanUpsOf(plan);
  }

  async walk(): Promise<RunEnd> {
    const { plan, writer, runId, onEvent } = this.#context;
    onEvent({ kind: "run-started", runId, steps: plan.steps.length });
    for (;;) {
      if (!this.#isStopping()) for (const step of this.#ready.splice(0)) this.#start(step);
      if (this.#running === 0) break;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#broken !== undefined) throw this.#broken.error;
    if (!this.#context.stopNow.aborted) await this.#skipTheRest();
    const end = this.#end();
    if (end === "done") await this.#context.beforeDone();
    const calls = this.#context.calls();
    const counted = Object.keys(calls).length === 0 ? {} : { calls: { ...calls } };
    await writer.append({ kind: "run-ended", status: end, ...counted });
    onEvent({ kind: "run-ended", runId, status: end });
    return end;
  }

  /** Whether nothing more may start. */
  #isStopping(): boolean {
    return this.#context.signal.aborted || this.#failed.signal.aborted || this.#held.signal.aborted;
  }

  /**
   * What all fates come to, whichever was known first: a failure that nothing covers outranks all, and what is covered
   * leaves something for somebody to look at.
   */
  #end(): RunEnd {
    const fates = [...this.#fates.values()];
    const isWhole = fates.length === this.#context.plan.steps.length;
    if (isWhole && fates.every((fate) => fate === "settled")) return "done";
    if (this.#failed.signal.aborted) return "failed";
    if (this.#held.signal.aborted) return "held";
    return this.#context.signal.aborted ? "aborted" : "held";
  }

  #arrange(done: ReadonlySet<string>, repeated: ReadonlySet<string>): void {
    const { steps } = this.#context.plan;
    for (const id of done) this.#fates.set(id, "settled");
    const before = openBefore(steps, done, repeated);
    for (const step of steps) {
      const open = before.get(step.id);
      if (open === undefined) continue;
      this.#waitingFor.set(step.id, open.size);
      if (open.size === 0) this.#ready.push(step);
    }
    this.#dependants = dependantsOf(steps, ({ id }) => before.get(id) ?? []);
  }

  /** A step waits until all before it are settled; a wave only until each has come to some end. */
  #decide(id: string, fate: Fate): void {
    this.#fates.set(id, fate);
    // what was passed once, and is passed again, has been so since then
    if (fate === "settled" && !this.#settledAt.has(id)) this.#settledAt.set(id, this.#context.clock.now());
    for (const next of this.#dependants.get(id) ?? []) {
      if (fate !== "settled" && next.kind !== "wave") continue;
      const left = (this.#waitingFor.get(next.id) ?? 0) - 1;
      this.#waitingFor.set(next.id, left);
      if (left === 0 && !this.#fates.has(next.id)) this.#ready.push(next);
    }
  }

  #start(step: PlanStep): void {
    this.#running += 1;
    void this.#runStep(step)
      .then((fate) => {
        this.#decide(step.id, fate);
        if (fate === "held") this.#held.abort();
        if (fate === "failed") this.#judge(step);
      })
      .catch((error: unknown) => {
        this.#broken ??= { error };
        // nothing can be written down any more: whoever only waits need not wait to its end
        this.#giveUp.abort(error);
      })
      .finally(() => {
        this.#running -= 1;
        this.#wake();
      });
  }

  /**
   * A failure within its wave's budget stops only what needs the step, and one of a clean-up nothing; any other stops the
   * run.
   */
  #judge(step: PlanStep): void {
    const wave = this.#budgets.get(step.id);
    if (wave !== undefined) this.#skipFrom(step.id, new Set(wave.of));
    if (!this.#mayFail(step)) this.#failed.abort();
  }

  /** Whether the run goes on though a step has failed. */
  #mayFail(step: PlanStep): boolean {
    if (this.#cleanUps.has(step.id)) return true;
    const wave = this.#budgets.get(step.id);
    return wave !== undefined && this.#failuresAmong(wave.of) <= wave.maxFailures;
  }

  #failuresAmong(steps: readonly string[]): number {
    return steps.filter((id) => {
      const isFailed = this.#fates.get(id) === "failed" || this.#failing.has(id);
      return isFailed && !this.#cleanUps.has(id);
    }).length;
  }

  /** Steps of the same wave that need a failed one will never run: the wave need not wait for them. */
  #skipFrom(id: string, among: ReadonlySet<string>): void {
    for (const step of this.#dependants.get(id) ?? []) {
      if (!among.has(step.id) || this.#fates.has(step.id)) continue;
      this.#decide(step.id, "skipped");
      this.#skipFrom(step.id, among);
    }
  }

  #runStep(step: PlanStep): Promise<Fate> {
    const { telemetry, runId, plan } = this.#context;
    const { id, kind, phase } = step;
    const adapter = step.kind === "write" ? plan.endpoints[step.target]?.adapter : undefined;
    const about = aboutStep(step);
    return telemetry.step({ runId, step: id, kind, phase, adapter, about }, async (tell) => {
      const { fate, code } = await this.#fateOf(step);
      tell({ outcome: fate, code });
      return fate;
    });
  }

  async #fateOf(step: PlanStep): Promise<{ readonly fate: Fate; readonly code?: string }> {
    try {
      await this.#dispatch(step);
      this.#context.emit(step, { kind: "step-settled", found: false });
      return { fate: "settled" };
    } catch (error) {
      if (
        isHandfastError(error) &&
        ["JOURNAL_UNWRITABLE", "JOURNAL_HELD", "JOURNAL_CORRUPT"].includes(error.code)
      )
        throw error;
      if (this.#isCalledOff(step) && (!isHandfastError(error) || error.code === "ABORTED"))
        return { fate: "aborted" };
      const known = isHandfastError(error) ? error : defect(step, error);
      const effect = known.details.outcomeUnknown === true || !isHandfastError(error) ? "unknown" : "none";
      await this.#context.writer.append({
        kind: "step-failed",
        step: step.id,
        error: known.toJSON(),
        effect,
      });
      this.#context.emit(step, { kind: "step-failed", error: known.toJSON() });
      return { fate: known.code === "PROOF_INCONCLUSIVE" ? "held" : "failed", code: known.code };
    }
  }

  /** Whether what a step throws may come of its being called off. */
  #isCalledOff({ kind }: PlanStep): boolean {
    if (kind === "write") return this.#context.signal.aborted;
    return this.#waiting.signal.aborted || this.#held.signal.aborted;
  }

  async #dispatch(step: PlanStep): Promise<void> {
    switch (step.kind) {
      case "write":
        return await runWrite(this.#context, step);
      case "prove":
        return await runProof(this.#waiting, step);
      case "evidence":
        return await runEvidence(this.#waiting, step);
      case "settle":
        return await runSettle(this.#waiting, step);
      case "wave":
        return await runWave(this.#waiting, step);
    }
  }

  async #skipTheRest(): Promise<void> {
    const { plan, writer, emit, recordOf } = this.#context;
    const isAborted = this.#end() === "aborted";
    const skipped = plan.steps.flatMap((step) => {
      const fate = this.#fates.get(step.id);
      if (fate === "aborted" && step.kind !== "write")
        return [{ step, because: `the run ${isAborted ? "was stopped" : "stopped"} while it waited` }];
      if ((fate !== undefined && fate !== "skipped") || (recordOf(step.id)?.attempts ?? 0) > 0) return [];
      return [{ step, because: isAborted ? "the run was stopped" : "a step that it needs did not succeed" }];
    });
    // written together: a journal that is far away takes one call for many
    await Promise.all(
      skipped.map(async ({ step, because }) => {
        await writer.append({ kind: "step-skipped", step: step.id, because });
        emit(step, { kind: "step-skipped", because });
      }),
    );
  }
}

/** An exception that nobody recognised: a defect of an adapter. Its text may hold anything, so it stays out. */
function defect(step: PlanStep, error: unknown): HandfastError {
  const name = error instanceof Error ? error.name : typeof error;
  const target = step.kind === "write" || step.kind === "settle" ? step.target : undefined;
  return new HandfastError(
    "REMOTE_UNEXPECTED",
    `${step.summary} failed: the adapter threw a ${name} that it does not know; what came of the call is unknown, so read the provider's state, then resume or roll back`,
    { step: step.id, target, outcomeUnknown: true },
    { cause: error },
  );
}
