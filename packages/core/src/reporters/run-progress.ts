import type { RunEvent } from "../apply/events.ts";
import type { ErrorRecord } from "../errors.ts";
import type { MtlsPlan, Phase } from "../plan/plan.ts";
import type { Report } from "../report/report.ts";
import { phasesInOrder } from "./step-graph.ts";

/** One step while it runs. Times are milliseconds since the epoch. */
export interface RunningStep {
  readonly id: string;
  readonly phase: Phase;
  readonly summary: string;
  readonly since: number;
  readonly attempt: number;
  /** Until it is in effect: since when, and how long that takes. */
  readonly wait?: { readonly since: number; readonly typicalMs: number; readonly atMostMs: number };
  readonly proof?: {
    readonly passed: number;
    readonly of: number;
    readonly verdict: "passed" | "failed" | "inconclusive";
    readonly reason: string;
  };
  /** Tried again at that time. */
  readonly retry?: { readonly at: number; readonly error: ErrorRecord };
}

interface PhaseCount {
  total: number;
  settled: number;
  failed: number;
}

/** How far a run is, by its events. Each event costs the same, however many steps there are. */
export class RunProgress {
  readonly #plan: MtlsPlan | undefined;
  readonly #before: Report | undefined;
  runId = "";
  steps: number;
  settled = 0;
  startedAt: number | undefined;
  readonly running = new Map<string, RunningStep>();
  readonly phases = new Map<Phase, PhaseCount>();
  /** Steps that will not run, by the reason. */
  readonly skipped = new Map<string, string[]>();

  constructor(plan: MtlsPlan | undefined, before: Report | undefined) {
    this.#plan = plan;
    this.#before = before;
    this.steps = plan?.steps.length ?? 0;
    this.#reset();
  }

  /** Whether the events are those of another run than the first: one that takes it back. */
  get isAnother(): boolean {
    return this.#runs > 1;
  }

  #runs = 0;

  #reset(): void {
    this.running.clear();
    this.phases.clear();
    this.skipped.clear();
    this.settled = 0;
    // of a run that goes back by itself the plan is not known here: its phases show as they come
    if (this.isAnother || this.#plan === undefined) return;
    for (const phase of phasesInOrder(this.#plan)) this.#count(phase);
    for (const { phase } of this.#plan.steps) this.#count(phase).total += 1;
  }

  /** What an earlier part of the run brought into effect is not told again. */
  #resume(runId: string): void {
    if (this.#before?.runId !== runId) return;
    for (const { phase, status } of this.#before.steps) {
      if (status !== "settled") continue;
      this.#count(phase).settled += 1;
      this.settled += 1;
    }
  }

  fold(event: RunEvent, at: number): void {
    switch (event.kind) {
      case "run-started":
        if (event.runId !== this.runId) this.#runs += 1;
        this.#reset();
        this.runId = event.runId;
        this.steps = event.steps;
        this.startedAt = at;
        this.#resume(event.runId);
        return;
      case "run-ended":
        this.running.clear();
        if (event.status === "done") this.settled = this.steps;
        return;
      case "step-skipped": {
        const { step, because } = event;
        const known = this.skipped.get(because);
        if (known === undefined) this.skipped.set(because, [step]);
        else known.push(step);
        return;
      }
      case "step-settled":
        this.#close(event.step, event.phase).settled += 1;
        this.settled += 1;
        return;
      case "step-failed":
        this.#close(event.step, event.phase).failed += 1;
        return;
      default:
        this.running.set(event.step, changed(this.running.get(event.step), event, at));
    }
  }

  #close(step: string, phase: Phase): PhaseCount {
    this.running.delete(step);
    return this.#count(phase);
  }

  #count(phase: Phase): PhaseCount {
    const known = this.phases.get(phase);
    if (known !== undefined) return known;
    const count = { total: 0, settled: 0, failed: 0 };
    this.phases.set(phase, count);
    return count;
  }
}

type Change = Extract<
  RunEvent,
  { kind: "step-started" | "step-waiting" | "step-pending" | "step-retrying" | "proof" }
>;

function changed(before: RunningStep | undefined, event: Change, at: number): RunningStep {
  const { step: id, phase, summary } = event;
  const { retry: _, ...known } = before ?? { id, phase, summary, since: at, attempt: 1 };
  switch (event.kind) {
    case "step-started":
      return { ...known, attempt: event.attempt };
    case "step-waiting":
      return { ...known, wait: { since: at, typicalMs: event.typicalMs, atMostMs: event.atMostMs } };
    case "step-pending": {
      const { typicalMs, atMostMs } = event;
      return { ...known, wait: { since: at - event.waitedMs, typicalMs, atMostMs } };
    }
    case "step-retrying":
      return { ...known, retry: { at: at + event.inMs, error: event.error } };
    case "proof": {
      const { passed, of, verdict, reason } = event;
      return { ...known, proof: { passed, of, verdict, reason } };
    }
  }
}
