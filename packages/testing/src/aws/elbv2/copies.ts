import { createHash } from "node:crypto";
import type { Clock } from "@handfast/core";
import type { AccessKey } from "../access.ts";
import { checksumOf } from "../s3/checksums.ts";
import type { S3Models } from "../s3/models.ts";
import { presign } from "../signature.ts";

/** The account to which the service itself belongs. */
export const serviceAccount = "000000000000";

/** The bucket of its own in which the service keeps copies of what it read, to hand out presigned URLs to it. */
export interface Copies {
  /** A URL for ten minutes, at an address that whoever sent the request can reach. */
  publish(bytes: Uint8Array<ArrayBuffer>, name: string, request: Request): string;
  /** Where S3 is on loopback, if it is. */
  placedAt(origins: Readonly<Record<string, string>>): void;
}

/** The service's bucket in one region. */
export function copies(options: {
  readonly objects: S3Models;
  readonly region: string;
  readonly clock: Clock;
  /** A key of the service. */
  readonly key: AccessKey;
}): Copies {
  const { objects, region, clock, key: serviceKey } = options;
  const bucket = objects.createBucket({
    name: `elasticloadbalancing-trust-stores-${region}`,
    region,
    owner: serviceAccount,
    versioning: "never",
    readers: new Set(),
  });
  let s3: string | undefined;
  return {
    publish: (bytes, name, request) => {
      const key = `${createHash("sha256").update(bytes).digest("hex")}/${name}`;
      objects.put(bucket, key, {
        bytes,
        contentType: "application/x-pem-file",
        headers: {},
        tags: {},
        checksum: checksumOf(bytes, "CRC32"),
      });
      const local = new URL(request.url).hostname.endsWith(".amazonaws.com") ? undefined : s3;
      const url =
        local === undefined
          ? new URL(`https://${bucket.name}.s3.${region}.amazonaws.com/${key}`)
          : new URL(`/${bucket.name}/${key}`, local);
      return presign({ url, region, key: serviceKey, now: clock.now(), expiresInSeconds: 600 }).href;
    },
    placedAt: (origins) => {
      s3 = origins.s3;
    },
  };
}
