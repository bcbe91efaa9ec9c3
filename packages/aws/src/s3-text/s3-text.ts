import { readFile } from "node:fs/promises";
import { HandfastError, type ReadText } from "@handfast/core";
import { once } from "../once.ts";
import type { S3Source } from "../s3/sdk-client.ts";
import type { TextAddress, TextBucket } from "./port.ts";
import { connectTextBucket } from "./sdk-client.ts";

/** A bucket that texts may be read from. */
export interface S3TextBucket {
  /** Its own region, e.g. `eu-central-1`; another one than that of whatever the text is for will do. */
  readonly region: string;
  /** Account id: a bucket of anybody else is refused. To be set for every bucket whose content is trusted. */
  readonly expectedOwner?: string | undefined;
  /** An S3 client of yours, or the configuration of one (credentials, endpoint, …). */
  readonly s3?: S3Source | undefined;
}

/** Options of {@link s3Text}. */
export interface S3TextOptions {
  /** The buckets, by name. One that is not here is not read from: a spec alone opens no bucket. */
  readonly buckets: Readonly<Record<string, S3TextBucket>>;
  /** Reads every other path. Default: a file, from the working directory on. */
  readonly otherwise?: ReadText | undefined;
  /**
   * Milliseconds until a call without an answer is given up. A client of yours has limits of its own.
   *
   * @default 30_000
   */
  readonly timeoutMs?: number | undefined;
}

/** Larger than any bundle of CAs that AWS takes (API Gateway: about 1,000 KB), and than a CRL that fits in a plan. */
const mostBytes = 1_048_576;

/**
 * Reads the files of a spec from S3 where they are written `s3://bucket/key`, and from the disk where not; for
 * `createHandfast`'s `readText`. So the anchors of a trust are a value, a file, or an object that a CA publishes in a
 * bucket of its own region and account, and all three can stand in JSON. `s3://bucket/key?versionId=…` is one version of
 * an object, which nobody can change under a review. Loads the SDK at first use.
 *
 * The credentials need `s3:GetObject` on the objects (`s3:GetObjectVersion` for a version), and for a bucket of another
 * account that account's consent. An object may have 1 MB.
 *
 * The answer throws `FILE_UNREADABLE` for an address that is none, a bucket that is not among the options, and an object
 * that is too large; `REMOTE_NOT_FOUND`, `REMOTE_UNAUTHORIZED` and the like for what S3 says.
 *
 * @example
 * ```ts
 * import { s3Text } from "@handfast/aws";
 * import { createHandfast, memoryJournal, memoryVerifier, MemoryWorld, systemClock } from "@handfast/core";
 *
 * export const handfast = createHandfast({
 *   adapters: [memoryVerifier(new MemoryWorld({ clock: systemClock }))],
 *   journal: memoryJournal(),
 *   readText: s3Text({ buckets: { "acme-ca-bundles": { region: "eu-west-2", expectedOwner: "444455556666" } } }),
 * });
 *
 * export const trust = { clients: { anchors: { file: "s3://acme-ca-bundles/root-ca.pem" } } };
 * ```
 */
export function s3Text({ buckets, otherwise, timeoutMs = 30_000 }: S3TextOptions): ReadText {
  const connected = new Map<string, () => Promise<TextBucket>>(
    Object.entries(buckets).map(([name, { s3, ...bucket }]) => [
      name,
      once(() => connectTextBucket({ name, ...bucket, timeoutMs }, s3)),
    ]),
  );
  const readOther = otherwise ?? ((path: string) => readFile(path, "utf8"));
  return async (path) => {
    if (!/^s3:/i.test(path)) return readOther(path);
    const { bucket, ...address } = parseAddress(path);
    const connect = connected.get(bucket);
    if (connect === undefined) {
      const known = [...connected.keys()].join(", ");
      throw unreadable(
        path,
        `bucket ${bucket} is not among the options of s3Text (${known || "none is"})`,
        "add it there, with its region and owner",
      );
    }
    const bytes = await (await connect()).read(address, mostBytes);
    if (bytes === undefined) {
      throw unreadable(
        path,
        `it has more than ${mostBytes} bytes`,
        "name a file of PEM certificates or CRLs",
      );
    }
    return new TextDecoder().decode(bytes);
  };
}

/** An address as the AWS CLI writes it, and perhaps a version. */
function parseAddress(path: string): TextAddress & { readonly bucket: string } {
  const [, bucket, key, version] =
    /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(.+?)(?:\?versionId=([^?&]+))?$/s.exec(path) ?? [];
  if (bucket === undefined || key === undefined) {
    throw unreadable(
      path,
      "it is no address of an object",
      "write s3://bucket/key, or s3://bucket/key?versionId=…",
    );
  }
  return { bucket, key, version };
}

function unreadable(path: string, why: string, mend: string): HandfastError {
  return new HandfastError("FILE_UNREADABLE", `read ${path} failed: ${why}; ${mend}`, { file: path });
}
