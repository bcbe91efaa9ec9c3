/** The port {@link BundleBucket} on the AWS SDK, which is loaded at first use. */
import type * as S3 from "@aws-sdk/client-s3";
import { isHandfastError, sha256 } from "@handfast/core";
import { translateError } from "../translate-error.ts";
import { withinTime } from "../within-time.ts";
import { isMissing } from "./is-missing.ts";
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

/** A client for one bucket. */
export interface ConnectedBucket {
  readonly sdk: typeof S3;
  readonly client: S3.S3Client;
  /** Goes with every request. */
  readonly owned: { readonly Bucket: string; readonly ExpectedBucketOwner: string | undefined };
  /** Sends, and puts what is thrown into our words. */
  call<R>(facts: S3CallFacts, send: () => Promise<R>): Promise<R>;
}

/** The call that is made. */
export interface S3CallFacts {
  /** The provider's name, e.g. `PutObject`. */
  readonly operation: string;
  /** Verb first, for people: `put object`. */
  readonly doing: string;
  readonly key?: string | undefined;
  readonly writes?: boolean | undefined;
}

/** Loads the SDK; sends nothing yet. */
export async function connectS3(bucket: BucketOptions, source: S3Source = {}): Promise<ConnectedBucket> {
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
  return {
    sdk,
    client,
    owned: { Bucket: bucket.name, ExpectedBucketOwner: bucket.expectedOwner },
    call: async ({ operation, doing, key, writes = false }, send) => {
      try {
        return await send();
      } catch (error) {
        const at = { bucket: bucket.name, ...(key === undefined ? {} : { key }), region: bucket.region };
        throw translateError(error, { operation, doing, at, writes });
      }
    },
  };
}

/** What goes with bytes so that S3 checks that they arrived (S3 "Checking object integrity"). */
export function checksumOf(bytes: Uint8Array): { ChecksumAlgorithm: "SHA256"; ChecksumSHA256: string } {
  const ChecksumSHA256 = Buffer.from(sha256(bytes), "hex").toString("base64");
  return { ChecksumAlgorithm: "SHA256", ChecksumSHA256 };
}

/** Connects to one bucket. Loads the SDK; sends nothing yet. */
export async function connectBucket(bucket: BucketOptions, source: S3Source = {}): Promise<BundleBucket> {
  const { sdk, client, owned, call } = await connectS3(bucket, source);

  return {
    name: bucket.name,
    describe: async (abortSignal) => {
      await call({ operation: "HeadBucket", doing: "look at bucket" }, () =>
        client.send(new sdk.HeadBucketCommand(owned), { abortSignal }),
      );
      try {
        const facts = { operation: "GetBucketVersioning", doing: "read bucket versioning" };
        const { Status } = await call(facts, () =>
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
        ...checksumOf(bytes),
        Metadata: { handfast: token },
      });
      const facts = { operation: "PutObject", doing: "put object", key, writes: true };
      const { VersionId } = await call(facts, () => client.send(command, { abortSignal }));
      return pinnable(VersionId);
    },
    get: async (key, abortSignal) => {
      try {
        return await call({ operation: "GetObject", doing: "get object", key }, async () => {
          const command = new sdk.GetObjectCommand({ ...owned, Key: key });
          const { Body, VersionId, Metadata } = await client.send(command, { abortSignal });
          const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
          return { bytes, version: pinnable(VersionId), token: Metadata?.handfast };
        });
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    delete: async (key, abortSignal) => {
      await call({ operation: "DeleteObject", doing: "delete object", key, writes: true }, () =>
        client.send(new sdk.DeleteObjectCommand({ ...owned, Key: key }), { abortSignal }),
      );
    },
  };
}

/** While versioning is suspended the version id is the text `null`, which the next write takes over. */
function pinnable(version: string | undefined): string | undefined {
  return version === "null" ? undefined : version;
}
