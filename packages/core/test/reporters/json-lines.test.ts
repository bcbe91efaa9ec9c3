import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../src/index.ts";
import { jsonLinesReporter, runEventSchema, timedEventSchema } from "../../src/reporters/index.ts";
import { ends, runTo, timedEvents } from "./runs.ts";

const text = fc.string({ unit: "binary" }).map((one) => one.toWellFormed());
const phase = fc.constantFrom(
  ...(["settle", "prepare", "widen", "present", "prove", "narrow", "wave", "retire"] as const),
);
const count = fc.nat();
const step = { runId: text, step: text, phase, summary: text };
const wait = { typicalMs: count, atMostMs: count };
const error = fc.record({
  code: fc.constantFrom("PROOF_FAILED" as const, "REMOTE_REJECTED" as const),
  message: text,
  who: fc.constantFrom("operator" as const, "nobody" as const),
  details: fc.record({ target: text, provider: fc.record({ status: count, message: text }) }),
});

const events: fc.Arbitrary<RunEvent> = fc.oneof(
  fc.record({ kind: fc.constant("run-started" as const), runId: text, steps: count }),
  fc.record({ kind: fc.constant("step-started" as const), ...step, attempt: fc.integer({ min: 1 }) }),
  fc.record({ kind: fc.constant("step-waiting" as const), ...step, ...wait }),
  fc.record({ kind: fc.constant("step-pending" as const), ...step, ...wait, waitedMs: count }),
  fc.record({ kind: fc.constant("step-retrying" as const), ...step, inMs: count, error }),
  fc.record({ kind: fc.constant("step-settled" as const), ...step, found: fc.boolean() }),
  fc.record({ kind: fc.constant("step-failed" as const), ...step, error }),
  fc.record({ kind: fc.constant("step-skipped" as const), ...step, because: text }),
  fc.record({
    kind: fc.constant("proof" as const),
    ...step,
    verdict: fc.constantFrom("passed" as const, "failed" as const, "inconclusive" as const),
    reason: text,
    passed: count,
    of: count,
  }),
  fc.record({
    kind: fc.constant("run-ended" as const),
    runId: text,
    status: fc.constantFrom("done" as const, "failed" as const, "held" as const, "aborted" as const),
  }),
);

describe("jsonLinesReporter", () => {
  it("writes what parses to the event, and to its time, whatever the event", () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 0, max: 4_102_444_800_000 }), (event, now) => {
        const lines: string[] = [];
        const clock = { now: () => now, sleep: () => Promise.resolve() };
        jsonLinesReporter({ write: (line) => lines.push(line), clock }).onEvent(event);
        const [line = ""] = lines;
        expect(lines).toHaveLength(1);
        expect(line.indexOf("\n")).toBe(line.length - 1);
        expect(line).not.toMatch(/[\u007f-\u009f\u2028\u2029]/);
        const read: unknown = JSON.parse(line);
        expect(runEventSchema.parse(read)).toEqual(event);
        expect(timedEventSchema.parse(read)).toEqual({ at: new Date(now).toISOString(), ...event });
      }),
    );
  });

  it("leaves no control character to a terminal that shows the lines", () => {
    const lines: string[] = [];
    const reporter = jsonLinesReporter({ write: (line) => lines.push(line) });
    const summary = "a\u009b31m\u2028\u007fb";
    const event = {
      kind: "step-settled",
      runId: "r",
      step: "s1",
      phase: "widen",
      summary,
      found: false,
    } as const;
    reporter.onEvent(event);
    expect(lines[0]).toContain("a\\u009b31m\\u2028\\u007fb");
    expect(runEventSchema.parse(JSON.parse(lines[0] ?? ""))).toEqual(event);
  });

  it.for(ends)("tells all of a run, in order, by its clock: %s", async (end) => {
    const run = await runTo(end);
    const timed = timedEvents(run);
    expect(timed.map(({ at: _, ...event }) => event)).toEqual(run.events);
    expect(timed.map(({ at }) => at)).toEqual(timed.map(({ at }) => at).toSorted());
    expect(timed[0]?.at).toBe(run.report.startedAt);
    expect(new Set(timed.map(({ runId }) => runId)).size).toBe(end === "taken back" ? 2 : 1);
  });
});

describe("runEventSchema", () => {
  const event = {
    kind: "step-settled",
    runId: "r",
    step: "s1",
    phase: "widen",
    summary: "set it",
    found: false,
  };

  it.for([
    ["a kind that it does not know", { ...event, kind: "step-melted" }],
    ["a phase that there is not", { ...event, phase: "sideways" }],
    ["a field that is missing", { ...event, found: undefined }],
    ["an error without a code", { ...event, kind: "step-failed", error: { message: "no" } }],
  ] as const)("refuses %s", ([, wrong]) => {
    expect(runEventSchema.safeParse(event).success).toBe(true);
    expect(runEventSchema.safeParse(wrong).success).toBe(false);
  });

  it("reads an event of a newer package: more fields, and codes that it does not know", () => {
    const error = { code: "NEWER_CODE", message: "no", who: "operator", details: { more: 1 } };
    const newer = { ...event, kind: "step-failed", error, more: true };
    expect(runEventSchema.parse(newer)).toMatchObject({ kind: "step-failed", error });
  });
});
