import { type ConnectionLog, HandfastError } from "@handfast/core";
import { z } from "zod";
import { connectBalancing, type ElbSource } from "../alb/sdk-client.ts";
import { albTargetSchema } from "../alb/target.ts";
import { once } from "../once.ts";
import { trimPrefix } from "../s3/bucket-scope.ts";
import { readAlbLine } from "./alb-entry.ts";
import { listAlbFiles } from "./alb-files.ts";
import { readFiles } from "./read-files.ts";
import { type LogBucketOptions, logBucketShape, readGiven } from "./read-options.ts";
import { connectLogBucket } from "./sdk-client.ts";

/** Options of {@link albConnectionLog}. */
export interface AlbConnectionLogOptions extends LogBucketOptions {
  /** Of the load balancer, and so of the bucket: a load balancer logs into its own region alone. */
  readonly region: string;
  /** The load balancer's attribute `connection_logs.s3.prefix`. @default none */
  readonly prefix?: string | undefined;
  /**
   * What five minutes without any file are, between others with files: `missing`, so that the reading is incomplete, or
   * `quiet`, where the load balancer may go without any connection for so long, in which case nobody can tell.
   *
   * @default "missing"
   */
  readonly gaps?: "missing" | "quiet" | undefined;
  /** An Elastic Load Balancing client of yours, or the configuration of one. It reads the listener. */
  readonly elbv2?: ElbSource | undefined;
}

const schema = z.strictObject({
  ...logBucketShape,
  prefix: z
    .string()
    .refine((prefix) => !prefix.includes("AWSLogs"), "ends before AWSLogs, which is looked for by itself")
    .default(""),
  gaps: z.enum(["missing", "quiet"]).default("missing"),
  elbv2: z.custom<ElbSource>((value) => value === undefined || typeof value === "object").optional(),
});

/**
 * Reads the connection logs that an Application Load Balancer keeps in S3 (user guide page "Connection logs for your
 * Application Load Balancer"), for verifiers of `alb()`. They must have been turned on: `connection_logs.s3.enabled` and
 * `connection_logs.s3.bucket`.
 *
 * Only files of the load balancer and the days asked for are listed, and only those of the span are read, as streams. The
 * log has the listener's port and not its ARN, and does not say whether certificates were asked for: both are read from
 * the listener itself (a port that is an option could be another one). So a served connection without a certificate is
 * `nothing` while the listener asks, and `unknown` while its mutual authentication is off.
 *
 * Each node delivers a file every five minutes, some minutes late, and AWS promises none: a reading is of the span from the
 * first file to the end of the newest, and is not complete when five minutes in between have no file, unless `gaps` says
 * that they may be quiet. Without any file the span is empty. That one node of several has not delivered is not noticed.
 *
 * The credentials need `s3:ListBucket` on the bucket, `s3:GetObject` on `<prefix>/AWSLogs/*` and
 * `elasticloadbalancing:DescribeListeners`. Loads the SDK at first use.
 *
 * @throws HandfastError `SPEC_INVALID` for options that can't be; the reader, for a target that is no listener in the region,
 *   `REMOTE_NOT_FOUND` for a listener or a bucket that is not there, and what else S3 says
 * @example
 * ```ts
 * import { albConnectionLog } from "@handfast/aws";
 *
 * export const log = albConnectionLog({ region: "eu-central-1", bucket: "shop-logs", expectedOwner: "111122223333" });
 * ```
 */
export function albConnectionLog(options: AlbConnectionLogOptions): ConnectionLog {
  const { bucket, region, expectedOwner, s3, elbv2, timeoutMs, ...given } = readGiven(
    schema,
    options,
    "the options of albConnectionLog",
  );
  const prefix = trimPrefix(given.prefix);
  const mayHaveGaps = given.gaps === "quiet";
  const connect = once(() => connectLogBucket({ name: bucket, region, expectedOwner, timeoutMs }, s3));
  const connectElb = once(() => connectBalancing({ region, source: elbv2, timeoutMs }));
  const target = albTargetSchema(region);

  return async (query) => {
    const { from, to, signal } = query;
    const { listener } = readGiven(target, query.target, `the target of ${query.verifier} for its log`);
    const [there] = await (await connectElb()).listeners([listener], signal);
    if (there === undefined) {
      throw new HandfastError(
        "REMOTE_NOT_FOUND",
        `read the log of ${query.verifier} failed [listener=${listener}]: there is no such listener; check the ARN, the region and the account`,
        { operation: "DescribeListeners", target: query.verifier, object: listener },
      );
    }
    const logs = await connect();
    const { files, covered, gaps } = await listAlbFiles(logs, { listener, prefix, from, to }, signal);
    const rules = { port: there.port, asks: there.authentication.mode !== "off" };
    const reader = () => (line: string) => readAlbLine(line, rules);
    const { complete, unreadable, connections } = await readFiles({
      bucket: logs,
      files,
      from,
      to,
      limits: given,
      signal,
      reader,
    });
    const isWhole = complete && (gaps === 0 || mayHaveGaps);
    return { ...covered, complete: isWhole, unreadable, connections };
  };
}
