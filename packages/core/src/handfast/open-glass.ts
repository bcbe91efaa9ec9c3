/** What the journal knows of break-glass that is not over yet. */
import type { Finding } from "../adapter/contract.ts";
import type { Adapter } from "../adapter/define-adapter.ts";
import { HandfastError } from "../errors.ts";
import { identityOf, meet, type PastRun } from "./history.ts";
import type { Workshop } from "./workshop.ts";

/** Break-glass runs that nobody took back, and that no later run has replaced. */
function openRuns(past: readonly PastRun[], adapters: Workshop["adapters"]): readonly PastRun[] {
  return past.filter((run, index) => {
    if (run.plan.kind !== "break-glass") return false;
    const later = past.slice(0, index);
    return !later.some(
      (other) => other.record.status === "done" && other.plan.kind !== "retire" && meet(run, other, adapters),
    );
  });
}

/** What a person should know who plans, or looks, where the glass is broken. */
export function openGlass(
  { clock, adapters }: Workshop,
  past: readonly PastRun[],
  asked: readonly { readonly adapter: Adapter; readonly target: unknown }[],
): Finding[] {
  const here = new Set(asked.map(({ adapter, target }) => identityOf(adapter, target)));
  return openRuns(past, adapters).flatMap(({ plan, runId }): Finding[] => {
    const opened = [...new Set(plan.steps.flatMap((step) => (step.kind === "write" ? [step.target] : [])))];
    const isHere = opened.some((key) => {
      const endpoint = plan.endpoints[key];
      const adapter = adapters.get(endpoint?.adapter ?? "");
      return adapter !== undefined && here.has(identityOf(adapter, endpoint?.target));
    });
    if (!isHere) return [];
    const by = plan.comeBackBy ?? plan.createdAt;
    const isLate = clock.now() > Date.parse(by);
    return [
      {
        code: "break-glass-open",
        severity: "warning",
        message: `run ${runId} opened ${opened.join(", ")} on ${plan.createdAt}, ${isLate ? "and should have been taken back" : "to be taken back"} by ${by}`,
        mend: `roll it back: handfast.rollback("${runId}"), or apply a spec`,
      },
    ];
  });
}

/**
 * A run that was under way when the glass was broken would narrow behind it.
 *
 * @throws HandfastError `RUN_STATE`
 */
export function refuseBehindGlass(
  { adapters }: Workshop,
  run: Pick<PastRun, "runId" | "plan">,
  past: readonly PastRun[],
): void {
  const glass = openRuns(past, adapters).find((open) => open.runId > run.runId && meet(run, open, adapters));
  if (glass === undefined || run.plan.of === glass.runId) return;
  throw new HandfastError(
    "RUN_STATE",
    `resume run ${run.runId} failed: break-glass run ${glass.runId} opened its verifiers since, and it would narrow behind that; roll that back first, or apply a spec, nothing was changed`,
    { run: run.runId, facts: { breakGlass: glass.runId } },
  );
}
