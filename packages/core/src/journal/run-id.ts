import { randomBytes } from "node:crypto";
import { type Clock, systemClock } from "../clock.ts";
import { HandfastError } from "../errors.ts";

/** A source of random bytes. The one of node:crypto unless a test passes another. */
export type RandomBytes = (size: number) => Uint8Array;

/** Fits a file name on every system and a key of every object store, and leads out of no folder. */
const runId = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/;

/**
 * A new id for a run, e.g. `20261120T231500123Z-8f3a2c`: UTC to the millisecond, then six random hex digits. Ids sort
 * by time.
 *
 * @param clock defaults to the machine's own
 * @param random defaults to that of node:crypto
 * @example
 * ```ts
 * import { newRunId } from "@handfast/core";
 *
 * export const run: string = newRunId();
 * ```
 */
export function newRunId(clock: Clock = systemClock, random: RandomBytes = randomBytes): string {
  const time = new Date(clock.now()).toISOString().replace(/[-:.]/g, "");
  return `${time}-${Buffer.from(random(3)).toString("hex")}`;
}

/** Whether a text can be the id of a run. */
export function isRunId(text: string): boolean {
  return runId.test(text);
}

/** Refuses what can't be the id of a run, before a path is made of it. */
export function checkRunId(run: string, operation: string): void {
  if (isRunId(run)) return;
  // what is no id may be anything, a key too: it is quoted only when it looks like a slip of the pen
  const quoted = /^[\w .:/-]{1,60}$/.test(run) ? ` [run=${run}]` : "";
  throw new HandfastError(
    "RUN_UNKNOWN",
    `${operation} failed${quoted}: that is no run id; give one that runs() lists or newRunId() makes (letters, digits, - and _)`,
    { operation },
  );
}
