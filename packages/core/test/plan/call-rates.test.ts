import { expect, test } from "vitest";
import type { Adapter, CallRate } from "../../src/index.ts";
import { withCallRates } from "../../src/plan/call-rates.ts";
import { estimateOf } from "../../src/plan/estimate.ts";
import type { MtlsPlan, PlanStep } from "../../src/plan/plan.ts";

const rate: CallRate = { budget: "user", atOnce: 10, perMinute: 60 };

/** An adapter that reads each zone by four calls. */
const adapterOf = (name: string, own: CallRate | undefined): Adapter =>
  ({
    facts: { name, version: "1", role: "presenter", inherits: false, rate: own },
    definition: {
      readCalls: (zones: readonly { zone: string }[]) => 4 * new Set(zones.map(({ zone }) => zone)).size,
    },
  }) as never;

const write = (
  id: string,
  target: string,
  after: readonly string[],
  more: { readonly effect?: string; readonly settles?: object; readonly calls?: number } = {},
): PlanStep =>
  ({
    id,
    kind: "write",
    phase: "present",
    after,
    target,
    step: {
      effect: more.effect ?? "switch",
      settles: more.settles ?? { by: "status", typicalMs: 1_000, atMostMs: 2_000 },
      cost: { budget: "whatever", calls: more.calls ?? 3 },
    },
  }) as never;

const planOf = (
  steps: readonly PlanStep[],
  adapters: readonly string[],
): Pick<MtlsPlan, "steps" | "endpoints" | "estimate"> => ({
  steps: [...steps],
  endpoints: Object.fromEntries(
    adapters.map((adapter, index) => [`e${index}`, { adapter, target: { zone: `z${index}` } }]),
  ) as never,
  estimate: estimateOf(steps),
});

const setOf = (...all: readonly Adapter[]) => new Map(all.map((adapter) => [adapter.facts.name, adapter]));

test("withCallRates leaves the estimate of adapters without a rate, and of an empty plan, as it is", () => {
  const plan = planOf([write("s1", "e0", [])], ["a.b"]);
  expect(withCallRates(plan, setOf(adapterOf("a.b", undefined)))).toEqual(plan.estimate);
  const empty = planOf([], ["a.b"]);
  expect(withCallRates(empty, setOf(adapterOf("a.b", rate)))).toEqual(empty.estimate);
});

test.each<[string, readonly PlanStep[], number]>([
  // 4 to read all beforehand; 3 to write, 1 look before a switch and 5 until it is in effect
  ["one switch", [write("s1", "e0", [])], 4 + 3 + 6 * 4],
  ["two at once, which share their reads", [write("s1", "e0", []), write("s2", "e0", [])], 4 + 6 + 6 * 4],
  ["two in turn", [write("s1", "e0", []), write("s2", "e0", ["s1"])], 4 + 6 + 2 * 6 * 4],
  [
    "what touches no traffic, and is in effect with the call",
    [write("s1", "e0", [], { effect: "none", settles: { by: "call" } })],
    4 + 3,
  ],
])("withCallRates counts writes and the reads around them: %s", (_name, steps, calls) => {
  const { rates } = withCallRates(planOf(steps, ["a.b"]), setOf(adapterOf("a.b", rate)));
  expect(rates).toEqual({ user: { calls, ms: Math.max(0, calls - 10) * 1_000 } });
});

test("withCallRates adds up adapters with the same credential, and lets a run last as long as its calls", () => {
  const steps = [write("s1", "e0", [], { calls: 100 }), write("s2", "e1", [], { calls: 200 })];
  const plan = planOf(steps, ["a.b", "a.c"]);
  const together = withCallRates(plan, setOf(adapterOf("a.b", rate), adapterOf("a.c", rate)));
  const calls = 300 + 2 * (4 + 24);
  expect(together).toMatchObject({
    rates: { user: { calls, ms: (calls - 10) * 1_000 } },
    typicalMs: (calls - 10) * 1_000,
    atMostMs: 2_000 + (calls - 10) * 1_000,
  });
  const apart = withCallRates(
    plan,
    setOf(adapterOf("a.b", rate), adapterOf("a.c", { ...rate, budget: "other" })),
  );
  expect(apart.rates).toMatchObject({ user: { calls: 128 }, other: { calls: 228 } });
  expect(apart.typicalMs).toBe(218_000);
});
