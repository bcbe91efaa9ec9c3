import type { MtlsPlan, Report } from "@handfast/core";
import type { Process } from "./process.ts";
import type { Scenario } from "./scenario.ts";

/**
 * Does what a scenario is about, the thing that faults hit.
 *
 * @param applied the run that was applied first; absent where applying is what it is about
 */
export async function act(
  { handfast }: Process,
  { act: what, consent }: Scenario,
  plan: MtlsPlan,
  applied: string | undefined,
): Promise<Report> {
  if (applied === undefined) return await handfast.apply(plan);
  return await (what === "retire" ? handfast.retire(applied) : handfast.rollback(applied, consent));
}
