/** The port {@link LogBucket} on the AWS SDK, which is loaded at first use. */
import { HandfastError, isHandfastError } from "@handfast/core";
import { isMissing } from "../s3/is-missing.ts";
import { type BucketOptions, type ConnectedBucket, connectS3, type S3Source } from "../s3/sdk-client.ts";
import type { LogBucket, LogFile } from "./port.ts";

/** Connects to one bucket. Loads the SDK; sends nothing yet. */
export async function connectLogBucket(
  bucket: BucketOptions,
  source: S3Source | undefined,
): Promise<LogBucket> {
  const connected = await connectS3(bucket, source);
  const { sdk, client, owned, call } = connected;
  return {
    name: bucket.name,
    list: (prefix, signal) => list(connected, prefix, signal),
    open: async (key, abortSignal) => {
      const facts = { operation: "GetObject", doing: "get object", key };
      try {
        const { Body } = await call(facts, () =>
          client.send(new sdk.GetObjectCommand({ ...owned, Key: key }), { abortSignal }),
        );
        return chunksOf(Body?.transformToWebStream() ?? new ReadableStream(), (next) =>
          call(facts, next).catch((error: unknown) => {
            throw isHandfastError(error) ? error : brokenOff(bucket.name, key, error);
          }),
        );
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
  };
}

async function* list(
  { sdk, client, owned, call }: ConnectedBucket,
  prefix: string,
  abortSignal: AbortSignal,
): AsyncGenerator<LogFile> {
  let token: string | undefined;
  do {
    const command = new sdk.ListObjectsV2Command({ ...owned, Prefix: prefix, ContinuationToken: token });
    const page = await call({ operation: "ListObjectsV2", doing: "list objects", key: prefix }, () =>
      client.send(command, { abortSignal }),
    );
    for (const { Key = "", LastModified } of page.Contents ?? []) {
      yield { key: Key, writtenAt: LastModified?.getTime() ?? 0 };
    }
    token = page.NextContinuationToken;
  } while (token !== undefined);
}

/** A stream whose failures are put into our words; whoever stops early lets go of the connection. */
async function* chunksOf(
  stream: ReadableStream<Uint8Array>,
  within: <R>(next: () => Promise<R>) => Promise<R>,
): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await within(() => reader.read());
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function brokenOff(bucket: string, key: string, cause: unknown): HandfastError {
  return new HandfastError(
    "REMOTE_UNAVAILABLE",
    `get object failed [bucket=${bucket}, key=${key}]: what came is not what was sent; wait, then try again`,
    { operation: "GetObject", facts: { bucket, key } },
    { cause },
  );
}
