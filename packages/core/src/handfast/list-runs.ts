/** What the journal tells of all runs: read at 3 a.m. */
import type { ErrorRecord } from "../errors.ts";
import type { Journal } from "../journal/journal.ts";
import type { MtlsPlan } from "../plan/plan.ts";
import { type DamagedRun, type PastRun, readRuns } from "./history.ts";

/** One run of the journal. JSON. */
export interface RunSummary {
  readonly runId: string;
  /** Undefined for a run whose journal can't be read. */
  readonly kind?: MtlsPlan["kind"] | undefined;
  readonly of?: string | undefined;
  /** `damaged`: its journal can't be read; see `error`. */
  readonly status: PastRun["record"]["status"] | "damaged";
  readonly startedAt?: string | undefined;
  readonly endedAt?: string | undefined;
  readonly retired: boolean;
  readonly steps: { readonly all: number; readonly settled: number };
  /** Keys of the endpoints that it was about. */
  readonly endpoints: readonly string[];
  /** Of a break-glass: when it should be over. ISO 8601. */
  readonly comeBackBy?: string | undefined;
  readonly error?: ErrorRecord | undefined;
}

/** All runs of a journal, newest first. */
export async function listRuns(journal: Journal): Promise<readonly RunSummary[]> {
  const { runs, damaged } = await readRuns(journal);
  return [...runs.map(summaryOf), ...damaged.map(damageOf)].toSorted((a, b) => (a.runId < b.runId ? 1 : -1));
}

function damageOf({ runId, error }: DamagedRun): RunSummary {
  const steps = { all: 0, settled: 0 };
  return { runId, status: "damaged", retired: false, steps, endpoints: [], error: error.toJSON() };
}

/** What a run was and how far it came. */
function summaryOf({ runId, plan, record }: PastRun): RunSummary {
  return {
    runId,
    kind: plan.kind,
    of: plan.of,
    status: record.status,
    startedAt: record.startedAt,
    endedAt: record.endedAt,
    retired: record.retired,
    steps: {
      all: plan.steps.length,
      settled: [...record.steps.values()].filter(({ status }) => status === "settled").length,
    },
    endpoints: Object.keys(plan.endpoints),
    comeBackBy: plan.comeBackBy,
  };
}
