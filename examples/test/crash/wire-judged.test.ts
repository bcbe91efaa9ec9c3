import { expect, test } from "vitest";
import { expectComeThrough } from "./expect-come-through.ts";
import { wireFaults } from "./wire.ts";
import { runWireSample } from "./wire-sample.ts";

test("a rollout comes through whatever happens to any call on the wire: it goes on, or goes back, and nothing is left", async () => {
  const sample = await runWireSample({ judged: 450, tls: 0, seed: 20261120 });
  expectComeThrough(sample);
  expect(sample.cells).toBeGreaterThanOrEqual(sample.population * 0.05);
  // every fault came, and every call of every scenario that writes; every call that reads came somewhere
  expect(sample.faults.toSorted()).toEqual(wireFaults.toSorted());
  const missed = sample.due.filter((one) => !sample.hit.includes(one));
  expect(missed.filter((one) => sample.writes.includes(one))).toEqual([]);
  const kinds = (pairs: readonly string[]) => [...new Set(pairs.map((pair) => pair.split(" / ")[1]))].sort();
  expect(kinds(sample.hit)).toEqual(kinds(sample.due));
  expect(sample.judged).toBeGreaterThan(sample.cells);
}, 400_000);
