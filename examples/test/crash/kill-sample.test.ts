import { expect, test } from "vitest";
import { expectComeThrough } from "./expect-come-through.ts";
import { runKillSample } from "./kill-sample.ts";
import { scenarios } from "./scenarios.ts";

test("a process that is killed at a request or at a line of its journal leaves what another one can go on with, or undo", async () => {
  const sample = await runKillSample({ seed: 20261120 });
  expectComeThrough(sample);
  expect(sample.kills).toBeGreaterThanOrEqual(30);
  // of two that begin the same plan at once, one does it, and the other is told so
  expect(sample.races).toHaveLength(scenarios.filter(({ tested }) => tested === "apply").length);
  for (const { done, codes } of sample.races) {
    expect(done).toBe(1);
    expect(codes).toEqual([expect.stringMatching(/^(JOURNAL_HELD|PLAN_STALE)$/)]);
  }
}, 300_000);
