import { HandfastError, sha256 } from "@handfast/core";
import { providerCode, type RetryContext, retryOn } from "../retry.ts";
import type { BundleBucket } from "./port.ts";

/** Where content lies after {@link putOnce}. */
export interface Placed {
  readonly version?: string | undefined;
  /** Whether this token wrote it, now or in an earlier try. */
  readonly made: boolean;
}

/**
 * Puts content that is named by what it is. An object that is there already must hold the same bytes: it may be our
 * own, written by a try whose answer was lost, since the SDK retries a 5xx and then meets the object (412).
 *
 * @throws HandfastError `REMOTE_CONFLICT` when other bytes lie at that key
 */
export async function putOnce(
  bucket: BundleBucket,
  key: string,
  bytes: Uint8Array,
  token: string,
  context: RetryContext,
): Promise<Placed> {
  try {
    const version = await retryOn(["ConditionalRequestConflict"], { tries: 5, everyMs: 1_000 }, context, () =>
      bucket.putNew(key, bytes, token, context.signal),
    );
    return { version, made: true };
  } catch (error) {
    if (providerCode(error) !== "PreconditionFailed") throw error;
    const there = await bucket.get(key, context.signal);
    if (there !== undefined && sha256(there.bytes) === sha256(bytes)) {
      return { version: there.version, made: there.token === token };
    }
    throw new HandfastError(
      "REMOTE_CONFLICT",
      `put object failed [bucket=${bucket.name}, key=${key}]: other bytes lie there than its name says; delete the object, and find out who writes under this prefix`,
      { operation: "PutObject", facts: { bucket: bucket.name, key } },
    );
  }
}
