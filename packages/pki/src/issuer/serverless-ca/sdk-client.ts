/** The ports on the AWS SDK. The only file that imports its clients; each is loaded at first use. */
import type * as LambdaSdk from "@aws-sdk/client-lambda";
import type * as S3Sdk from "@aws-sdk/client-s3";
import { HandfastError } from "@handfast/core";
import type { CaBucket, TlsFunction } from "./port.ts";
import { translateError } from "./translate-error.ts";

/** A client of yours, or what to make one of. */
export type LambdaSource = LambdaSdk.LambdaClient | LambdaSdk.LambdaClientConfig;

/** A client of yours, or what to make one of. */
export type S3Source = S3Sdk.S3Client | S3Sdk.S3ClientConfig;

/** An answer that the SDK would try again, kept from it: a second invocation may find the key used by the first. */
class Final extends Error {
  readonly answer: unknown;

  constructor(answer: unknown) {
    super("not to be tried again");
    this.answer = answer;
  }
}

/** Connects to the function. Loads the SDK; sends nothing yet. */
export async function connectFunction(
  name: string,
  region: string,
  source: LambdaSource = {},
): Promise<TlsFunction> {
  const sdk = await import("@aws-sdk/client-lambda");
  const client = "send" in source ? source : new sdk.LambdaClient({ region, ...source });
  return {
    name,
    region,
    invoke: async (payload, abortSignal) => {
      const command = new sdk.InvokeCommand({
        FunctionName: name,
        InvocationType: "RequestResponse",
        Payload: payload,
      });
      command.middlewareStack.add(
        (next) => async (args) => {
          try {
            return await next(args);
          } catch (error) {
            throw new Final(error);
          }
        },
        { step: "deserialize", priority: "high" },
      );
      try {
        const { FunctionError: failure, Payload } = await client.send(command, { abortSignal });
        return { failure, payload: Payload ?? new Uint8Array() };
      } catch (error) {
        const thrown = error instanceof Final ? error.answer : error;
        const at = { function: name, region };
        throw translateError(thrown, { operation: "Invoke", doing: "invoke function", at, writes: true });
      }
    },
  };
}

/** Connects to the bucket. Loads the SDK; sends nothing yet. */
export async function connectBucket(name: string, region: string, source: S3Source = {}): Promise<CaBucket> {
  const sdk = await import("@aws-sdk/client-s3");
  const client = "send" in source ? source : new sdk.S3Client({ region, ...source });
  return {
    name,
    get: async (key, most, abortSignal) => {
      const at = { bucket: name, key, region };
      try {
        const command = new sdk.GetObjectCommand({ Bucket: name, Key: key });
        const { Body, ContentLength = 0 } = await client.send(command, { abortSignal });
        if (ContentLength > most) throw tooLarge(name, key, ContentLength, most);
        return (await Body?.transformToByteArray()) ?? new Uint8Array();
      } catch (error) {
        throw translateError(error, { operation: "GetObject", doing: "get object", at, writes: false });
      }
    },
  };
}

function tooLarge(bucket: string, key: string, size: number, most: number): HandfastError {
  return new HandfastError(
    "REMOTE_UNEXPECTED",
    `get object failed [bucket=${bucket}, key=${key}]: it has ${size} bytes, and nothing that the CA publishes there has more than ${most}; look what the object is`,
    { operation: "GetObject", facts: { bucket, key, size } },
  );
}
