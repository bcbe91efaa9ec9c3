/** What break-glass leaves in the journal, when there is one: a run like any other, with its way back. */
import type { Seen, Step } from "../adapter/contract.ts";
import type { Adapter } from "../adapter/define-adapter.ts";
import { HandfastError, isHandfastError } from "../errors.ts";
import type { RunWriter } from "../journal/journal.ts";
import type { NewEntry } from "../journal/journal-entry.ts";
import { observe } from "../observation/observe.ts";
import { estimateOf } from "../plan/estimate.ts";
import { endsOf } from "../plan/graph.ts";
import type { MtlsPlan, PlanStep } from "../plan/plan.ts";
import { type PlanDraft, sealPlan } from "../plan/seal-plan.ts";
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
  readonly verifiers: readonly RecordedVerifier[];
}

/** What came of the writing down. */
interface Written {
  /** Runs that were put out. */
  readonly fenced: readonly string[];
  readonly error: HandfastError | undefined;
  readonly record: BreakGlassRecord | undefined;
}

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
  const { runId, verifiers } = story;
  if (verifiers.length === 0)
    return { finish: async () => ({ fenced: [], error: nothingRead, record: undefined }) };
  const objects = [...new Set(verifiers.flatMap(({ seen }) => seen.objects))];
  // at once, and before anything is looked up: who is put out makes no further call
  const opening = attempt(workshop, async () => {
    const writer = await workshop.journal.open(runId, { writes: objects, force: true });
    await Promise.all(writer.evicted.map((run) => endRun(workshop, run, runId)));
    return writer;
  });
  const plan = await planOf(workshop, story);
  const intents: NewEntry[] = [
    { kind: "run-started", plan, planDigest: plan.digest, origin: "break-glass", absent: [] },
    ...plan.steps.map(({ id }): NewEntry => ({ kind: "step-intended", step: id, attempt: 1 })),
  ];
  const opened = await opening;
  const begun = "error" in opened ? opened : await attempt(workshop, () => appendAll(opened.done, intents));
  return {
    finish: async (failed) => {
      const outcomes = plan.steps.flatMap((step) => outcomeOf(step, failed));
      const status = [...failed.values()].some((error) => error !== undefined) ? "failed" : "done";
      outcomes.push({ kind: "run-ended", status });
      const fenced = "error" in opened ? [] : opened.done.evicted;
      const ended =
        "error" in opened || "error" in begun
          ? begun
          : await attempt(workshop, () => appendAll(opened.done, outcomes));
      if (!("error" in opened)) await attempt(workshop, () => opened.done.close());
      const error = "error" in ended ? ended.error : undefined;
      return { fenced, error, record: { runId, entries: [...intents, ...outcomes] } };
    },
  };
}

/**
 * Writes down a break-glass that could not be written down at its time. A run of which a part is there already is
 * completed.
 *
 * @throws HandfastError `JOURNAL_*`
 */
export async function writeRecord(
  { journal }: Workshop,
  { runId, entries }: BreakGlassRecord,
): Promise<void> {
  await using writer = await journal.open(runId);
  const known = await journal.read(runId).catch((error: unknown) => {
    if (isHandfastError(error) && error.code === "RUN_UNKNOWN") return [];
    throw error;
  });
  await appendAll(writer, entries.slice(known.length));
}

const nothingRead = new HandfastError(
  "REMOTE_UNAVAILABLE",
  "record break-glass failed: no verifier could be read, so nobody knows what was there before; write it down by hand",
);

async function endRun({ journal }: Workshop, run: string, by: string): Promise<void> {
  await using writer = await journal.open(run, { force: true });
  await writer.append({ kind: "run-ended", status: "aborted", because: `break-glass ${by} put it out` });
}

async function appendAll(writer: RunWriter, entries: readonly NewEntry[]): Promise<void> {
  await Promise.all(entries.map((entry) => writer.append(entry)));
}

type Attempt<T> = { readonly done: T } | { readonly error: HandfastError };

/** What comes of some work within the time that there is for it. */
async function attempt<T>({ clock }: Workshop, work: () => Promise<T>): Promise<Attempt<T>> {
  const ended = new AbortController();
  const late = clock.sleep(patienceMs, ended.signal).then(
    (): Attempt<T> => ({ error: tooSlow }),
    (): Attempt<T> => ({ error: tooSlow }),
  );
  const done = work().then(
    (value): Attempt<T> => ({ done: value }),
    (error: unknown): Attempt<T> => ({ error: isHandfastError(error) ? error : unknownError }),
  );
  const first = await Promise.race([done, late]);
  ended.abort();
  return first;
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
async function planOf(workshop: Workshop, { spec, comeBackBy, verifiers }: Story): Promise<MtlsPlan> {
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
