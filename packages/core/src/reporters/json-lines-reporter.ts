import type { RunEvent } from "../apply/events.ts";
import { type Clock, systemClock } from "../clock.ts";

/** Where the lines go, and by which clock they are dated. */
export interface JsonLinesOptions {
  /** Gets one line at a time, with its line end. */
  write(line: string): unknown;
  /** Gives `at`. @default the machine's own */
  readonly clock?: Clock | undefined;
}

/**
 * A run as JSON lines: each event on a line of its own, with `at`, its time in ISO 8601, in front. Each line names its run
 * and stands alone: a reader may come late, or drop what it does not know. `timedEventSchema` reads one back.
 *
 * @example
 * ```ts
 * import { createWriteStream } from "node:fs";
 * import { jsonLinesReporter } from "@handfast/core/reporters";
 *
 * const file = createWriteStream("run.jsonl", { flags: "a" });
 * export const { onEvent } = jsonLinesReporter({ write: (line) => file.write(line) });
 * ```
 */
export function jsonLinesReporter({ write, clock = systemClock }: JsonLinesOptions): {
  onEvent(event: RunEvent): void;
} {
  return {
    onEvent: (event) => {
      write(`${JSON.stringify({ at: new Date(clock.now()).toISOString(), ...event })}\n`);
    },
  };
}
