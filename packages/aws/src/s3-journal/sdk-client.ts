/** The port {@link JournalBucket} on the AWS SDK, which is loaded at first use. */
import { HandfastError } from "@handfast/core";
import { isMissing } from "../s3/is-missing.ts";
import { type BucketOptions, checksumOf, connectS3, type S3Source } from "../s3/sdk-client.ts";
import type { JournalBucket } from "./port.ts";

/** Connects to one bucket. Loads the SDK; sends nothing yet. */
export async function connectJournalBucket(
  bucket: BucketOptions,
  source: S3Source | undefined,
): Promise<JournalBucket> {
  const { sdk, client, owned, call } = await connectS3(bucket, source);

  const orMissing = async <R>(answer: Promise<R>): Promise<R | undefined> => {
    try {
      return await answer;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  };

  const etagOf = (operation: string, key: string, etag: string | undefined): string => {
    if (etag !== undefined) return etag;
    throw new HandfastError(
      "REMOTE_UNEXPECTED",
      `${operation} failed [bucket=${bucket.name}, key=${key}]: the answer has no ETag; use a store with conditional writes`,
      { operation, facts: { bucket: bucket.name, key } },
    );
  };

  return {
    look: (key, abortSignal) =>
      orMissing(
        call({ operation: "HeadObject", doing: "look at object", key }, async () => {
          const command = new sdk.HeadObjectCommand({ ...owned, Key: key, ChecksumMode: "ENABLED" });
          const { ETag, ChecksumSHA256 } = await client.send(command, { abortSignal });
          const sha256 = ChecksumSHA256 && Buffer.from(ChecksumSHA256, "base64").toString("hex");
          return { etag: etagOf("HeadObject", key, ETag), sha256 };
        }),
      ),
    get: (key, abortSignal) =>
      orMissing(
        call({ operation: "GetObject", doing: "get object", key }, async () => {
          const { Body, ETag } = await client.send(new sdk.GetObjectCommand({ ...owned, Key: key }), {
            abortSignal,
          });
          const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
          return { bytes, etag: etagOf("GetObject", key, ETag) };
        }),
      ),
    put: ({ key, bytes, contentType, onlyIf }, abortSignal) =>
      call({ operation: "PutObject", doing: "put object", key, writes: true }, async () => {
        const command = new sdk.PutObjectCommand({
          ...owned,
          Key: key,
          Body: bytes,
          ContentType: contentType,
          IfNoneMatch: onlyIf === "absent" ? "*" : undefined,
          IfMatch: typeof onlyIf === "object" ? onlyIf.etag : undefined,
          ...checksumOf(bytes),
        });
        const { ETag } = await client.send(command, { abortSignal });
        return etagOf("PutObject", key, ETag);
      }),
    list: async (prefix, abortSignal) => {
      const keys: string[] = [];
      let token: string | undefined;
      do {
        const command = new sdk.ListObjectsV2Command({ ...owned, Prefix: prefix, ContinuationToken: token });
        const { Contents = [], NextContinuationToken } = await call(
          { operation: "ListObjectsV2", doing: "list objects", key: prefix },
          () => client.send(command, { abortSignal }),
        );
        for (const { Key } of Contents) if (Key !== undefined) keys.push(Key);
        token = NextContinuationToken;
      } while (token !== undefined);
      return keys;
    },
  };
}
