/** What break-glass leaves in the journal, when there is one: a run like any other, with its way back. */
import { z } from "zod";
import type { Seen, Step } from "../adapter/contract.ts";
import type { Adapter } from "../adapter/define-adapter.ts";
import { canonicalText } from "../certificate/digest.ts";
import { inTime } from "../clock.ts";
import { HandfastError, isHandfastError } from "../errors.ts";
import type { RunWriter } from "../journal/journal.ts";
import type { NewEntry } from "../journal/journal-entry.ts";
import { observe } from "../observation/observe.ts";
import { estimateOf } from "../plan/estimate.ts";
import { endsOf } from "../plan/graph.ts";
import { type MtlsPlan, type PlanStep, planSchema } from "../plan/plan.ts";
import { checkSeal, type PlanDraft, sealPlan } from "../plan/seal-plan.ts";
import type { Spec } from "../spec/spec.ts";
import { resolveSpec } from "./resolve-spec.ts";
import type { Workshop } from "./workshop.ts";

/** A run that could not be written down when it was made. JSON. */
export interface BreakGlassRecord {
  readonly runId: string;
  readonly entries: readonly NewEntry[];
}

/** A verifier as it was before the glass was broken, and the way from there. */
export interface RecordedVerifier {
  readonly key: string;
  readonly target: unknown;
  readonly adapter: Adapter;
  readonly seen: Seen<unknown>;
  readonly goal: unknown;
  readonly steps: readonly Step<unknown>[];
}

/** What is written down of it. */
interface Story {
  readonly runId: string;
  readonly spec: Spec;
  readonly comeBackBy: string;
  /** The verifiers that could be read by now. */
  seenSoFar(): readonly RecordedVerifier[];
  /** All that could be read, once that is known. */
  readonly seen: Promise<readonly RecordedVerifier[]>;
}

/** What came of the writing down. */
interface Written {
  /** Runs that were put out. */
  readonly fenced: readonly string[];
  /** Why nobody knows whether there were others. */
  readonly notFenced: HandfastError | undefined;
  readonly error: HandfastError | undefined;
  readonly record: BreakGlassRecord | undefined;
}

/** Runs are put out at those verifiers that answer within this time, and at the others when they do. Milliseconds. */
const firstLookMs = 1_000;

/** Whoever does not answer for so long is done without. Milliseconds. */
const patienceMs = 5_000;

/**
 * Puts out every run that is under way at these verifiers, and writes down what was there before. Never throws: what the
 * journal can't take is handed back.
 */
export async function recordBreakGlass(
  workshop: Workshop,
  story: Story,
): Promise<{ finish(failed: ReadonlyMap<string, HandfastError | undefined>): Promise<Written> }> {
  const { runId } = story;
  await Promise.race([story.seen, sleepQuietly(workshop, firstLookMs)]);
  const first = story.seenSoFar();
  // before anything is looked up: who is put out makes no further call
  const taken = objectsOf(first);
  const opening = attempt(workshop, () => takeOver(workshop, runId, taken), letGo);
  const verifiers = await story.seen;
  // not what is taken already: this run would put itself out
  const late = objectsOf(verifiers).filter((object) => !taken.includes(object));
  const opened = await opening;
  const fenced = new Set("error" in opened ? [] : opened.done.evicted);
  let notFenced = "error" in opened ? opened.error : undefined;
  if (late.length > 0) {
    const more = await attempt(workshop, () => takeOver(workshop, `${runId}-late`, late), letGo);
    if ("done" in more) {
      for (const run of more.done.evicted) fenced.add(run);
      await attempt(workshop, () => more.done.close());
    } else notFenced ??= more.error;
  }
  if (verifiers.length === 0) {
    if ("done" in opened) await attempt(workshop, () => opened.done.close());
    return {
      finish: async () => ({ fenced: [...fenced], notFenced, error: nothingRead, record: undefined }),
    };
  }
  const plan = await planOf(workshop, story, verifiers);
  const intents: NewEntry[] = [
    { kind: "run-started", plan, planDigest: plan.digest, origin: "break-glass", absent: [] },
    ...plan.steps.map(({ id }): NewEntry => ({ kind: "step-intended", step: id, attempt: 1 })),
  ];
  const begun = "error" in opened ? opened : await attempt(workshop, () => appendAll(opened.done, intents));
  return {
    finish: async (failed) => {
      const outcomes = plan.steps.flatMap((step) => outcomeOf(step, failed));
      const status = [...failed.values()].some((error) => error !== undefined) ? "failed" : "done";
      outcomes.push({ kind: "run-ended", status });
      const ended =
        "error" in opened || "error" in begun
          ? begun
          : await attempt(workshop, () => appendAll(opened.done, outcomes));
      if ("done" in opened) await attempt(workshop, () => opened.done.close());
      const error = "error" in ended ? ended.error : undefined;
      return { fenced: [...fenced], notFenced, error, record: { runId, entries: [...intents, ...outcomes] } };
    },
  };
}

function objectsOf(verifiers: readonly RecordedVerifier[]): readonly string[] {
  return [...new Set(verifiers.flatMap(({ seen }) => seen.objects))];
}

/** Takes objects from whoever has them, and ends the runs that had them. */
async function takeOver(workshop: Workshop, runId: string, writes: readonly string[]): Promise<RunWriter> {
  const writer = await workshop.journal.open(runId, { writes, force: true });
  // they are out by now: that it is written down, too, is for people
  await Promise.allSettled(writer.evicted.map((run) => endRun(workshop, run, runId)));
  return writer;
}

async function letGo(writer: RunWriter): Promise<void> {
  await writer.close();
}

async function sleepQuietly({ clock }: Workshop, ms: number): Promise<void> {
  await clock.sleep(ms).catch(() => undefined);
}

/**
 * Writes down a break-glass that could not be written down at its time. A run of which a part is there already is
 * completed.
 *
 * @throws HandfastError `PLAN_INVALID`, `PLAN_EDITED` for what is no record of a break-glass; `RUN_STATE` when the journal has
 * something else under its id; `JOURNAL_*`
 */
export async function writeRecord({ journal }: Workshop, given: BreakGlassRecord): Promise<void> {
  const { runId, entries } = readRecord(given);
  await using writer = await journal.open(runId);
  const known = await journal.read(runId).catch((error: unknown) => {
    if (isHandfastError(error) && error.code === "RUN_UNKNOWN") return [];
    throw error;
  });
  const isSame = known.every((entry, index) => {
    const { format: _format, run: _run, seq: _seq, at: _at, prev: _prev, ...own } = entry;
    return canonicalText(own) === canonicalText(entries[index] ?? null);
  });
  if (!isSame) {
    throw new HandfastError(
      "RUN_STATE",
      `record break-glass failed [run=${runId}]: the journal has another run under this id, or it went on since; nothing was written`,
      { run: runId },
    );
  }
  await appendAll(writer, entries.slice(known.length));
}

/** A record may come from anywhere: what it says was there before is what a rollback goes to. */
function readRecord(given: BreakGlassRecord): BreakGlassRecord {
  const record = recordSchema.safeParse(given);
  const first = record.success ? record.data.entries[0] : undefined;
  const plan = planSchema.safeParse(first?.kind === "run-started" ? first.plan : undefined);
  if (!record.success || !plan.success || plan.data.kind !== "break-glass") {
    throw new HandfastError(
      "PLAN_INVALID",
      "record break-glass failed: that is no record of one; hand over `record` of the report that breakGlass gave",
    );
  }
  checkSeal(plan.data);
  return given;
}

const recordSchema = z.object({
  runId: z.string(),
  entries: z.array(z.object({ kind: z.string(), plan: z.unknown().optional() }).loose()).min(1),
});

const nothingRead = new HandfastError(
  "REMOTE_UNAVAILABLE",
  "record break-glass failed: no verifier could be read, so nobody knows what was there before; write it down by hand",
);

async function endRun({ journal }: Workshop, run: string, by: string): Promise<void> {
  // one that had not begun leaves nothing to be ended, and one that has ended stays what it was
  if ((await journal.read(run)).at(-1)?.kind === "run-ended") return;
  await using writer = await journal.open(run, { force: true });
  await writer.append({ kind: "run-ended", status: "aborted", because: `break-glass ${by} put it out` });
}

async function appendAll(writer: RunWriter, entries: readonly NewEntry[]): Promise<void> {
  await Promise.all(entries.map((entry) => writer.append(entry)));
}

type Attempt<T> = { readonly done: T } | { readonly error: HandfastError };

/**
 * What comes of some work within the time that there is for it.
 *
 * @param undo takes back what it did when it comes to its end too late
 */
async function attempt<T>(
  { clock }: Workshop,
  work: () => Promise<T>,
  undo: (late: T) => Promise<void> = async () => {},
): Promise<Attempt<T>> {
  const done = work().then(
    (value): Attempt<T> => ({ done: value }),
    (error: unknown): Attempt<T> => ({ error: isHandfastError(error) ? error : unknownError }),
  );
  const first = await inTime(clock, patienceMs, done);
  if (first !== undefined) return first.value;
  // nobody waits for it any more: what it took must not stay taken
  void done.then((then) => ("done" in then ? undo(then.done) : undefined)).catch(() => undefined);
  return { error: tooSlow };
}

const tooSlow = new HandfastError(
  "JOURNAL_UNWRITABLE",
  `record break-glass failed: the journal did not answer within ${patienceMs / 1_000} s; hand the report's record to handfast.record when it is there again`,
);
const unknownError = new HandfastError(
  "JOURNAL_UNWRITABLE",
  "record break-glass failed: the journal threw what it does not promise; hand the report's record to handfast.record when it is mended",
);

/** The run as a plan: the verifiers with their images, and the links behind them, where these can be had in time. */
async function planOf(
  workshop: Workshop,
  { spec, comeBackBy }: Story,
  verifiers: readonly RecordedVerifier[],
): Promise<MtlsPlan> {
  const around = await attempt(workshop, () => lookAround(workshop, spec, verifiers));
  const { presenters, links, blobs } =
    "done" in around ? around.done : { presenters: [], links: [], blobs: {} };
  let count = 0;
  const steps = verifiers.flatMap(({ key, steps: own }) =>
    own.map((step): PlanStep => {
      count += 1;
      const { summary } = step;
      return {
        id: `s${count}`,
        after: [],
        kind: "write",
        phase: "widen",
        summary,
        target: key,
        step: step as never,
      };
    }),
  );
  const draft: PlanDraft = {
    format: 1,
    kind: "break-glass",
    createdAt: new Date(workshop.clock.now()).toISOString(),
    comeBackBy,
    endpoints: Object.fromEntries([...verifiers, ...presenters].map((one) => [one.key, toEndpoint(one)])),
    links,
    steps,
    findings: [],
    estimate: estimateOf(steps),
    blobs,
  };
  return sealPlan(draft, workshop.adapters, workshop.planValidMs);
}

function toEndpoint({ adapter, target, seen, goal }: Omit<RecordedVerifier, "steps" | "key">) {
  const { name, version, role } = adapter.facts;
  const fields = {
    adapter: name,
    version,
    role,
    target,
    before: seen,
    goal,
    mayWeaken: false,
    mayDropEarly: false,
  };
  return fields as never;
}

/** The other ends of the links, and the links themselves: by them the way back is ordered and proved. */
async function lookAround(workshop: Workshop, spec: Spec, verifiers: readonly RecordedVerifier[]) {
  const resolved = await resolveSpec(spec, workshop.readText);
  const known = new Set(verifiers.map(({ key }) => key));
  const named = resolved.endpoints.filter(({ want }) => want.role === "presenter");
  const asked = named.map(({ key, target, adapter }) => ({
    key,
    target,
    adapter: workshop.adapter(adapter),
  }));
  const { seen, bytes } = await observe(asked, {
    clock: workshop.clock,
    signal: new AbortController().signal,
  });
  const presenters = asked.map((one) => ({
    ...one,
    seen: seen.get(one.key) as Seen<unknown>,
    goal: undefined,
  }));
  for (const { key } of presenters) known.add(key);
  const links = resolved.links.filter((link) => endsOf(link).every((end) => known.has(end)));
  const facts = await workshop.evidenceFor(
    [...verifiers, ...presenters],
    new Map([...bytes, ...resolved.bytes]),
  );
  return { presenters, links: JSON.parse(JSON.stringify(links)) as MtlsPlan["links"], blobs: facts.toPlan() };
}

function outcomeOf(
  { id, kind, ...step }: PlanStep,
  failed: ReadonlyMap<string, HandfastError | undefined>,
): readonly NewEntry[] {
  const error = kind === "write" && "target" in step ? failed.get(step.target) : undefined;
  if (error !== undefined)
    return [{ kind: "step-failed", step: id, error: error.toJSON(), effect: "unknown" }];
  return [
    { kind: "step-done", step: id, outcome: {} },
    { kind: "step-settled", step: id },
  ];
}
