import type { Findings } from "./examine.ts";
import type { Ending } from "./prepare.ts";

/** What is counted, over all cells or over those of a scenario. */
export interface SampleCounts {
  readonly cells: number;
  /** Cells that went on and ended where an undisturbed run ends. */
  readonly resumed: number;
  /** Cells that went back and ended where they had begun. */
  readonly rolledBack: number;
  readonly requestsFailed: number;
  readonly duplicates: number;
  readonly leftovers: number;
}

/** Adds up what came of cells. */
export interface Tally {
  /** @param where stands before each problem, behind the scenario */
  add(cell: Ending & { readonly scenario: string }, where: string, findings: Findings): void;
  /** What is no cell, but must be right all the same. */
  note(where: string, findings: Findings): void;
  read(): SampleCounts & {
    readonly byScenario: Readonly<Record<string, SampleCounts>>;
    readonly problems: readonly string[];
    readonly judged: number;
  };
}

type Counts = { -readonly [K in keyof SampleCounts]: number };

const none = (): Counts => ({
  cells: 0,
  resumed: 0,
  rolledBack: 0,
  requestsFailed: 0,
  duplicates: 0,
  leftovers: 0,
});

/** Nothing yet. */
export function tally(): Tally {
  const byScenario = new Map<string, Counts>();
  const beside = none();
  const problems: string[] = [];
  let judged = 0;
  const count = (counts: Counts, where: string, findings: Findings): void => {
    counts.requestsFailed += findings.requestsFailed;
    counts.duplicates += findings.duplicates;
    counts.leftovers += findings.leftovers;
    judged += findings.judged;
    problems.push(...findings.problems.map((problem) => `${where}: ${problem}`));
  };
  return {
    add: ({ scenario, way }, where, findings) => {
      const counts = byScenario.get(scenario) ?? none();
      byScenario.set(scenario, counts);
      counts.cells += 1;
      if (findings.problems.length === 0) counts[way === "resume" ? "resumed" : "rolledBack"] += 1;
      count(counts, `${scenario}, ${where}`, findings);
    },
    note: (where, findings) => count(beside, where, findings),
    read: () => {
      const total = { ...beside };
      for (const counts of byScenario.values())
        for (const key of Object.keys(total) as (keyof SampleCounts)[]) total[key] += counts[key];
      return { ...total, byScenario: Object.fromEntries(byScenario), problems, judged };
    },
  };
}
