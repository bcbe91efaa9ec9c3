import type { Digest, ReadContext, Secret } from "../adapter/contract.ts";
import type { Adapter } from "../adapter/define-adapter.ts";
import type { Clock } from "../clock.ts";
import type { RunWriter } from "../journal/journal.ts";
import type { MtlsPlan, PlanStep } from "../plan/plan.ts";
import type { Check } from "../prove/check.ts";
import type { ConnectionLog } from "../prove/connection-log.ts";
import type { Prober } from "../prove/prober.ts";
import type { RunRecord, StepRecord } from "../report/fold-run.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { Batches } from "./batches.ts";
import type { RunEvent, StepEvent } from "./events.ts";
import type { Slots } from "./slots.ts";
import type { Watcher } from "./watcher.ts";

/** What a run needs of the outside world. */
export interface RunOptions {
  readonly runId: string;
  readonly plan: MtlsPlan;
  readonly adapters: ReadonlyMap<string, Adapter>;
  readonly writer: RunWriter;
  readonly clock: Clock;
  /** Ends the run at the next safe point; aborts with `stopNow`, and when the run is lost to somebody else. */
  readonly signal: AbortSignal;
  /** Ends it at once: calls that are under way are called off. */
  readonly stopNow: AbortSignal;
  readonly prober: Prober | undefined;
  /** Checks of the user's own, by name. */
  readonly checks: ReadonlyMap<string, Check>;
  /** Readers of connection logs, by name. */
  readonly logs: ReadonlyMap<string, ConnectionLog>;
  /** How long a check at the end of a wave may be inconclusive. Milliseconds. */
  readonly proofAtMostMs: number;
  /** How long whoever is asked at a gate may take for an answer. Milliseconds. */
  readonly answerMs: AnswerLimits;
  /**
   * Since when a verifier has asked, and its presenters have shown, what they do now, by the runs before this one; what was
   * logged before tells of something else. Milliseconds since the epoch; undefined when no run knows.
   */
  loggedSince(verifier: string): number | undefined;
  /** The bytes of a blob; throws `BLOB_MISSING`. */
  bytes(digest: Digest): Promise<Uint8Array>;
  /** Unencrypted PKCS#8 PEM; throws `SECRET_MISSING`, `KEY_ENCRYPTED`, `KEY_UNREADABLE`, `KEY_MISMATCH`. */
  secret(secret: Secret): Promise<string>;
  keep: ReadContext["keep"];
  onEvent(event: RunEvent): void;
  /** Calls to providers so far, by adapter, of those that count them. */
  calls(): Readonly<Record<string, number>>;
  readonly telemetry: Telemetry;
  /** Remote writes at the same time, and as many probes. */
  readonly concurrency: number;
  /** Called when every step is in effect, before that is written down: what is still to be done then is done again by a resume. */
  beforeDone(): Promise<void>;
  /** What the journal tells of an earlier part of this run. */
  readonly before: RunRecord | undefined;
}

/** How long whoever is asked at a gate may take for an answer. Milliseconds. */
export interface AnswerLimits {
  readonly prober: number;
  readonly check: number;
  readonly log: number;
}

/** What the parts of the executor share during one run. */
export interface RunContext extends RunOptions {
  watcher(adapter: string): Watcher;
  /** Aborts when the run is held by some step: who only waits may look once more, and is not waited for. */
  readonly held: AbortSignal;
  readonly slots: Slots;
  /** Where writes that go together meet. */
  readonly batches: Batches;
  readonly proofSlots: Slots;
  recordOf(step: string): StepRecord | undefined;
  /** When a step came to be in effect, in this part of the run or an earlier one. Milliseconds since the epoch. */
  settledAt(step: string): number | undefined;
  /** The failures among some steps so far. */
  failuresAmong(steps: readonly string[]): number;
  /** Notes that a step fails. True when the run goes on all the same: its wave has room for one failure more. */
  noteFailure(step: PlanStep): boolean;
  emit(step: PlanStep, event: DistributiveOmit<Extract<RunEvent, StepEvent>, keyof StepEvent>): void;
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
