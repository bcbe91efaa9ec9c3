import type { Outcome, Step, StepCheck } from "../adapter/contract.ts";
import { HandfastError, isHandfastError } from "../errors.ts";
import { partsOf } from "./parts-of.ts";
import { callProvider, performTogether } from "./perform-together.ts";
import type { RunContext } from "./run-context.ts";
import type { Turn, Write } from "./turn.ts";

/** How often a step is tried whose look or call failed for a moment. */
const mostTries = 6;
const firstPauseMs = 1_000;
const longestPauseMs = 30_000;
const longestRetryAfterMs = 10 * 60_000;
const shortestPollMs = 2_000;
const longestSilenceMs = 5 * 60_000;

/**
 * One write: the intent is written down, then the call is made, then its outcome is written down, then it is waited for
 * until it is in effect. Whenever it is not known what came of a call, the world is read before anything else is done.
 * A write of a batch shares its call with others, and nothing else.
 */
export async function runWrite(context: RunContext, write: Write): Promise<void> {
  const before = context.recordOf(write.id);
  let doneAt = before?.status === "done" ? Date.parse(before.doneAt ?? "") : Number.NaN;
  if (Number.isNaN(doneAt)) {
    const attempts = before?.attempts ?? 0;
    // a batch takes a slot for all that are in it
    if (write.step.batch === undefined) await context.slots.use(() => perform(context, write, attempts));
    else await perform(context, write, attempts);
    doneAt = context.clock.now();
  }
  await settle(context, write, doneAt);
  await context.writer.append({ kind: "step-settled", step: write.id });
}

async function perform(context: RunContext, write: Write, attemptsBefore: number): Promise<void> {
  // what carries traffic is looked at right before: somebody else may have been there since the plan was made
  let mustLook = attemptsBefore > 0 || write.step.effect === "switch";
  let attempt = attemptsBefore;
  const turn: Turn = {
    write,
    prepare: async () => {
      context.signal.throwIfAborted();
      if (mustLook && (await isAlreadyDone(context, write))) return false;
      attempt += 1;
      mustLook = true;
      await context.writer.append({ kind: "step-intended", step: write.id, attempt });
      context.emit(write, { kind: "step-started", attempt });
      return true;
    },
    finish: async (outcome) => {
      await context.writer.append({ kind: "step-done", step: write.id, outcome: { ...outcome } as never });
    },
  };
  for (let tries = 1; ; tries += 1) {
    try {
      await take(context, turn);
      return;
    } catch (error) {
      if (!isHandfastError(error) || !mayTryAgain(error) || tries >= mostTries) throw error;
      const pause = pauseAfter(error, tries);
      context.emit(write, { kind: "step-retrying", inMs: pause, error: error.toJSON() });
      await context.clock.sleep(pause, context.signal);
    }
  }
}

/** Takes a turn: with the others of its batch, or alone. */
async function take(context: RunContext, turn: Turn): Promise<void> {
  const { batch } = turn.write.step;
  if (batch !== undefined) {
    const { adapter } = partsOf(context, turn.write);
    await context.batches.perform(`${adapter.facts.name} ${batch.key}`, batch.most, turn);
    return;
  }
  const failures = await performTogether(context, [turn]);
  if (failures.has(turn)) throw failures.get(turn);
}

/** As long as the provider asked for, within reason; else longer each time. */
function pauseAfter({ details }: HandfastError, tries: number): number {
  if (details.retryAfterMs !== undefined) return Math.min(details.retryAfterMs, longestRetryAfterMs);
  return Math.min(firstPauseMs * 2 ** (tries - 1), longestPauseMs);
}

/** A lost answer is tried again too: the world is read in between. */
function mayTryAgain(error: HandfastError): boolean {
  return error.retryable || error.details.outcomeUnknown === true;
}

/** Reads the world, and writes down when the step turns out to be done. */
async function isAlreadyDone(context: RunContext, write: Write): Promise<boolean> {
  const { adapter, target } = partsOf(context, write);
  const where = await context.watcher(adapter.facts.name).check(target.key, target.target, stepOf(write));
  if (where === "todo") return false;
  refuseBad(write, where);
  const outcome = await outcomeOfLost(context, write);
  await context.writer.append({
    kind: "step-done",
    step: write.id,
    outcome: { ...outcome } as never,
    found: true,
  });
  return true;
}

/**
 * What a call made whose answer was lost. What was not there when the run began, and has the name that the step gives,
 * is ours. Where an adapter names nothing, the call is made again under the same idempotency key, which changes nothing:
 * only the adapter can tell its own work then, and what it can't tell counts as found, and retire leaves it.
 */
async function outcomeOfLost(context: RunContext, write: Write): Promise<Outcome> {
  if (context.before?.absent.has(write.id) === true) {
    const { adapter, target } = partsOf(context, write);
    const made = adapter.definition.makes(target.target, stepOf(write));
    if (made.length > 0) return { made, adopted: true };
  }
  if (write.step.effect === "switch") return {};
  try {
    const [outcome] = await callProvider(context, [write]);
    return outcome === undefined || isHandfastError(outcome) ? {} : outcome;
  } catch (error) {
    if (!isHandfastError(error)) throw error;
    return {};
  }
}

async function settle(context: RunContext, write: Write, doneAt: number): Promise<void> {
  const { settles } = write.step;
  if (settles.by === "call") return;
  const { typicalMs, atMostMs } = settles;
  context.emit(write, { kind: "step-waiting", typicalMs, atMostMs });
  const { adapter, target } = partsOf(context, write);
  const everyMs = Math.max(shortestPollMs, typicalMs / 5);
  // where only time tells, the provider need only be reached once within it: a while of throttling is no failure
  const patience = settles.by === "time" ? Math.max(atMostMs, longestSilenceMs) : atMostMs;
  const deadline = Math.max(doneAt, context.clock.now()) + patience;
  await context.watcher(adapter.facts.name).wait(target.key, target.target, { everyMs, deadline }, (seen) => {
    const where = adapter.definition.check(target.target, stepOf(write), seen);
    // just after a call, a provider may still answer as before it
    if (where === "todo" || where === "pending") {
      context.emit(write, {
        kind: "step-pending",
        waitedMs: context.clock.now() - doneAt,
        typicalMs,
        atMostMs,
      });
      return undefined;
    }
    refuseBad(write, where);
    return true;
  });
  const left = Math.min(atMostMs, doneAt + atMostMs - context.clock.now());
  if (settles.by === "time" && left > 0) await context.clock.sleep(left, context.signal);
}

function refuseBad(write: Write, where: StepCheck): void {
  if (typeof where === "string") return;
  const details = { step: write.id, target: write.target, object: write.step.object };
  if ("failed" in where) {
    throw new HandfastError(
      "REMOTE_REJECTED",
      `${write.summary} failed [${write.target}]: ${where.failed}`,
      details,
    );
  }
  throw new HandfastError(
    "STEP_MOVED",
    `${write.summary} failed [${write.target}]: ${where.moved}; somebody else changed it, so find out who, then plan again or roll back`,
    details,
  );
}

function stepOf(write: Write): Step<unknown> {
  return write.step as Step<unknown>;
}
