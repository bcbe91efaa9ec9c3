import {
  type Clock,
  type Journal,
  type RandomBytes,
  type StoreJournalOptions,
  storeJournal,
} from "@handfast/core";
import { once } from "../once.ts";
import type { S3Source } from "../s3/sdk-client.ts";
import { bucketStore } from "./bucket-store.ts";
import { connectJournalBucket } from "./sdk-client.ts";

/** Options of {@link s3Journal}. */
export interface S3JournalOptions {
  /** Name of the bucket. It must exist. */
  readonly bucket: string;
  /** The bucket's region, e.g. `eu-central-1`. */
  readonly region: string;
  /** Stands before every key. @default "handfast/journal" */
  readonly prefix?: string | undefined;
  /** Account id: a bucket of anybody else is refused. */
  readonly expectedOwner?: string | undefined;
  /** An S3 client of yours, or the configuration of one (credentials, endpoint, …). */
  readonly s3?: S3Source | undefined;
  /** Dates entries, measures silence and the length of calls. Defaults to the machine's own clock. */
  readonly clock?: Clock | undefined;
  /** Tells writers apart. Defaults to that of node:crypto. */
  readonly random?: RandomBytes | undefined;
  /** For how long a holder may be silent before its runs are taken over, in milliseconds. Default 30 seconds. */
  readonly leaseMs?: number | undefined;
  /** After so many milliseconds a call has failed, retries counted in. Default a third of `leaseMs`, at most 10 seconds. */
  readonly callMs?: number | undefined;
  /** How processes of this host are told from others, dead from alive. Defaults to the machine's; a test passes others. */
  readonly processes?: StoreJournalOptions["processes"];
}

/** What a call may take where nothing else is said. Milliseconds. */
const longestCallMs = 10_000;

/**
 * A journal in an S3 bucket, for any number of processes on any number of hosts (S3 "Conditional requests"; S3 is
 * strongly consistent). Below the prefix: `leases`, who holds which runs and objects; `runs/<run>/<part>`, entries as
 * lines of JSON; `blobs/<sha256>`. Nothing is ever deleted. The SDK is loaded, and a client is made, at first use.
 *
 * The credentials need `s3:ListBucket` on the bucket, `s3:GetObject` and `s3:PutObject` on the prefix; with a KMS key
 * of your own also `kms:GenerateDataKey` and `kms:Decrypt`. Without `s3:ListBucket` S3 says 403 where nothing is.
 *
 * A step is three entries: three PUT and four HEAD. An open run takes a GET and a PUT each ten seconds, for its sign of
 * life. Parts and leases are rewritten: in a bucket with versions a lifecycle rule should end noncurrent ones.
 *
 * Every call may throw what the `Journal` port names, with what S3 answered in `details.provider`.
 *
 * @example
 * ```ts
 * import { s3Journal } from "@handfast/aws";
 *
 * export const journal = s3Journal({
 *   region: "eu-central-1",
 *   bucket: "shop-rollouts",
 *   expectedOwner: "111122223333",
 * });
 * ```
 */
export function s3Journal(options: S3JournalOptions): Journal {
  const { bucket, region, expectedOwner, s3, clock, random, leaseMs, callMs, processes } = options;
  const prefix = (options.prefix ?? "handfast/journal").replaceAll(/^\/+|\/+$/g, "");
  const connect = once(() =>
    connectJournalBucket({ name: bucket, region, expectedOwner, timeoutMs: callMs ?? longestCallMs }, s3),
  );
  const store = bucketStore({ bucket, prefix }, connect);
  return storeJournal(store, { clock, random, leaseMs, callMs, processes });
}
