/** What a plan takes of credentials whose rate is known: calls with the reads between them, and the time they need. */
import type { Adapter } from "../adapter/define-adapter.ts";
import { callsOf, depthsOf } from "./estimate.ts";
import type { MtlsPlan, PlanStep } from "./plan.ts";

type Write = Extract<PlanStep, { kind: "write" }>;

/** How often the world is read while a step comes to be in effect in its typical time: each fifth of it. */
const looksUntilSettled = 5;

/**
 * The estimate with what the rates make of it. A run lasts at least as long as its calls do at their pace, however short
 * its waits are.
 */
export function withCallRates(
  { estimate, endpoints, steps }: Pick<MtlsPlan, "estimate" | "endpoints" | "steps">,
  adapters: ReadonlyMap<string, Adapter>,
): MtlsPlan["estimate"] {
  if (steps.length === 0) return estimate;
  const rates: Record<string, { calls: number; ms: number }> = {};
  const depths = depthsOf(steps);
  for (const [name, adapter] of adapters) {
    const { rate } = adapter.facts;
    const own = Object.values(endpoints).filter(({ adapter: other }) => other === name);
    if (rate === undefined || own.length === 0) continue;
    const writes = steps.filter(
      (step): step is Write => step.kind === "write" && endpoints[step.target]?.adapter === name,
    );
    const written = Object.values(callsOf(writes, depths)).reduce((sum, calls) => sum + calls, 0);
    const { readCalls } = adapter.definition;
    // before a run begins, all that the plan saw is read once more
    let reads = readCalls(own.map(({ target }) => target));
    for (const together of Map.groupBy(writes, ({ id }) => depths.get(id)).values())
      reads += readsFor(
        together,
        together.map(({ target }) => endpoints[target]?.target),
        readCalls,
      );
    const calls = (rates[rate.budget]?.calls ?? 0) + written + reads;
    rates[rate.budget] = {
      calls,
      ms: Math.ceil((Math.max(0, calls - rate.atOnce) * 60_000) / rate.perMinute),
    };
  }
  const longest = Math.max(0, ...Object.values(rates).map(({ ms }) => ms));
  return {
    ...estimate,
    ...(Object.keys(rates).length === 0 ? {} : { rates }),
    typicalMs: Math.max(estimate.typicalMs, longest),
    atMostMs: estimate.atMostMs + longest,
  };
}

/** What is read for steps that are due at about the same time: whole before a switch, and shared by all that wait. */
function readsFor(
  steps: readonly Write[],
  targets: readonly unknown[],
  readCalls: Adapter["definition"]["readCalls"],
): number {
  const before = steps.some(({ step }) => step.effect === "switch") ? readCalls(targets) : 0;
  const isWaited = steps.some(({ step }) => step.settles.by !== "call");
  return before + (isWaited ? looksUntilSettled * readCalls(targets, "progress") : 0);
}
