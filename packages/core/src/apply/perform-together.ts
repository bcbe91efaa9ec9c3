import type { Performed, Step } from "../adapter/contract.ts";
import { sha256 } from "../certificate/digest.ts";
import { isHandfastError } from "../errors.ts";
import { partsOf } from "./parts-of.ts";
import type { RunContext } from "./run-context.ts";
import type { Turn, Write } from "./turn.ts";
import { untilStopped } from "./until-stopped.ts";

/**
 * Some writes in one call: every intent is written down, then the lease is looked at, then the call is made, then every
 * outcome is written down. Whatever goes wrong with one of them ends that one alone; what goes wrong with the call ends
 * all that were in it.
 *
 * @returns what each write that failed ended in
 */
export async function performTogether(
  context: RunContext,
  turns: readonly Turn[],
): Promise<ReadonlyMap<Turn, unknown>> {
  const failures = new Map<Turn, unknown>();
  const alone = async <T>(turn: Turn, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      failures.set(turn, error);
      return undefined;
    }
  };
  const isDue = await Promise.all(turns.map((turn) => alone(turn, () => turn.prepare())));
  const due = turns.filter((_, index) => isDue[index] === true);
  if (due.length === 0) return failures;
  try {
    // between the look and now somebody may have taken this run, or its objects, away from us
    await context.writer.check();
    const answers = await callProvider(
      context,
      due.map(({ write }) => write),
    );
    await Promise.all(due.map((turn, index) => alone(turn, () => finish(turn, answers[index]))));
  } catch (error) {
    for (const turn of due) failures.set(turn, error);
  }
  return failures;
}

async function finish(turn: Turn, answer: Performed | undefined): Promise<void> {
  if (isHandfastError(answer)) throw answer;
  if (answer === undefined) throw new TypeError(`the adapter gave no outcome for ${turn.write.id}`);
  await turn.finish(answer);
}

/** The call itself, of writes of one adapter. One answer for each. */
export async function callProvider(
  context: RunContext,
  writes: readonly Write[],
): Promise<readonly Performed[]> {
  const [first] = writes;
  if (first === undefined) return [];
  const { adapter } = partsOf(context, first);
  const steps = writes.map((write) => ({
    target: partsOf(context, write).target,
    step: write.step as Step<unknown>,
  }));
  const ids = writes.map(({ id }) => id).sort();
  const work = adapter.definition.perform(steps, {
    clock: context.clock,
    // a call that was begun is brought to its end, so that its outcome is known, unless there is no time for that
    signal: context.stopNow,
    idempotencyKey: sha256(`${context.runId} ${ids.join(" ")}`).slice(0, 32),
    bytes: context.bytes,
    secret: context.secret,
  });
  const others = writes.length === 1 ? "" : ` and ${writes.length - 1} more`;
  return await untilStopped(work, context.stopNow, `${first.summary}${others}`);
}
