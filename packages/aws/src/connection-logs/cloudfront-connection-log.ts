import type { ConnectionLog } from "@handfast/core";
import { z } from "zod";
import { parseArn } from "../arn.ts";
import { cloudFrontTargetSchema } from "../cloudfront/target.ts";
import { once } from "../once.ts";
import { cloudfrontLineReader } from "./cloudfront-entry.ts";
import { foldersOf } from "./cloudfront-folders.ts";
import type { LogFile } from "./port.ts";
import { type FilesRead, readFiles } from "./read-files.ts";
import { type LogBucketOptions, logBucketShape, readGiven } from "./read-options.ts";
import { connectLogBucket } from "./sdk-client.ts";

/** Options of {@link cloudfrontConnectionLog}. */
export interface CloudFrontConnectionLogOptions extends LogBucketOptions {
  /** Of the bucket. */
  readonly region: string;
  /**
   * How the keys of the files begin: the prefix of the delivery's destination, then its suffix path. `{account-id}`,
   * `{DistributionId}`, `{yyyy}`, `{MM}`, `{dd}` and `{HH}` are filled in, so that only files of the time asked for are
   * listed, e.g. `AWSLogs/{account-id}/CloudFront/{DistributionId}/{yyyy}/{MM}/{dd}/{HH}/`.
   *
   * @default "AWSLogs/{account-id}/CloudFront/"
   */
  readonly path?: string | undefined;
  /** Between fields, where the output format is `w3c` or `plain`. @default "\t" */
  readonly delimiter?: string | undefined;
}

const schema = z.strictObject({
  ...logBucketShape,
  path: z.string().min(1).default("AWSLogs/{account-id}/CloudFront/"),
  delimiter: z.string().min(1).default("\t"),
});

/** Standard logging delivers most entries within an hour, and some up to a day late. */
const latestMs = 24 * 3_600_000;
/** How far the clocks of whoever writes files and entries may be apart. */
const skewMs = 300_000;

/**
 * Reads the connection logs of a CloudFront distribution with viewer mTLS that are delivered to S3 (developer guide page
 * "Observability using connection logs"), for verifiers of `cloudfront()`: output format `json`, `w3c`, or `plain` with its line
 * of field names; Parquet can't be read. The fields `eventTimestamp`, `distributionId` and `connectionStatus` must be among
 * those delivered, and `clientLeafCertSerialNumber`, `clientLeafCertIssuer`, `clientLeafCertSubject` and
 * `clientLeafCertValidity` for the log to tell what was shown.
 *
 * Files are chosen by when they were written: none that is older than the span. A reading covers the time from the first
 * connection of the distribution in those files to the last; with none it is empty.
 *
 * The credentials need `s3:ListBucket` on the bucket and `s3:GetObject` on the path. Loads the SDK at first use.
 *
 * @throws HandfastError `SPEC_INVALID` for options that can't be; the reader, for a target that is no distribution,
 *   `REMOTE_NOT_FOUND` for a bucket that is not there, and what else S3 says
 * @example
 * ```ts
 * import { cloudfrontConnectionLog } from "@handfast/aws";
 *
 * export const log = cloudfrontConnectionLog({
 *   region: "us-east-1",
 *   bucket: "shop-edge-logs",
 *   path: "AWSLogs/{account-id}/CloudFront/{DistributionId}/{yyyy}/{MM}/{dd}/{HH}/",
 * });
 * ```
 */
export function cloudfrontConnectionLog(options: CloudFrontConnectionLogOptions): ConnectionLog {
  const { bucket, region, expectedOwner, s3, timeoutMs, path, delimiter, ...limits } = readGiven(
    schema,
    options,
    "the options of cloudfrontConnectionLog",
  );
  const connect = once(() => connectLogBucket({ name: bucket, region, expectedOwner, timeoutMs }, s3));

  return async (query) => {
    const { from, to, signal } = query;
    const what = `the target of ${query.verifier} for its log`;
    const arn = parseArn(readGiven(cloudFrontTargetSchema, query.target, what).distribution);
    const distribution = arn.resource.slice("distribution/".length);
    const logs = await connect();
    const files: LogFile[] = [];
    for (const folder of foldersOf({ path, account: arn.account, distribution, from, to: to + latestMs })) {
      for await (const file of logs.list(folder, signal)) {
        if (file.writtenAt >= from - skewMs && file.writtenAt < to + latestMs) files.push(file);
      }
    }
    files.sort((one, other) => one.writtenAt - other.writtenAt);
    const { complete, unreadable, connections, seen } = await readFiles({
      bucket: logs,
      files,
      from,
      to,
      limits,
      signal,
      reader: () => cloudfrontLineReader(distribution, delimiter),
    });
    return { ...within(seen, from, to), complete, unreadable, connections };
  };
}

/** The part of the span in which connections were seen. */
function within(
  seen: FilesRead["seen"],
  from: number,
  to: number,
): { readonly from: number; readonly to: number } {
  if (seen === undefined || seen.to < from || seen.from >= to) return { from, to: from };
  return { from: Math.max(from, seen.from), to: Math.min(to, seen.to + 1) };
}
