import { z } from "zod";
import type { ErrorRecord } from "../errors.ts";
import type { JournalEntry } from "../journal/journal-entry.ts";
import { aboutStep } from "../plan/about-step.ts";
import type { MtlsPlan, Phase } from "../plan/plan.ts";
import { foldRun, type ProofRecord, type StepRecord, type StepStatus } from "./fold-run.ts";

/** What became of one planned step. */
export interface StepReport extends Omit<StepRecord, "status"> {
  readonly id: string;
  readonly phase: Phase;
  readonly summary: string;
  /** Key of the endpoint that it is about, or of the link that it proves, or name of the wave that it ends. */
  readonly about?: string | undefined;
  readonly status: StepStatus;
}

/** What a run did: the fold of plan and journal. Every planned step is in it. JSON. */
export interface Report {
  readonly format: 1;
  readonly runId: string;
  readonly kind: MtlsPlan["kind"];
  /** The run that it took back or retired. */
  readonly of?: string | undefined;
  /**
   * `done`: every step is in effect. `failed`: a step failed that nothing covers. `held`: somebody must look: a proof was
   * inconclusive, or all went on but for what failed within the budget of its wave, or in cleaning up.
   * `aborted`: the caller stopped it. `running`: it runs now, or was killed. All but `done` can be resumed or rolled back.
   */
  readonly status: "running" | "done" | "failed" | "held" | "aborted";
  /** ISO 8601. */
  readonly startedAt: string;
  readonly endedAt?: string | undefined;
  /** Whether what the way back needs may have been deleted. */
  readonly retired: boolean;
  readonly steps: readonly StepReport[];
  /** Of links, by their key; looks into logs by the key of the verifier, and checks by the name of the wave. */
  readonly proofs: readonly ({ readonly link: string; readonly step: string } & ProofRecord)[];
  readonly findings: MtlsPlan["findings"];
  /** Natural keys of what the run created at providers. */
  readonly made: readonly string[];
  /** Calls to providers, by adapter, of those that count them; parts of a run that were killed are not in it. */
  readonly calls?: Readonly<Record<string, number>> | undefined;
  readonly wayBackCloses?: MtlsPlan["wayBackCloses"];
  /** Runs that took it back, or tried to, oldest first. */
  readonly takenBack?: readonly { readonly runId: string; readonly status: Report["status"] }[] | undefined;
  /** Why it was not taken back by itself, though that was wished. */
  readonly notTakenBack?: ErrorRecord | undefined;
}

/**
 * Makes the report of a run from its plan and its journal: the same after a crash as after a clean run. Pure.
 *
 * @param takenBack runs that took it back, by their own journals
 */
export function reportOf(
  runId: string,
  plan: MtlsPlan,
  entries: readonly JournalEntry[],
  takenBack: Report["takenBack"] = [],
): Report {
  const { steps, status, startedAt, endedAt, retired, calls } = foldRun(plan, entries);
  const reported = plan.steps.map((step): StepReport => {
    const record = steps.get(step.id) as StepRecord;
    const about = aboutStep(step);
    return { id: step.id, phase: step.phase, summary: step.summary, about, ...record };
  });
  const report: Report = {
    format: 1,
    runId,
    kind: plan.kind,
    of: plan.of,
    status,
    startedAt,
    endedAt,
    retired,
    steps: reported,
    proofs: reported.flatMap(({ id, about, proof }) =>
      proof === undefined ? [] : [{ link: about ?? "", step: id, ...proof }],
    ),
    findings: plan.findings,
    made: [...new Set(reported.flatMap(({ made }) => made ?? []))],
    calls: Object.keys(calls).length === 0 ? undefined : calls,
    wayBackCloses: plan.wayBackCloses,
    takenBack: takenBack.length === 0 ? undefined : takenBack,
  };
  return JSON.parse(JSON.stringify(report)) as Report;
}

const status = z.enum(["running", "done", "failed", "held", "aborted"]);
const proof = {
  verdict: z.enum(["passed", "failed", "inconclusive"]),
  reason: z.string(),
  evidence: z.record(z.string(), z.unknown()),
};

/** The schema of a report, by which one that was stored is read back. */
export const reportSchema = z.object({
  format: z.literal(1),
  runId: z.string(),
  kind: z.enum(["apply", "rollback", "retire", "break-glass"]),
  of: z.string().optional(),
  status,
  startedAt: z.string(),
  endedAt: z.string().optional(),
  retired: z.boolean(),
  steps: z.array(
    z
      .object({
        id: z.string(),
        phase: z.string(),
        summary: z.string(),
        about: z.string().optional(),
        status: z.enum(["not-started", "unknown", "done", "settled", "failed", "skipped"]),
        attempts: z.number(),
      })
      .loose(),
  ),
  proofs: z.array(z.object({ link: z.string(), step: z.string(), ...proof })),
  findings: z.array(z.object({ code: z.string(), severity: z.string(), message: z.string() }).loose()),
  made: z.array(z.string()),
  calls: z.record(z.string(), z.number()).optional(),
  wayBackCloses: z.object({ at: z.string(), because: z.string() }).optional(),
  takenBack: z.array(z.object({ runId: z.string(), status })).optional(),
  notTakenBack: z.object({ code: z.string(), message: z.string() }).loose().optional(),
});
