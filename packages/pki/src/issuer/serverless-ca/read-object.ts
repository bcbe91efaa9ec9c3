import { type Clock, HandfastError } from "@handfast/core";
import type { CaBucket } from "./port.ts";
import { withinTime } from "./within-time.ts";

/** How long a read may take. */
export interface ReadLimits {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Bytes, above which an object is none of the CA's. */
  readonly most: number;
}

/**
 * Reads an object that the CA published.
 *
 * @throws HandfastError `REMOTE_…`, `ABORTED`
 */
export function readObject(
  bucket: CaBucket,
  key: string,
  { clock, timeoutMs, signal, most }: ReadLimits,
): Promise<Uint8Array> {
  const late = (): HandfastError =>
    new HandfastError(
      "REMOTE_UNAVAILABLE",
      `get object failed [bucket=${bucket.name}, key=${key}]: no answer within ${timeoutMs / 1000} s; try again`,
      { operation: "GetObject", facts: { bucket: bucket.name, key } },
    );
  return withinTime(clock, timeoutMs, signal, late, (given) => bucket.get(key, most, given));
}
