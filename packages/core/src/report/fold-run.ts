import type { ErrorRecord } from "../errors.ts";
import type { JournalEntry } from "../journal/journal-entry.ts";
import type { MtlsPlan } from "../plan/plan.ts";

/**
 * Where a step stands, by the journal. `unknown`: the call was intended, and nobody wrote down what came of it.
 * `done`: the call returned, and it is not known to be in effect everywhere.
 */
export type StepStatus = "not-started" | "unknown" | "done" | "settled" | "failed" | "skipped";

/** All that a journal tells of one step. */
export interface StepRecord {
  readonly status: StepStatus;
  readonly attempts: number;
  /** ISO 8601. */
  readonly startedAt?: string | undefined;
  readonly doneAt?: string | undefined;
  readonly endedAt?: string | undefined;
  /** Nothing had to be done: it was so already. */
  readonly found?: boolean | undefined;
  readonly made?: readonly string[] | undefined;
  readonly removed?: readonly string[] | undefined;
  readonly error?: ErrorRecord | undefined;
  readonly because?: string | undefined;
  readonly proof?: ProofRecord | undefined;
}

/** What came of the proof of a link, by the journal. */
export interface ProofRecord {
  readonly verdict: "passed" | "failed" | "inconclusive";
  readonly reason: string;
  readonly evidence: Readonly<Record<string, unknown>>;
}

/** A run as its journal tells it. */
export interface RunRecord {
  readonly steps: ReadonlyMap<string, StepRecord>;
  readonly status: "running" | "done" | "failed" | "held" | "aborted";
  readonly startedAt: string;
  readonly endedAt?: string | undefined;
  readonly retired: boolean;
  /** Calls to providers, by adapter, in those parts of it that came to an end. */
  readonly calls: Readonly<Record<string, number>>;
  /** Steps that make something which was certainly not there when the run began. */
  readonly absent: ReadonlySet<string>;
}

const notStarted: StepRecord = { status: "not-started", attempts: 0 };

/** Folds a journal: every planned step is in the result, whatever happened. Pure. */
export function foldRun(plan: MtlsPlan, entries: readonly JournalEntry[]): RunRecord {
  const steps = new Map<string, StepRecord>(plan.steps.map(({ id }) => [id, notStarted]));
  const gates = new Set(plan.steps.filter(({ kind }) => kind !== "write").map(({ id }) => id));
  let status: RunRecord["status"] = "running";
  let endedAt: string | undefined;
  let retired = false;
  const calls: Record<string, number> = {};
  for (const entry of entries) {
    if (entry.kind === "run-ended") {
      ({ status } = entry);
      for (const [adapter, count] of Object.entries(entry.calls ?? {}))
        calls[adapter] = (calls[adapter] ?? 0) + count;
      endedAt = entry.at;
    } else if (entry.kind === "run-resumed") {
      status = "running";
      endedAt = undefined;
    } else if (entry.kind === "run-retired") {
      retired = true;
    } else if (entry.kind !== "run-started") {
      const folded = foldStep(steps.get(entry.step) ?? notStarted, entry);
      // a gate makes no call: one that was called off leaves nothing to be found out
      const isCalledOff =
        entry.kind === "step-skipped" && folded.status === "unknown" && gates.has(entry.step);
      steps.set(entry.step, isCalledOff ? { ...folded, status: "skipped" } : folded);
    }
  }
  const [first] = entries;
  const absent = new Set(first?.kind === "run-started" ? first.absent : []);
  return { steps, status, startedAt: first?.at ?? plan.createdAt, endedAt, retired, calls, absent };
}

type StepEntry = Extract<JournalEntry, { step: string }>;

function foldStep(before: StepRecord, entry: StepEntry): StepRecord {
  switch (entry.kind) {
    case "step-intended": {
      const { attempts, startedAt = entry.at } = before;
      return { status: "unknown", attempts: Math.max(attempts, entry.attempt), startedAt };
    }
    case "step-done": {
      const made = [...new Set([...(before.made ?? []), ...(entry.outcome.made ?? [])])];
      const { removed } = entry.outcome;
      return { ...before, status: "done", doneAt: entry.at, found: entry.found, made, removed };
    }
    case "step-settled":
      return { ...before, status: "settled", endedAt: entry.at };
    case "step-failed":
      return {
        ...before,
        status: entry.effect === "unknown" ? "unknown" : "failed",
        error: entry.error,
        endedAt: entry.at,
      };
    case "step-skipped":
      // what was begun stays what it is: skipping it now tells nothing of the call
      return before.attempts > 0
        ? { ...before, because: entry.because }
        : { ...before, status: "skipped", because: entry.because };
    case "proof": {
      const { verdict, reason, evidence } = entry;
      return { ...before, proof: { verdict, reason, evidence } };
    }
  }
}
