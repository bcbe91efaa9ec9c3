import { expect, test } from "vitest";
import { scenarios } from "./scenarios.ts";
import { wireFaults } from "./wire.ts";
import { runWireSample } from "./wire-sample.ts";

test("a rollout comes through whatever happens to any call on the wire: it goes on, or goes back, and nothing is left", async () => {
  const sample = await runWireSample({ judged: 500, tls: 60, seed: 20261120 });
  expect(sample.problems).toEqual([]);
  expect(Object.keys(sample.byScenario)).toEqual(scenarios.map(({ name }) => name));
  for (const counts of Object.values(sample.byScenario)) {
    expect(counts).toMatchObject({ requestsFailed: 0, duplicates: 0, leftovers: 0 });
    expect(counts.resumed + counts.rolledBack).toBe(counts.cells);
    expect(counts.resumed).toBeGreaterThan(20);
    expect(counts.rolledBack).toBeGreaterThan(20);
  }
  expect(sample.cells).toBeGreaterThanOrEqual(sample.population * 0.05);
  expect(sample.tls).toBeGreaterThanOrEqual(60);
  // every fault came, and every kind of call was met somewhere
  expect(sample.faults.toSorted()).toEqual(wireFaults.toSorted());
  const kinds = (pairs: readonly string[]) => [...new Set(pairs.map((pair) => pair.split(" / ")[1]))].sort();
  expect(kinds(sample.hit)).toEqual(kinds(sample.due));
}, 400_000);
