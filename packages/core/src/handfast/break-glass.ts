/** Every verifier to its least refusing mode at once: for the worst day, when being let in matters more than who. */
import type { VerifierFacts } from "../adapter/adapter-facts.ts";
import type { Mode, Seen, Step, Target } from "../adapter/contract.ts";
import type { VerifierAdapter } from "../adapter/define-adapter.ts";
import { sha256 } from "../certificate/digest.ts";
import { inTime } from "../clock.ts";
import { type ErrorRecord, HandfastError, isHandfastError } from "../errors.ts";
import { newRunId } from "../journal/run-id.ts";
import { rank } from "../plan/candidates.ts";
import type { Spec } from "../spec/spec.ts";
import { type BreakGlassRecord, type RecordedVerifier, recordBreakGlass } from "./record-break-glass.ts";
import type { Workshop } from "./workshop.ts";

/** How the glass is broken. */
export interface BreakGlassOptions {
  /** Keys of the verifiers; all of the spec unless said otherwise. */
  readonly verifiers?: readonly string[] | undefined;
  /** ISO 8601: when it should be over. `runs` and `status` remind of it. Default: in 24 hours. */
  readonly comeBackBy?: string | undefined;
  /** For how long a verifier that can't be opened is tried again, in milliseconds. Default 2 minutes. */
  readonly tryForMs?: number | undefined;
  /** For how long it is then watched whether somebody narrows again, in milliseconds. Default 30 seconds. */
  readonly watchMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What became of one verifier. */
export interface OpenedVerifier {
  readonly key: string;
  readonly adapter: string;
  /** Its mode before; undefined when it could not be read. */
  readonly before?: Mode | undefined;
  /** Its mode as last seen. */
  readonly now?: Mode | undefined;
  /** `open`: it refuses nobody, by its provider's word. `failed`: it may still refuse; see `error`. */
  readonly status: "open" | "failed";
  /** How often somebody narrowed it again under our eyes. */
  readonly reopened: number;
  readonly error?: ErrorRecord | undefined;
}

/** What break-glass did. JSON. */
export interface BreakGlassReport {
  readonly format: 1;
  readonly runId: string;
  readonly at: string;
  readonly comeBackBy: string;
  readonly verifiers: readonly OpenedVerifier[];
  /** Runs that were under way there and were put out. */
  readonly fenced: readonly string[];
  /** Why nobody knows whether there were others: look whether a run of yours still goes on, and end it. */
  readonly notFenced?: ErrorRecord | undefined;
  /** Whether the journal has it: then `rollback(runId)` is the way back. */
  readonly recorded: boolean;
  /** Why it could not be written down. */
  readonly notRecorded?: ErrorRecord | undefined;
  /** What to hand to `record` once the journal is there again; undefined when no verifier could be read. */
  readonly record?: BreakGlassRecord | undefined;
}

const longestCallMs = 15_000;
const dayMs = 24 * 60 * 60_000;
const firstPauseMs = 500;
const longestPauseMs = 5_000;

/** One verifier while it is being opened. */
interface Opening {
  readonly target: Target<unknown>;
  readonly adapter: VerifierAdapter;
  /** Resolves once it was seen for the first time. */
  readonly looked: PromiseWithResolvers<void>;
  /** What was seen before anything was changed, and the way from there. */
  first?: { readonly seen: Seen<unknown> } & Way;
  before?: Mode;
  now?: Mode;
  reopened: number;
  error?: HandfastError;
}

interface Way {
  readonly steps: readonly Step<unknown>[];
  readonly goal: unknown;
}

/** Opens all verifiers of a spec, each on its own: one that fails holds back no other, nor does the journal. */
export async function breakGlass(
  workshop: Workshop,
  spec: Spec,
  options: BreakGlassOptions,
): Promise<BreakGlassReport> {
  const { clock } = workshop;
  const { signal = new AbortController().signal } = options;
  const tryForMs = durationOf("tryForMs", options.tryForMs ?? 120_000);
  const watchMs = durationOf("watchMs", options.watchMs ?? 30_000);
  if (signal.aborted)
    throw new HandfastError("ABORTED", "break glass failed: it was called off before it began");
  const at = clock.now();
  const comeBackBy = dateOf(options.comeBackBy ?? new Date(at + dayMs).toISOString());
  const openings = openingsOf(workshop, spec, options.verifiers);
  const runId = newRunId(clock, workshop.random);
  const opener = new Opener(workshop, runId, signal);

  const opened = Promise.all(openings.map((opening) => opener.open(opening, at + tryForMs)));
  // beside, not before: neither a journal that is down, nor a provider that is slow, holds another one back
  const recording = recordBreakGlass(workshop, {
    runId,
    spec,
    comeBackBy,
    seenSoFar: () => seenOf(openings),
    // one that can't be read at first is seen when it is opened, or never
    seen: Promise.race([
      opened.then(() => undefined),
      Promise.all(openings.map(({ looked }) => looked.promise)),
    ]).then(() => seenOf(openings)),
  });
  await opened;
  await opener.watch(
    openings.filter(({ error }) => error === undefined),
    watchMs,
  );

  const failed = new Map(openings.map(({ target, error }) => [target.key, error]));
  const { fenced, notFenced, error, record } = await (await recording).finish(failed);
  return {
    format: 1,
    runId,
    at: new Date(at).toISOString(),
    comeBackBy,
    verifiers: openings.map(toOpened),
    fenced,
    ...(notFenced === undefined ? {} : { notFenced: notFenced.toJSON() }),
    recorded: error === undefined,
    ...(error === undefined ? {} : { notRecorded: error.toJSON() }),
    ...(record === undefined ? {} : { record }),
  };
}

function seenOf(openings: readonly Opening[]): readonly RecordedVerifier[] {
  return openings.flatMap(({ target: { key, target }, adapter, first }) =>
    first === undefined ? [] : [{ key, target, adapter, ...first }],
  );
}

function durationOf(name: string, ms: number): number {
  if (Number.isFinite(ms) && ms >= 0) return ms;
  throw new TypeError(`breakGlass: ${name} is ${ms}; give milliseconds`);
}

function openingsOf(workshop: Workshop, { verifiers }: Spec, keys: readonly string[] | undefined): Opening[] {
  const asked = keys ?? Object.keys(verifiers);
  return asked.map((key) => {
    const verifier = Object.hasOwn(verifiers, key) ? verifiers[key] : undefined;
    if (verifier === undefined) {
      throw new HandfastError(
        "SPEC_INVALID",
        `break glass failed [verifiers.${key}]: the spec has no such verifier; it has ${Object.keys(verifiers).join(", ")}`,
        { issues: [{ path: ["verifiers", key], message: "is not in the spec" }] },
      );
    }
    const adapter = workshop.adapter(verifier.adapter) as VerifierAdapter;
    const looked = Promise.withResolvers<void>();
    return { target: { key, target: verifier.target }, adapter, looked, reopened: 0 };
  });
}

function dateOf(text: string): string {
  const at = Date.parse(text);
  if (!Number.isNaN(at)) return new Date(at).toISOString();
  throw new TypeError("breakGlass needs comeBackBy as an ISO 8601 date");
}

class Opener {
  readonly #workshop: Workshop;
  readonly #runId: string;
  readonly #signal: AbortSignal;

  constructor(workshop: Workshop, runId: string, signal: AbortSignal) {
    this.#workshop = workshop;
    this.#runId = runId;
    this.#signal = signal;
  }

  /** Tries until it is open, or the time is up. */
  async open(opening: Opening, until: number): Promise<void> {
    const { clock } = this.#workshop;
    for (let tries = 0; ; tries += 1) {
      try {
        await this.#openOnce(opening);
        delete opening.error;
        return;
      } catch (thrown) {
        const error = isHandfastError(thrown) ? thrown : defectOf(opening, thrown);
        opening.error = error;
        const pause = Math.min(firstPauseMs * 2 ** tries, longestPauseMs);
        const isFinal = !error.retryable && error.details.outcomeUnknown !== true && tries > 2;
        if (isFinal || clock.now() + pause > until || this.#signal.aborted) return;
        await clock.sleep(pause, this.#signal).catch(() => undefined);
      }
    }
  }

  /** A call of a run that was put out may still have been under way: whoever narrows again is opened again. */
  async watch(openings: readonly Opening[], watchMs: number): Promise<void> {
    const { clock } = this.#workshop;
    const until = clock.now() + watchMs;
    while (openings.length > 0 && clock.now() < until && !this.#signal.aborted) {
      await clock.sleep(Math.min(longestPauseMs, until - clock.now()), this.#signal).catch(() => undefined);
      await Promise.all(openings.map((opening) => this.#reopen(opening, until + watchMs)));
    }
  }

  async #reopen(opening: Opening, until: number): Promise<void> {
    try {
      await this.#read(opening);
    } catch {
      // nothing was seen: it counts as open until it is seen to be narrower
      return;
    }
    if (isOpen(opening.now)) return;
    opening.reopened += 1;
    await this.open(opening, until);
  }

  async #openOnce(opening: Opening): Promise<void> {
    const seen = await this.#read(opening);
    if (isOpen(opening.now)) return;
    const { adapter, target } = opening;
    for (const step of wayOpen(opening, seen).steps) {
      const work = adapter.definition.perform([{ target, step }], {
        clock: this.#workshop.clock,
        signal: this.#signal,
        idempotencyKey: sha256(`${this.#runId} ${target.key} ${step.key}`).slice(0, 32),
        bytes: (digest) => this.#workshop.blob(digest),
        secret: (secret) => this.#workshop.secret(secret),
      });
      await this.#inTime(opening, work);
    }
    await this.#read(opening);
    if (!isOpen(opening.now)) {
      throw new HandfastError(
        "REMOTE_UNAVAILABLE",
        `open verifier failed [${target.key}]: its provider still says ${opening.now}; look at it there`,
        { target: target.key, adapter: adapter.facts.name },
      );
    }
  }

  /** A provider that does not answer is asked again, rather than waited for. */
  async #inTime<T>({ target, adapter }: Opening, work: Promise<T>): Promise<T> {
    const answer = await inTime(this.#workshop.clock, longestCallMs, work);
    if (answer !== undefined) return answer.value;
    throw new HandfastError(
      "REMOTE_UNAVAILABLE",
      `open verifier failed [${target.key}]: its provider did not answer within ${longestCallMs / 1_000} s; open it there by hand`,
      { target: target.key, adapter: adapter.facts.name, outcomeUnknown: true },
    );
  }

  async #read(opening: Opening): Promise<Seen<unknown>> {
    const { adapter, target } = opening;
    const keep = async (bytes: Uint8Array) => ({ sha256: sha256(bytes), size: bytes.byteLength });
    const { clock } = this.#workshop;
    const reading = adapter.definition.read([target], { clock, signal: this.#signal, keep });
    const [seen] = await this.#inTime(opening, reading);
    if (seen === undefined) throw new TypeError(`adapter ${adapter.facts.name} gave no answer`);
    const face = adapter.definition.face(target.target, seen.now);
    if (face.role !== "verifier") throw new TypeError(`adapter ${adapter.facts.name} is no verifier`);
    opening.now = face.mode;
    opening.before ??= face.mode;
    if (opening.first === undefined) {
      const way = isOpen(face.mode) ? { steps: [], goal: seen.now } : wayOpen(opening, seen);
      opening.first = { seen, ...way };
      opening.looked.resolve();
    }
    return seen;
  }
}

/** An exception that nobody recognised. Its text may hold anything, so it stays out. */
function defectOf({ target, adapter }: Opening, thrown: unknown): HandfastError {
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  return new HandfastError(
    "REMOTE_UNEXPECTED",
    `open verifier failed [${target.key}]: the adapter threw a ${name} that it does not know; open it at its provider by hand`,
    { target: target.key, adapter: adapter.facts.name, outcomeUnknown: true },
    { cause: thrown },
  );
}

/** Neither refuses anybody. */
function isOpen(mode: Mode | undefined): boolean {
  return mode !== undefined && rank(mode) <= rank("request");
}

/** The steps to the least refusing mode that can be had from here. */
function wayOpen({ adapter, target }: Opening, seen: Seen<unknown>): Way {
  const reasons: string[] = [];
  for (const mode of (adapter.facts as VerifierFacts).modes) {
    if (!isOpen(mode)) break;
    const wanted = { role: "verifier", mode, anchors: [], crls: [] } as const;
    const realised = adapter.definition.realise(target.target, wanted, seen.now, nothingKnown);
    if (!("state" in realised)) {
      reasons.push(...realised.findings.map(({ message }) => message));
      continue;
    }
    const { steps, findings } = adapter.definition.steps(target.target, seen.now, realised.state);
    const blocking = findings.filter(({ severity }) => severity === "blocker");
    if (blocking.length === 0) return { steps, goal: realised.state };
    reasons.push(...blocking.map(({ message }) => message));
  }
  throw new HandfastError(
    "REMOTE_REJECTED",
    `open verifier failed [${target.key}]: ${reasons.join("; ") || "it has no mode that refuses nobody"}; open it at its provider by hand`,
    { target: target.key, adapter: adapter.facts.name },
  );
}

/** Nothing is trusted in an open mode, so no adapter has to look a certificate up. */
const nothingKnown = {
  certificate: (): never => {
    throw new TypeError("break-glass knows no certificates");
  },
  crl: (): never => {
    throw new TypeError("break-glass knows no lists");
  },
};

function toOpened({ target, adapter, before, now, reopened, error }: Opening): OpenedVerifier {
  return {
    key: target.key,
    adapter: adapter.facts.name,
    ...(before === undefined ? {} : { before }),
    ...(now === undefined ? {} : { now }),
    status: isOpen(now) && error === undefined ? "open" : "failed",
    reopened,
    ...(error === undefined ? {} : { error: error.toJSON() }),
  };
}
