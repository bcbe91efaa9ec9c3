import { checksumOf } from "../s3/checksums.ts";
import type { S3Models } from "../s3/models.ts";
import type { Rights } from "../s3/rights.ts";

/** Puts a file into a bucket in the service's own name, if the bucket's policy lets it. */
export type WriteLog = (
  balancerArn: string,
  bucket: string,
  key: string,
  bytes: Uint8Array<ArrayBuffer>,
) => "written" | "refused";

/** What {@link logWriter} is made of. */
export interface LogWriterOptions {
  readonly objects: S3Models;
  readonly rights: Rights;
  readonly region: string;
}

/** Elastic Load Balancing as a writer of logs: only into its own region. */
export function logWriter({ objects, rights, region }: LogWriterOptions): WriteLog {
  return (sourceArn, name, key, bytes) => {
    const bucket = objects.bucket(name);
    if (bucket === undefined || bucket.region !== region) return "refused";
    const sender = {
      kind: "service",
      name: "logdelivery.elasticloadbalancing.amazonaws.com",
      sourceArn,
    } as const;
    if (rights(sender, bucket, { action: "s3:PutObject", key, kind: "write" }) !== undefined)
      return "refused";
    const content = { bytes, contentType: "application/octet-stream", headers: {}, tags: {} };
    objects.put(bucket, key, { ...content, checksum: checksumOf(bytes, "CRC32") });
    return "written";
  };
}
