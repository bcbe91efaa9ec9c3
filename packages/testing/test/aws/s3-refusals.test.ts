import {
  DeleteObjectCommand,
  GetBucketAclCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectedCloud, refusal, ways } from "./cloud.ts";

type Cloud = Awaited<ReturnType<typeof connectedCloud>>;

interface Case {
  readonly name: string;
  readonly code: string;
  readonly status: number;
  readonly call: (s3: S3Client, cloud: Cloud) => Promise<unknown>;
}

const object = { Bucket: "bucket", Key: "there" };
const withHeader = (s3: S3Client, name: string, value: string): S3Client => {
  s3.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> };
      headers[name] = value;
      return next(args);
    },
    { step: "finalizeRequest", priority: "low" },
  );
  return s3;
};

const cases: Case[] = [
  {
    name: "a bucket that is not there",
    code: "NoSuchBucket",
    status: 404,
    call: (s3) => s3.send(new GetObjectCommand({ Bucket: "nothing", Key: "k" })),
  },
  {
    name: "an object that is not there",
    code: "NoSuchKey",
    status: 404,
    call: (s3) => s3.send(new GetObjectCommand({ Bucket: "bucket", Key: "k" })),
  },
  {
    name: "the head of an object that is not there",
    code: "NotFound",
    status: 404,
    call: (s3) => s3.send(new HeadObjectCommand({ Bucket: "bucket", Key: "k" })),
  },
  {
    name: "the head of a bucket that is not there",
    code: "NotFound",
    status: 404,
    call: (s3) => s3.send(new HeadBucketCommand({ Bucket: "nothing" })),
  },
  {
    name: "a version that is not there",
    code: "NoSuchVersion",
    status: 404,
    call: (s3) => s3.send(new GetObjectCommand({ ...object, VersionId: "x".repeat(32) })),
  },
  {
    name: "a version id that can't be one",
    code: "InvalidArgument",
    status: 400,
    call: (s3) => s3.send(new GetObjectCommand({ ...object, VersionId: "1" })),
  },
  {
    name: "a bucket whose owner is not the expected one",
    code: "AccessDenied",
    status: 403,
    call: (s3) => s3.send(new GetObjectCommand({ ...object, ExpectedBucketOwner: "999999999999" })),
  },
  {
    name: "a bucket of another account",
    code: "AccessDenied",
    status: 403,
    call: (s3) => s3.send(new GetObjectCommand({ Bucket: "foreign", Key: "k" })),
  },
  {
    name: "a write to another account's bucket that may be read",
    code: "AccessDenied",
    status: 403,
    call: (s3) => s3.send(new PutObjectCommand({ Bucket: "readable", Key: "k", Body: "x" })),
  },
  {
    name: "a SHA-256 that is wrong",
    code: "BadDigest",
    status: 400,
    call: (s3) =>
      s3.send(
        new PutObjectCommand({ ...object, Body: "x", ChecksumSHA256: Buffer.alloc(32).toString("base64") }),
      ),
  },
  {
    name: "a CRC-32 that is wrong",
    code: "BadDigest",
    status: 400,
    call: (s3) => s3.send(new PutObjectCommand({ ...object, Body: "x", ChecksumCRC32: "AAAAAA==" })),
  },
  {
    name: "a SHA-256 in hex",
    code: "InvalidRequest",
    status: 400,
    call: (s3) => s3.send(new PutObjectCommand({ ...object, Body: "x", ChecksumSHA256: "0".repeat(64) })),
  },
  {
    name: "If-None-Match with anything but *",
    code: "NotImplemented",
    status: 501,
    call: (s3) => s3.send(new PutObjectCommand({ ...object, Body: "x", IfNoneMatch: '"etag"' })),
  },
  {
    name: "tags with one key twice",
    code: "InvalidTag",
    status: 400,
    call: (s3) => s3.send(new PutObjectCommand({ ...object, Body: "x", Tagging: "a=1&a=2" })),
  },
  {
    name: "a key of more than 1,024 bytes",
    code: "KeyTooLongError",
    status: 400,
    call: (s3) => s3.send(new PutObjectCommand({ Bucket: "bucket", Key: "ü".repeat(513), Body: "x" })),
  },
  {
    name: "a continuation token of its own making",
    code: "InvalidArgument",
    status: 400,
    call: (s3) => s3.send(new ListObjectsV2Command({ Bucket: "bucket", ContinuationToken: "not a token" })),
  },
  {
    name: "versioning that is neither Enabled nor Suspended",
    code: "MalformedXML",
    status: 400,
    call: (s3) =>
      s3.send(
        new PutBucketVersioningCommand({
          Bucket: "bucket",
          VersioningConfiguration: { Status: "enabled" as "Enabled" },
        }),
      ),
  },
  {
    name: "versioning without a status",
    code: "IllegalVersioningConfigurationException",
    status: 400,
    call: (s3) => s3.send(new PutBucketVersioningCommand({ Bucket: "bucket", VersioningConfiguration: {} })),
  },
  {
    name: "an operation that is not simulated",
    code: "NotImplemented",
    status: 501,
    call: (s3) => s3.send(new GetBucketAclCommand({ Bucket: "bucket" })),
  },
  {
    name: "an access key that nobody has",
    code: "InvalidAccessKeyId",
    status: 403,
    call: (_, connected) =>
      connected
        .s3With({ credentials: { accessKeyId: "AKIANOBODY", secretAccessKey: "x" } })
        .send(new GetObjectCommand(object)),
  },
  {
    name: "a secret that is wrong",
    code: "SignatureDoesNotMatch",
    status: 403,
    call: (_, connected) =>
      connected
        .s3With({ credentials: { ...connected.cloud.credentials, secretAccessKey: "x" } })
        .send(new GetObjectCommand(object)),
  },
  {
    name: "a header that was changed after signing",
    code: "SignatureDoesNotMatch",
    status: 403,
    call: (_, connected) =>
      withHeader(connected.s3With(), "x-amz-checksum-mode", "DISABLED").send(new GetObjectCommand(object)),
  },
  {
    name: "a request without a signature",
    code: "AccessDenied",
    status: 403,
    call: (_, connected) =>
      connected.s3With({ signer: { sign: async (request) => request } }).send(new GetObjectCommand(object)),
  },
];

describe.each(ways)("s3 %s", (way) => {
  let connected: Cloud;
  beforeAll(async () => {
    connected = await connectedCloud(way);
    connected.cloud.createBucket("bucket", { versioning: "Enabled" });
    connected.cloud.createBucket("foreign", { owner: "999999999999" });
    connected.cloud.createBucket("readable", { owner: "999999999999", readers: [connected.cloud.accountId] });
    await connected.s3.send(new PutObjectCommand({ ...object, Body: "body" }));
  });
  afterAll(() => connected.close());

  it.each(cases)("refuses $name with $code", async ({ call, code, status }) => {
    expect(await refusal(call(connected.s3, connected))).toMatchObject({ name: code, status });
  });

  it("lets another account's bucket be read by those who may", async () => {
    const other = connected.s3With({ credentials: connected.cloud.credentialsOf("999999999999") });
    await other.send(new PutObjectCommand({ Bucket: "readable", Key: "k", Body: "theirs" }));
    const { Body } = await connected.s3.send(new GetObjectCommand({ Bucket: "readable", Key: "k" }));
    expect(await Body?.transformToString()).toBe("theirs");
  });

  it("refuses to delete what the condition does not hold for", async () => {
    const remove = new DeleteObjectCommand({ ...object, IfMatch: '"0"' });
    expect(await refusal(connected.s3.send(remove))).toMatchObject({
      name: "PreconditionFailed",
      status: 412,
    });
  });
});

it("s3 redirects a request to another region's endpoint, and says which region is right", async () => {
  const connected = await connectedCloud("in the process");
  try {
    connected.cloud.createBucket("bucket");
    const elsewhere = connected.s3With({ region: "us-west-2" });
    elsewhere.middlewareStack.remove("regionRedirectMiddleware");
    expect(await refusal(elsewhere.send(new GetObjectCommand(object)))).toMatchObject({
      name: "PermanentRedirect",
      status: 301,
    });
    const following = connected.s3With({ region: "us-west-2", followRegionRedirects: true });
    expect(await following.send(new HeadBucketCommand({ Bucket: "bucket" }))).toMatchObject({
      BucketRegion: "eu-west-1",
    });
  } finally {
    await connected.close();
  }
});

it("s3 refuses a signature for the wrong region at an endpoint that says none", async () => {
  const connected = await connectedCloud("on loopback");
  try {
    connected.cloud.createBucket("bucket");
    const elsewhere = connected.s3With({ region: "us-west-2" });
    expect(await refusal(elsewhere.send(new GetObjectCommand(object)))).toMatchObject({
      name: "AuthorizationHeaderMalformed",
      status: 400,
      message: expect.stringContaining("expecting 'eu-west-1'"),
    });
  } finally {
    await connected.close();
  }
});
