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
      write(`${escapeControls(JSON.stringify({ at: new Date(clock.now()).toISOString(), ...event }))}\n`);
    },
  };
}

/** JSON leaves some controls as they are, which a terminal or a reader of lines may act on. */
function escapeControls(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
