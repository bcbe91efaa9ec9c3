import { type JournalStore, sha256 } from "@handfast/core";
import { providerCode } from "../retry.ts";
import { isMissing } from "../s3/is-missing.ts";
import type { JournalBucket, ObjectWrite } from "./port.ts";

/** Where a journal lies. */
export interface JournalPlace {
  readonly bucket: string;
  /** Stands before every key, without slashes at its ends; may be empty. */
  readonly prefix: string;
}

/** How often a write is tried that S3 could not decide upon, because another one was under way. */
const mostConflicts = 8;

/** A bucket as a store of a journal: texts and bytes are objects, conditions are `If-None-Match` and `If-Match`. */
export function bucketStore(place: JournalPlace, connect: () => Promise<JournalBucket>): JournalStore {
  const before = place.prefix === "" ? "" : `${place.prefix}/`;
  const keyOf = (name: string): string => `${before}${name}`;
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  /** Amazon S3 User Guide, "How to prevent object overwrites with conditional writes": 409 is to be tried again. */
  const putDecided = async (
    bucket: JournalBucket,
    write: ObjectWrite,
    signal: AbortSignal,
  ): Promise<string> => {
    for (let left = mostConflicts - 1; ; left -= 1) {
      try {
        return await bucket.put(write, signal);
      } catch (error) {
        if (left <= 0 || providerCode(error) !== "ConditionalRequestConflict") throw error;
      }
    }
  };

  return {
    where: `s3://${place.bucket}/${place.prefix}`.replace(/\/$/, ""),
    list: async (prefix, signal) => {
      const keys = await (await connect()).list(keyOf(prefix), signal);
      return keys.map((key) => key.slice(before.length));
    },
    read: async (name, signal) => {
      const found = await (await connect()).get(keyOf(name), signal);
      return found && { version: found.etag, text: decoder.decode(found.bytes) };
    },
    version: async (name, signal) => (await (await connect()).look(keyOf(name), signal))?.etag,
    swap: async (name, version, text, signal) => {
      const [bucket, key, bytes] = [await connect(), keyOf(name), new TextEncoder().encode(text)];
      const onlyIf = version === undefined ? "absent" : { etag: version };
      try {
        return await putDecided(bucket, { key, bytes, contentType: "application/x-ndjson", onlyIf }, signal);
      } catch (error) {
        if (!isRefused(error, version)) throw error;
        // The SDK tries again after a 5xx, and is refused by its own first try when that was done.
        const there = await bucket.get(key, signal);
        return there !== undefined && sha256(there.bytes) === sha256(bytes) ? there.etag : undefined;
      }
    },
    putBytes: async (name, bytes, signal) => {
      const [bucket, key] = [await connect(), keyOf(name)];
      if ((await bucket.look(key, signal))?.sha256 === sha256(bytes)) return;
      await bucket.put({ key, bytes, contentType: "application/octet-stream" }, signal);
    },
    getBytes: async (name, signal) => (await (await connect()).get(keyOf(name), signal))?.bytes,
  };
}

/** Whether a condition did not hold. What there is none of can't be replaced: S3 says 404 to that. */
function isRefused(error: unknown, version: string | undefined): boolean {
  return providerCode(error) === "PreconditionFailed" || (version !== undefined && isMissing(error));
}
