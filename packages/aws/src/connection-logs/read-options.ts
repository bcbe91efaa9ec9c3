import { HandfastError, type SpecIssue } from "@handfast/core";
import { z } from "zod";
import type { S3Source } from "../s3/sdk-client.ts";

/** Options that every reader of connection logs in S3 has. */
export interface LogBucketOptions {
  /** The bucket's name. */
  readonly bucket: string;
  /** Account id: a bucket of anybody else is refused. To be set, as what a log says is evidence. */
  readonly expectedOwner?: string | undefined;
  /** An S3 client of yours, or the configuration of one (credentials, endpoint, …). */
  readonly s3?: S3Source | undefined;
  /**
   * How many files are read for one question: the newest. More make the reading incomplete.
   *
   * @default 10_000
   */
  readonly mostFiles?: number | undefined;
  /**
   * How many bytes of log, uncompressed, are read for one question. More make the reading incomplete.
   *
   * @default 2_000_000_000
   */
  readonly mostCharacters?: number | undefined;
  /**
   * How many groups of connections, which is about how many client certificates, are told apart. More make the reading
   * incomplete.
   *
   * @default 20_000
   */
  readonly mostGroups?: number | undefined;
  /**
   * Milliseconds until a call without an answer is given up. A client of yours has limits of its own.
   *
   * @default 30_000
   */
  readonly timeoutMs?: number | undefined;
}

const count = z.int().min(1);

/** The fields that can be checked by themselves. */
export const logBucketShape = {
  bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "not the name of a bucket"),
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "not the name of a region, e.g. eu-central-1"),
  expectedOwner: z
    .string()
    .regex(/^\d{12}$/, "not an account id: twelve digits")
    .optional(),
  mostFiles: count.default(10_000),
  mostCharacters: count.default(2_000_000_000),
  mostGroups: count.default(20_000),
  timeoutMs: count.default(30_000),
  // clients, or what to make them of: the SDK looks at them
  s3: z.custom<S3Source>((value) => value === undefined || typeof value === "object").optional(),
};

/**
 * Reads what a caller gave.
 *
 * @param what for the message, e.g. `the options of albConnectionLog`
 * @throws HandfastError `SPEC_INVALID`
 */
export function readGiven<S extends z.ZodType>(schema: S, given: unknown, what: string): z.output<S> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issues: SpecIssue[] = parsed.error.issues.map(({ path, message }) => ({
    path: path.map((part) => (typeof part === "symbol" ? String(part) : part)),
    message,
  }));
  const list = issues.map(({ path, message }) => `${path.join(".") || "all"}: ${message}`).join("; ");
  throw new HandfastError("SPEC_INVALID", `read ${what} failed: ${list}; change what is given`, { issues });
}
