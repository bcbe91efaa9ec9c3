import type { JournalEntry } from "@handfast/core";
import type { Stage } from "./stage.ts";
import { longestMs } from "./watched-world.ts";

/** Fields that are made of a date, and tell nothing else that the rest does not tell. */
const dated: ReadonlySet<string> = new Set(["createdAt", "expiresAt", "digest", "planDigest", "prev"]);

/**
 * All that is left when a fault has done its work, as a text: objects, nodes, journal, and how the process ended.
 * Whatever is done next is a function of it, so where two faults leave the same behind, the way on and the way back are
 * gone once for both. Of times only the distance to now counts, and only up to the longest that anything takes.
 */
export async function aftermathOf({ world, journal, clock }: Stage, ending: string): Promise<string> {
  const withoutDates = (entry: JournalEntry): unknown => {
    const { at, run: _, ...rest } = entry;
    return [Math.max(-longestMs, Date.parse(at) - clock.now()), rest];
  };
  const runs: unknown[] = [];
  for (const run of await journal.runs()) runs.push((await journal.read(run)).map(withoutDates));
  return JSON.stringify([ending, world.condition(), runs], (name, value: unknown) =>
    dated.has(name) ? undefined : value,
  );
}
