import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import type { Clock } from "@handfast/core";
import { aws, faults, simulate } from "@handfast/testing";
import { type S3JournalOptions, s3Journal } from "../../src/index.ts";

export const bucket = "rollouts";

/** How a bucket differs from the plain one. */
export interface BucketWorldOptions {
  /** Dates objects and measures delays. */
  readonly clock: Clock;
  /** How often the SDK tries. @default 1 */
  readonly maxAttempts?: number | undefined;
  readonly versioning?: "never" | "Enabled" | undefined;
}

/** A bucket of a simulated account on loopback, and journals in it that reach it by the real SDK. */
export async function makeBucket({ clock, maxAttempts = 1, versioning = "never" }: BucketWorldOptions) {
  const storm = faults();
  const cloud = aws({ clock, faults: storm });
  cloud.createBucket(bucket, { versioning });
  const simulation = simulate({ services: [cloud.s3], clock });
  const { origins, close } = await simulation.listen();
  const { region, credentials } = cloud;
  const s3 = { region, credentials, endpoint: origins.s3 ?? "", forcePathStyle: true, maxAttempts };
  const [client, behind] = [new S3Client(s3), new S3Client(s3)];
  let underWay = 0;
  const sent: { readonly operation: string; readonly input: object }[] = [];
  client.middlewareStack.add(
    (next, { commandName = "" }) =>
      async (args) => {
        underWay += 1;
        sent.push({ operation: commandName.replace(/Command$/, ""), input: args.input });
        try {
          return await next(args);
        } finally {
          underWay -= 1;
        }
      },
    { step: "initialize" },
  );

  return {
    cloud,
    log: simulation.log,
    /** What journals sent: once for each call, however often the SDK tried. */
    sent,
    storm,
    journal: (options: Partial<S3JournalOptions> = {}) =>
      s3Journal({ bucket, region, expectedOwner: cloud.accountId, s3: client, ...options }),
    /** Resolves when no call of a journal is under way. */
    idle: async (): Promise<void> => {
      for (let quiet = 0; quiet < 5; quiet = underWay === 0 ? quiet + 1 : 0) {
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    },
    keys: async (): Promise<readonly string[]> => {
      const { Contents = [] } = await behind.send(new ListObjectsV2Command({ Bucket: bucket }));
      return Contents.flatMap(({ Key }) => Key ?? []);
    },
    get: async (key: string): Promise<Buffer> => {
      const { Body } = await behind.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    },
    put: async (key: string, bytes: Uint8Array | string): Promise<void> => {
      await behind.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes }));
    },
    remove: async (key: string): Promise<void> => {
      await behind.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    },
    close: async (): Promise<void> => {
      client.destroy();
      behind.destroy();
      await close();
    },
  };
}
