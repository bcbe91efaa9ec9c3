/** Which gates a run that is gone on with passes once more. Pure. */
import { dependantsOf } from "../plan/dependants.ts";
import type { MtlsPlan, PlanStep } from "../plan/plan.ts";
import type { RunRecord } from "../report/fold-run.ts";

type Write = Extract<PlanStep, { kind: "write" }>;

/** Whether a write may still be made: nobody called, or it was refused, or a narrowing of which nobody knows. */
export function isOpen({ id, phase }: Write, { steps }: Pick<RunRecord, "steps">): boolean {
  const record = steps.get(id);
  if (record === undefined || record.attempts === 0) return true;
  if (record.status === "failed") return record.doneAt === undefined;
  // what was seen before a narrowing is to be seen behind it too
  return record.status === "unknown" && phase === "narrow";
}

/**
 * Gates that were passed in an earlier part of a run, and before which a write is held that was not made yet: what they
 * saw then may be days old. A proof or a look into logs of what has been changed since is not due any more, and the
 * changed state has gates of its own.
 */
export function gatesToRepeat(plan: MtlsPlan, record: RunRecord): ReadonlySet<string> {
  const dependants = dependantsOf(plan.steps);
  const passed = plan.steps.filter(({ id, kind }) => {
    return kind !== "write" && kind !== "settle" && record.steps.get(id)?.status === "settled";
  });
  const isDue = (gate: PlanStep): boolean => {
    const writes = writesBehind(gate, dependants).filter(({ step }) => step.effect !== "none");
    if (!writes.some((write) => isOpen(write, record))) return false;
    const about = aboutOf(gate, plan);
    return !writes.some(
      (write) => !isOpen(write, record) && (about.has(write.target) || about.has(write.step.object)),
    );
  };
  return new Set(passed.filter(isDue).map(({ id }) => id));
}

function writesBehind(
  gate: PlanStep,
  dependants: ReadonlyMap<string, readonly PlanStep[]>,
): readonly Write[] {
  const behind = new Set<PlanStep>([gate]);
  for (const step of behind) for (const next of dependants.get(step.id) ?? []) behind.add(next);
  return [...behind].filter((step) => step.kind === "write");
}

/** Keys of the endpoints whose state a gate is about, and their objects. A wave is about no single one. */
function aboutOf(gate: PlanStep, { links, endpoints }: MtlsPlan): ReadonlySet<string> {
  const keys = ((): readonly string[] => {
    if (gate.kind === "evidence") return [gate.target];
    const link = gate.kind === "prove" ? links.find(({ key }) => key === gate.link) : undefined;
    if (link === undefined) return [];
    return [link.from, link.to].flatMap((end) => ("endpoint" in end ? [end.endpoint] : []));
  })();
  return new Set([...keys, ...keys.flatMap((key) => endpoints[key]?.before.objects ?? [])]);
}

/**
 * For each step that is still to be done, those still to be done before it. A gate that is repeated stands before a step
 * also where others between them are done.
 */
export function openBefore(
  steps: readonly PlanStep[],
  done: ReadonlySet<string>,
  repeated: ReadonlySet<string>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const before = ({ after }: PlanStep): ReadonlySet<string> => {
    const open = new Set(after.filter((id) => !done.has(id)));
    if (repeated.size === 0) return open;
    const seen = new Set(after);
    for (const id of seen) {
      if (repeated.has(id)) open.add(id);
      else if (done.has(id)) for (const earlier of byId.get(id)?.after ?? []) seen.add(earlier);
    }
    return open;
  };
  return new Map(steps.flatMap((step) => (done.has(step.id) ? [] : [[step.id, before(step)] as const])));
}
