import { expect } from "vitest";
import { scenarios } from "./scenarios.ts";
import type { WireSample } from "./wire-sample.ts";

/** What holds for every sample over the wire, however it was taken. */
export function expectComeThrough(sample: WireSample): void {
  expect(sample.problems).toEqual([]);
  expect(Object.keys(sample.byScenario)).toEqual(scenarios.map(({ name }) => name));
  for (const counts of Object.values(sample.byScenario)) {
    expect(counts).toMatchObject({ requestsFailed: 0, duplicates: 0, leftovers: 0 });
    expect(counts.resumed + counts.rolledBack).toBe(counts.cells);
    expect(Math.min(counts.resumed, counts.rolledBack)).toBeGreaterThan(0);
  }
}
