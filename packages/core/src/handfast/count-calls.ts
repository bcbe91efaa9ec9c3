import type { Adapter } from "../adapter/define-adapter.ts";
import type { MtlsPlan } from "../plan/plan.ts";

/**
 * Begins to count the calls of a plan's adapters. What is asked later answers how many there were since, by adapter. Runs
 * of one process that overlap count each other's calls: an adapter does not know for whom it calls.
 */
export function countCalls(
  { endpoints }: Pick<MtlsPlan, "endpoints">,
  adapters: ReadonlyMap<string, Adapter>,
): () => Readonly<Record<string, number>> {
  const names = new Set(Object.values(endpoints).map(({ adapter }) => adapter));
  const own = [...adapters].filter(([name]) => names.has(name));
  const before = new Map(own.map(([name, { definition }]) => [name, definition.callsMade()]));
  return () =>
    Object.fromEntries(
      own.flatMap(([name, { definition }]) => {
        const calls = definition.callsMade() - (before.get(name) ?? 0);
        return calls > 0 ? [[name, calls]] : [];
      }),
    );
}
