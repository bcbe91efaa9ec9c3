import { z } from "zod";
import type { RunEvent } from "../apply/events.ts";
import { errorRecordSchema } from "../journal/journal-entry.ts";
import type { Phase } from "../plan/plan.ts";

const milliseconds = z.number().nonnegative();

const run = { runId: z.string() };
const step = {
  ...run,
  step: z.string(),
  phase: z.enum([
    "settle",
    "prepare",
    "widen",
    "present",
    "prove",
    "narrow",
    "wave",
    "retire",
  ] as const satisfies readonly Phase[]),
  summary: z.string(),
};

const kinds = [
  z.object({ ...run, kind: z.literal("run-started"), steps: z.int().nonnegative() }),
  z.object({ ...step, kind: z.literal("step-started"), attempt: z.int().positive() }),
  z.object({ ...step, kind: z.literal("step-waiting"), typicalMs: milliseconds, atMostMs: milliseconds }),
  z.object({
    ...step,
    kind: z.literal("step-pending"),
    waitedMs: z.number(),
    typicalMs: milliseconds,
    atMostMs: milliseconds,
  }),
  z.object({ ...step, kind: z.literal("step-retrying"), inMs: milliseconds, error: errorRecordSchema }),
  z.object({ ...step, kind: z.literal("step-settled"), found: z.boolean() }),
  z.object({ ...step, kind: z.literal("step-failed"), error: errorRecordSchema }),
  z.object({ ...step, kind: z.literal("step-skipped"), because: z.string() }),
  z.object({
    ...step,
    kind: z.literal("proof"),
    verdict: z.enum(["passed", "failed", "inconclusive"]),
    reason: z.string(),
    passed: z.int().nonnegative(),
    of: z.int().nonnegative(),
  }),
  z.object({ ...run, kind: z.literal("run-ended"), status: z.enum(["done", "failed", "held", "aborted"]) }),
] as const;

/**
 * The schema of what `onEvent` gets: one of ten kinds. Fields that it does not know are left out, so that an event of a
 * newer package is read all the same.
 *
 * - `run-started`: how many steps the run has; a run that goes back by itself is a run of its own
 * - `step-started`: `attempt` counts from 1
 * - `step-waiting`: the call was accepted; waiting until it is in effect
 * - `step-pending`: looked, and it is not in effect everywhere yet
 * - `step-retrying`: failed for a moment, tried again `inMs` later
 * - `step-settled`: in effect everywhere; `found` when nothing had to be done
 * - `step-failed`, `step-skipped`: with the error, or the reason
 * - `proof`: what one handshake showed, and how many in a row have passed of those that are needed
 * - `run-ended`: the run stopped for now; only `done` is final
 */
export const runEventSchema: z.ZodType<RunEvent> = z.discriminatedUnion("kind", kinds);

/** An event with the time at which it was told. */
export type TimedEvent = RunEvent & {
  /** ISO 8601, by the clock of the reporter. */
  readonly at: string;
};

/** The schema of a line of {@link jsonLinesReporter}: an event, and `at`, its time in ISO 8601. */
export const timedEventSchema: z.ZodType<TimedEvent> = z.intersection(
  z.object({ at: z.iso.datetime() }),
  z.discriminatedUnion("kind", kinds),
);
