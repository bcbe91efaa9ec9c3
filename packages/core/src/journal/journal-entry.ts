import { z } from "zod";
import type { ErrorRecord } from "../errors.ts";
import { approvalSchema } from "../guardrails/approval.ts";

/** The version of the entry format that this package writes. It reads no newer one. */
export const journalFormat = 1;

const id = z.string().min(1);
const digest = z.string().regex(/^[0-9a-f]{64}$/, "is not a SHA-256 in lower-case hex");

const envelope = {
  format: z.literal(journalFormat),
  run: id,
  seq: z.int().nonnegative(),
  at: z.iso.datetime(),
  prev: digest,
};

/** What the first entry of a run is chained to. */
export const noEntry: string = "0".repeat(64);

/** Codes only ever grow, so a record with a code from a newer package is read all the same. */
const errorShape = z.looseObject({
  code: z.string().regex(/^[A-Z][A-Z_]*$/),
  message: z.string(),
  who: z.enum(["caller", "operator", "executor", "adapter-author", "nobody"]),
  details: z.looseObject({}),
});
/** Schema of an error as it stands in journals and events. */
export const errorRecordSchema: z.ZodType<ErrorRecord> = z.custom<ErrorRecord>(
  (value) => errorShape.safeParse(value).success,
  "is not an error record",
);

const evidence = z.custom<Readonly<Record<string, unknown>>>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  "is not a JSON object",
);

const outcome = z.object({
  made: z.array(z.string()).optional(),
  removed: z.array(z.string()).optional(),
  adopted: z.boolean().optional(),
});

/**
 * What an entry of a journal looks like: an envelope and one of ten kinds.
 *
 * - `run-started`: the whole plan, and whether it is an apply, a rollback, a retire or a break-glass (`of` names the run
 *   it is for); who approved it; `absent`: steps that make something which was certainly not there before
 * - `run-resumed`: another writer went on after a crash or a cancel
 * - `step-intended`: written before the call; `attempt` counts from 1
 * - `step-done`: the call returned; `found` when nothing had to be done
 * - `step-settled`: the step is in effect everywhere
 * - `step-failed`: `effect` is `unknown` when the call may have taken effect all the same
 * - `step-skipped`: will not be made in this run
 * - `proof`: what real handshakes showed
 * - `run-ended`: the run stopped for now; only `done` is final; `because` when somebody else ended it
 * - `run-retired`: what the run needed for its way back may be deleted
 */
export const journalEntrySchema = z.discriminatedUnion("kind", [
  z.object({
    ...envelope,
    kind: z.literal("run-started"),
    /** The plan as JSON. The journal does not look inside. */
    plan: z.unknown().refine((value): boolean => value !== undefined, "is missing"),
    planDigest: digest,
    origin: z.enum(["apply", "rollback", "retire", "break-glass"]),
    of: id.optional(),
    approvals: z.array(approvalSchema).optional(),
    absent: z.array(id).optional(),
  }),
  z.object({ ...envelope, kind: z.literal("run-resumed") }),
  z.object({ ...envelope, kind: z.literal("step-intended"), step: id, attempt: z.int().positive() }),
  z.object({
    ...envelope,
    kind: z.literal("step-done"),
    step: id,
    outcome,
    found: z.literal(true).optional(),
  }),
  z.object({ ...envelope, kind: z.literal("step-settled"), step: id }),
  z.object({
    ...envelope,
    kind: z.literal("step-failed"),
    step: id,
    error: errorRecordSchema,
    effect: z.enum(["none", "unknown"]),
  }),
  z.object({ ...envelope, kind: z.literal("step-skipped"), step: id, because: z.string() }),
  z.object({
    ...envelope,
    kind: z.literal("proof"),
    step: id,
    verdict: z.enum(["passed", "failed", "inconclusive"]),
    reason: z.string(),
    evidence,
  }),
  z.object({
    ...envelope,
    kind: z.literal("run-ended"),
    status: z.enum(["done", "failed", "held", "aborted"]),
    because: z.string().optional(),
    /** Calls to providers, by adapter, since the run began or was resumed. */
    calls: z.record(z.string(), z.number()).optional(),
  }),
  z.object({ ...envelope, kind: z.literal("run-retired") }),
]);

/**
 * One entry of a journal. `run` is the run's id, `seq` counts from 0 without a gap, `at` is the time of writing as
 * ISO 8601 in UTC, by the writer's clock: for people, never to order entries by. `prev` is the SHA-256 of the JSON
 * of the entry before it as it was written, zeros for the first: nobody can change, drop or insert an entry unseen.
 */
export type JournalEntry = Readonly<z.infer<typeof journalEntrySchema>>;

type WithoutEnvelope<E> = E extends unknown ? Omit<E, keyof typeof envelope> : never;

/** What a caller hands to `RunWriter.append`: an entry without its envelope, which the writer adds. */
export type NewEntry = WithoutEnvelope<JournalEntry>;
