/** Whoever is asked at a gate is somebody else's code: it may throw, answer anything, or never answer. */
import type { Clock } from "../clock.ts";
import { isHandfastError } from "../errors.ts";
import type { ProofResult } from "../prove/prober.ts";
import { readResult } from "../prove/read-result.ts";

/** How somebody is asked. */
export interface Asking {
  readonly clock: Clock;
  /** Ends the asking at once. */
  readonly signal: AbortSignal;
  /** For the reason of a verdict, e.g. `check error-rate`. */
  readonly who: string;
  /** Whoever has not answered after so many milliseconds has told nothing. */
  readonly limitMs: number;
}

/** The limit is slept in slices: of a clock that leaps, none counts for more than itself. */
const sliceMs = 1_000;

/**
 * What somebody answers in time; `late` when nobody did. Whoever is late is told to stop by the signal, and not waited for.
 *
 * @throws the signal's reason, when that aborts first
 */
async function answerOf<T>(
  { clock, signal, limitMs }: Asking,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<{ readonly answer: T } | "late"> {
  signal.throwIfAborted();
  const over = new AbortController();
  const within = AbortSignal.any([signal, over.signal]);
  const late = async (): Promise<"late"> => {
    for (let left = limitMs; left > 0; left -= sliceMs)
      await clock.sleep(Math.min(sliceMs, left), over.signal);
    return "late";
  };
  const asked = async (): Promise<{ readonly answer: T }> => ({ answer: await ask(within) });
  let stop = (): void => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([asked(), late(), stopped]);
  } finally {
    signal.removeEventListener("abort", stop);
    over.abort();
  }
}

/**
 * The verdict of somebody who is asked. Whatever breaks in it leaves nothing unknown but the verdict, so it is
 * `inconclusive`, and what was thrown is kept nowhere.
 *
 * @param read makes the verdict of the answer, where that is none itself
 */
export async function verdictOf(
  asking: Asking,
  ask: (signal: AbortSignal) => Promise<unknown>,
  read: (answer: unknown) => ProofResult | Promise<ProofResult> = (answer) => readResult(asking.who, answer),
): Promise<ProofResult> {
  const { who, limitMs, signal } = asking;
  try {
    const told = await answerOf(asking, ask);
    if (told === "late") return inconclusive(`the ${who} gave no answer within ${limitMs / 1_000} s`);
    return await read(told.answer);
  } catch (error) {
    signal.throwIfAborted();
    const reason = isHandfastError(error) ? error.message : `the ${who} threw what it should have told`;
    return inconclusive(reason);
  }
}

/** Nothing could be known, and why. */
export function inconclusive(reason: string): ProofResult {
  return { verdict: "inconclusive", reason, evidence: {} };
}
