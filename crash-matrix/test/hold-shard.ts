import { describe, expect, it } from "vitest";
import { failuresOf, runScenario } from "../matrix.ts";
import type { Scenario } from "../scenario.ts";

/** Hundreds of rollouts in one test: seconds where nothing else runs, more where much does. */
const mostMs = 300_000;

/** A test for each scenario: whatever call the plug is pulled at, on and back both hold. */
export function holdShard(scenarios: readonly Scenario[]): void {
  describe("crash matrix", () => {
    it.each(scenarios)(
      "$name goes on and goes back from every fault at every call",
      async (scenario) => {
        const cells = await runScenario(scenario, undefined, () => {});
        const failures = failuresOf(cells).map(({ name, problems }) => ({ name, problems }));
        expect(cells.length).toBeGreaterThan(0);
        expect(failures).toEqual([]);
      },
      mostMs,
    );
  });
}
