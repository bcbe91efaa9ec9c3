/** What the journal tells of earlier runs. */
import type { Adapter } from "../adapter/define-adapter.ts";
import { Slots } from "../apply/slots.ts";
import { HandfastError, isHandfastError } from "../errors.ts";
import type { Journal } from "../journal/journal.ts";
import type { JournalEntry } from "../journal/journal-entry.ts";
import { type MtlsPlan, planSchema } from "../plan/plan.ts";
import { foldRun, type RunRecord } from "../report/fold-run.ts";
import type { Report } from "../report/report.ts";

/** One run with its plan. */
export interface PastRun {
  readonly runId: string;
  readonly plan: MtlsPlan;
  readonly record: RunRecord;
  readonly entries: readonly JournalEntry[];
}

/**
 * Reads one run.
 *
 * @throws HandfastError `RUN_UNKNOWN`, `JOURNAL_CORRUPT`
 */
export async function readRun(journal: Journal, runId: string): Promise<PastRun> {
  const entries = await journal.read(runId);
  const [first] = entries;
  const parsed = planSchema.safeParse(first?.kind === "run-started" ? first.plan : undefined);
  if (!parsed.success) {
    throw new HandfastError(
      "JOURNAL_CORRUPT",
      `read run ${runId} failed: its journal does not begin with a plan that this version reads`,
      { run: runId },
    );
  }
  return { runId, plan: parsed.data, record: foldRun(parsed.data, entries), entries };
}

/** Runs that are read at the same time: a process may have few files open. */
const mostReads = 32;

/** One of the runs that were read; one that is not among them is read by itself, which says why. */
export async function findRun(journal: Journal, runId: string, past: readonly PastRun[]): Promise<PastRun> {
  return past.find((run) => run.runId === runId) ?? (await readRun(journal, runId));
}

/** A run that can't be read. */
export interface DamagedRun {
  readonly runId: string;
  readonly error: HandfastError;
}

/** All runs, newest first; those that can't be read apart. */
export async function readRuns(
  journal: Journal,
): Promise<{ readonly runs: readonly PastRun[]; readonly damaged: readonly DamagedRun[] }> {
  const runs: PastRun[] = [];
  const damaged: DamagedRun[] = [];
  const read = async (runId: string): Promise<PastRun | DamagedRun> => {
    try {
      return await readRun(journal, runId);
    } catch (error) {
      const isOne = isHandfastError(error) && ["JOURNAL_CORRUPT", "FILE_UNREADABLE"].includes(error.code);
      if (isOne) return { runId, error };
      throw error;
    }
  };
  const slots = new Slots(mostReads);
  const ids = (await journal.runs()).toReversed();
  for (const run of await Promise.all(ids.map((runId) => slots.use(() => read(runId)))))
    if ("error" in run) damaged.push(run);
    else runs.push(run);
  return { runs, damaged };
}

/**
 * Nobody can tell what a damaged run did, nor which links it knew: nothing is planned over it unseen.
 *
 * @param ignored ids of runs that may be left out of account
 * @throws HandfastError `JOURNAL_CORRUPT`, `FILE_UNREADABLE`
 */
export function refuseDamaged(damaged: readonly DamagedRun[], ignored: readonly string[]): void {
  const left = damaged.filter(({ runId }) => !ignored.includes(runId));
  const [first] = left;
  if (first === undefined) return;
  const ids = left.map(({ runId }) => runId);
  throw new HandfastError(
    first.error.code,
    `make plan failed: nobody can read what run ${ids.join(", ")} did, nor which links it knew (${first.error.message}); or, once you know that it does not matter here, plan with ignoreRuns: ${JSON.stringify(ids)}`,
    { ...first.error.details, run: first.runId },
  );
}

/** Refuses a run that there is no way back from, nor anything to retire. */
export function refuseUnfit({ runId, plan, record }: PastRun, verb: string): void {
  if (plan.kind === "retire") {
    throw new HandfastError(
      "RUN_STATE",
      `${verb} run ${runId} failed: it is a retire run, and what it deleted is gone`,
      { run: runId },
    );
  }
  if (record.retired) {
    throw new HandfastError(
      "RUN_STATE",
      `${verb} run ${runId} failed: it was retired already; what its way back needs may be gone, so apply a spec instead`,
      { run: runId },
    );
  }
}

/** Runs that took a run back, or tried to, oldest first. */
export function waysBackFrom(runId: string, past: readonly PastRun[]): Report["takenBack"] {
  return past
    .filter(({ plan }) => plan.kind === "rollback" && plan.of === runId)
    .map(({ runId: back, record }) => ({ runId: back, status: record.status }))
    .toReversed();
}

/** What an endpoint is, whatever name a spec gives it. */
export function identityOf(adapter: Adapter, target: unknown): string {
  return `${adapter.facts.name} ${adapter.definition.identify(target)}`;
}

/** Whether two runs were to change the same endpoint, under whatever names. */
export function meet(
  one: Pick<PastRun, "plan">,
  other: Pick<PastRun, "plan">,
  adapters: ReadonlyMap<string, Adapter>,
): boolean {
  const identities = identitiesOf(one, adapters);
  return [...identitiesOf(other, adapters)].some((identity) => identities.has(identity));
}

/** What the endpoints are that a run was to change. */
function identitiesOf(
  { plan }: Pick<PastRun, "plan">,
  adapters: ReadonlyMap<string, Adapter>,
): ReadonlySet<string> {
  return new Set(
    Object.values(plan.endpoints).flatMap(({ adapter: name, target, goal }) => {
      const adapter = adapters.get(name);
      return adapter === undefined || (goal === undefined && plan.kind !== "retire")
        ? []
        : [identityOf(adapter, target)];
    }),
  );
}

/**
 * When a switch that a past run made on an endpoint is in effect at the latest; undefined when nothing is under way. A
 * step that failed after its call was made counts too: what became of the wait says nothing of the change.
 */
export function unsettledUntil({ plan, record }: PastRun, key: string, now: number): number | undefined {
  const ends = plan.steps.flatMap((step): number[] => {
    if (step.kind !== "write" || step.target !== key || step.step.effect !== "switch") return [];
    const known = record.steps.get(step.id);
    if (known === undefined || known.status === "settled") return [];
    if (known.doneAt === undefined && known.status !== "unknown") return [];
    const { settles } = step.step;
    const longest = settles.by === "call" ? 0 : settles.atMostMs;
    // the journal may have been written by a clock that was ahead of this one
    const from = Math.min(now, Date.parse(known.doneAt ?? known.startedAt ?? record.startedAt));
    return [from + longest];
  });
  return ends.length === 0 ? undefined : Math.max(...ends);
}
