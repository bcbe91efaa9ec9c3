/** The port {@link BundleBucket} on the AWS SDK. The only file that imports the S3 client; it is loaded at first use. */
import type * as S3 from "@aws-sdk/client-s3";
import { isHandfastError, sha256 } from "@handfast/core";
import { translateError } from "../translate-error.ts";
import { withinTime } from "../within-time.ts";
import type { BundleBucket } from "./port.ts";

/** A client of yours, or what to make one of. */
export type S3Source = S3.S3Client | S3.S3ClientConfig;

/** Which bucket. */
export interface BucketOptions {
  readonly name: string;
  readonly region: string;
  /** Account id; a bucket of another owner is refused with 403 (S3 "Verifying bucket ownership"). */
  readonly expectedOwner?: string | undefined;
  /** Milliseconds until a call without an answer is given up. */
  readonly timeoutMs: number;
}

/** Connects to one bucket. Loads the SDK; sends nothing yet. */
export async function connectBucket(bucket: BucketOptions, source: S3Source = {}): Promise<BundleBucket> {
  const sdk = await import("@aws-sdk/client-s3");
  const client =
    "send" in source
      ? source
      : new sdk.S3Client({
          region: bucket.region,
          maxAttempts: 4,
          ...withinTime(bucket.timeoutMs),
          ...source,
        });
  const owned = { Bucket: bucket.name, ExpectedBucketOwner: bucket.expectedOwner };

  const call = async <R>(
    operation: string,
    doing: string,
    key: string | undefined,
    writes: boolean,
    send: () => Promise<R>,
  ): Promise<R> => {
    try {
      return await send();
    } catch (error) {
      const at = { bucket: bucket.name, ...(key === undefined ? {} : { key }), region: bucket.region };
      throw translateError(error, { operation, doing, at, writes });
    }
  };

  return {
    name: bucket.name,
    describe: async (abortSignal) => {
      await call("HeadBucket", "look at bucket", undefined, false, () =>
        client.send(new sdk.HeadBucketCommand(owned), { abortSignal }),
      );
      try {
        const { Status } = await call("GetBucketVersioning", "read bucket versioning", undefined, false, () =>
          client.send(new sdk.GetBucketVersioningCommand(owned), { abortSignal }),
        );
        return { versioned: Status === "Enabled" };
      } catch (error) {
        if (isHandfastError(error) && error.code === "REMOTE_UNAUTHORIZED") return { versioned: undefined };
        throw error;
      }
    },
    putNew: async (key, bytes, token, abortSignal) => {
      const command = new sdk.PutObjectCommand({
        ...owned,
        Key: key,
        Body: bytes,
        ContentType: "text/plain",
        IfNoneMatch: "*",
        ChecksumAlgorithm: "SHA256",
        ChecksumSHA256: Buffer.from(sha256(bytes), "hex").toString("base64"),
        Metadata: { handfast: token },
      });
      const { VersionId } = await call("PutObject", "put object", key, true, () =>
        client.send(command, { abortSignal }),
      );
      return pinnable(VersionId);
    },
    get: async (key, abortSignal) => {
      try {
        return await call("GetObject", "get object", key, false, async () => {
          const command = new sdk.GetObjectCommand({ ...owned, Key: key });
          const { Body, VersionId, Metadata } = await client.send(command, { abortSignal });
          const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
          return { bytes, version: pinnable(VersionId), token: Metadata?.handfast };
        });
      } catch (error) {
        const { code, details } = isHandfastError(error) ? error : {};
        if (code === "REMOTE_NOT_FOUND" && details?.provider?.code !== "NoSuchBucket") return undefined;
        throw error;
      }
    },
    delete: async (key, abortSignal) => {
      await call("DeleteObject", "delete object", key, true, () =>
        client.send(new sdk.DeleteObjectCommand({ ...owned, Key: key }), { abortSignal }),
      );
    },
  };
}

/** While versioning is suspended the version id is the text `null`, which the next write takes over. */
function pinnable(version: string | undefined): string | undefined {
  return version === "null" ? undefined : version;
}
