import { expect } from "vitest";
import { scenarios } from "./scenarios.ts";
import type { SampleCounts } from "./tally.ts";

/** What holds for every sample, however it was taken. */
export function expectComeThrough(sample: {
  readonly problems: readonly string[];
  readonly byScenario: Readonly<Record<string, SampleCounts>>;
}): void {
  expect(sample.problems).toEqual([]);
  expect(Object.keys(sample.byScenario)).toEqual(scenarios.map(({ name }) => name));
  for (const counts of Object.values(sample.byScenario)) {
    expect(counts).toMatchObject({ requestsFailed: 0, duplicates: 0, leftovers: 0 });
    expect(counts.resumed + counts.rolledBack).toBe(counts.cells);
    expect(Math.min(counts.resumed, counts.rolledBack)).toBeGreaterThan(0);
  }
}
