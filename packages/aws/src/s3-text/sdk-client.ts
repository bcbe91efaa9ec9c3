/** The port {@link TextBucket} on the AWS SDK, which is loaded at first use. */
import { type BucketOptions, connectS3, type S3Source } from "../s3/sdk-client.ts";
import type { TextBucket } from "./port.ts";

/** Connects to one bucket. Loads the SDK; sends nothing yet. */
export async function connectTextBucket(
  bucket: BucketOptions,
  source: S3Source | undefined,
): Promise<TextBucket> {
  const { sdk, client, owned, call } = await connectS3(bucket, source);

  return {
    read: ({ key, version }, most) =>
      call({ operation: "GetObject", doing: "get object", key }, async () => {
        const command = new sdk.GetObjectCommand({ ...owned, Key: key, VersionId: version });
        const { Body, ContentLength = 0 } = await client.send(command);
        if (Body === undefined) return new Uint8Array();
        const stream = Body.transformToWebStream();
        if (ContentLength <= most) return readUpTo(stream, most);
        await stream.cancel();
        return undefined;
      }),
  };
}

/** All bytes of a stream, or undefined as soon as there are more. */
async function readUpTo(stream: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.byteLength;
    if (size > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
