import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketEncryptionCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  DeletePublicAccessBlockCommand,
  GetBucketEncryptionCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  PutBucketEncryptionCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectedCloud, refusal } from "./cloud.ts";

const Bucket = "site-of-ours";
const arn = `arn:aws:s3:::${Bucket}`;
const distribution = "arn:aws:cloudfront::111122223333:distribution/E2EXAMPLE";

/** The policy of an S3 origin, as the provider's guide has it. */
const forDistribution = {
  Sid: "AllowCloudFront",
  Effect: "Allow",
  Principal: { Service: "cloudfront.amazonaws.com" },
  Action: "s3:GetObject",
  Resource: `${arn}/*`,
  Condition: { StringEquals: { "AWS:SourceArn": distribution } },
};
const policyOf = (...Statement: object[]): string => JSON.stringify({ Version: "2012-10-17", Statement });

describe("s3Service and buckets", () => {
  let connected: Awaited<ReturnType<typeof connectedCloud>>;
  /** us-east-1, where the simulation is at home here. */
  let s3: S3Client;
  let west: S3Client;
  beforeEach(async () => {
    connected = await connectedCloud("on loopback", { region: "us-east-1" });
    s3 = connected.s3;
    west = connected.s3With({ region: "eu-west-1" });
  });
  afterEach(() => connected.close());

  const putPolicy = (Policy: string, client = s3) =>
    client.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  const read = async (path: string, arn = distribution) => {
    const answer = await connected.cloud.siteOrigin(arn)(`${Bucket}.s3.us-east-1.amazonaws.com`, path);
    const code = /<Code>(.*)<\/Code>/.exec(await answer.clone().text())?.[1];
    return { status: answer.status, code, answer };
  };
  const makeSite = async (): Promise<void> => {
    await s3.send(new CreateBucketCommand({ Bucket }));
    await s3.send(
      new PutObjectCommand({ Bucket, Key: "index.html", Body: "<h1>hello</h1>", ContentType: "text/html" }),
    );
  };

  it.each([
    { region: "us-east-1", LocationConstraint: undefined, location: `/${Bucket}` },
    { region: "eu-west-1", LocationConstraint: "eu-west-1", location: `http://${Bucket}.s3.amazonaws.com/` },
    { region: "eu-west-1", LocationConstraint: "EU", location: `http://${Bucket}.s3.amazonaws.com/` },
  ] as const)("CreateBucket makes a bucket in $region with $LocationConstraint", async (row) => {
    const { region, LocationConstraint, location } = row;
    const client = connected.s3With({ region });
    const { Location, BucketArn } = await client.send(
      new CreateBucketCommand({
        Bucket,
        ...(LocationConstraint && { CreateBucketConfiguration: { LocationConstraint } }),
      }),
    );
    expect({ Location, BucketArn }).toEqual({ Location: location, BucketArn: arn });
    const { BucketRegion } = await client.send(new HeadBucketCommand({ Bucket }));
    expect(BucketRegion).toBe(region);
  });

  it.each([
    {
      why: "another region's endpoint",
      region: "eu-west-1",
      at: "eu-central-1",
      name: "IllegalLocationConstraintException",
    },
    {
      why: "the endpoint of us-east-1",
      region: "us-east-1",
      at: "eu-west-1",
      name: "IllegalLocationConstraintException",
    },
    { why: "us-east-1 by its name", region: "us-east-1", at: "us-east-1", name: "InvalidLocationConstraint" },
    { why: "no region at all", region: "us-east-1", at: "Ireland", name: "InvalidLocationConstraint" },
  ])("CreateBucket refuses a constraint: $why", async ({ region, at, name }) => {
    const LocationConstraint = at as "eu-west-1";
    const made = connected
      .s3With({ region })
      .send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint } }));
    expect(await refusal(made)).toMatchObject({ name, status: 400 });
  });

  it("CreateBucket wants a constraint at an endpoint other than that of us-east-1", async () => {
    // The JavaScript SDK adds one by itself.
    west.middlewareStack.add(
      (next) => (args) => {
        (args.request as { body?: unknown }).body = undefined;
        return next(args);
      },
      { step: "serialize", priority: "low" },
    );
    expect(await refusal(west.send(new CreateBucketCommand({ Bucket })))).toMatchObject({
      name: "IllegalLocationConstraintException",
      message: expect.stringContaining("unspecified"),
    });
  });

  it.each(["UPPER", "ab", "under_score", "1.2.3.4", "xn--name", "name-s3alias", "dots..dots"])(
    "CreateBucket refuses the name %s",
    async (name) => {
      const made = s3.send(new CreateBucketCommand({ Bucket: name }));
      expect(await refusal(made)).toMatchObject({ name: "InvalidBucketName", status: 400 });
    },
  );

  it("CreateBucket again: fine in us-east-1, refused elsewhere, and refused to another account", async () => {
    await makeSite();
    await s3.send(new CreateBucketCommand({ Bucket }));
    await expect(s3.send(new GetObjectCommand({ Bucket, Key: "index.html" }))).resolves.toBeDefined();
    const there = { Bucket: "in-the-west" };
    await west.send(new CreateBucketCommand(there));
    expect(await refusal(west.send(new CreateBucketCommand(there)))).toMatchObject({
      name: "BucketAlreadyOwnedByYou",
      status: 409,
    });
    const stranger = connected.s3With({ credentials: connected.cloud.credentialsOf("999999999999") });
    expect(await refusal(stranger.send(new CreateBucketCommand({ Bucket })))).toMatchObject({
      name: "BucketAlreadyExists",
      status: 409,
    });
  });

  it("CreateBucket refuses ACLs, whom nobody knows, and whom no policy lets", async () => {
    const acl = s3.send(new CreateBucketCommand({ Bucket, ACL: "public-read" }));
    expect(await refusal(acl)).toMatchObject({ name: "InvalidBucketAclWithObjectOwnership", status: 400 });
    const nobody = connected.s3With({ credentials: connected.cloud.addCredentials({ kind: "user" }) });
    expect(await refusal(nobody.send(new CreateBucketCommand({ Bucket })))).toMatchObject({
      name: "AccessDenied",
      status: 403,
    });
  });

  it("DeleteBucket deletes an empty bucket only, of all versions and delete markers", async () => {
    await makeSite();
    const remove = () => s3.send(new DeleteBucketCommand({ Bucket }));
    expect(await refusal(remove())).toMatchObject({ name: "BucketNotEmpty", status: 409 });
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
    const object = { Bucket, Key: "index.html" };
    const { VersionId } = await s3.send(new DeleteObjectCommand(object));
    expect(connected.cloud.inventory().objects).toEqual([]);
    expect(await refusal(remove())).toMatchObject({ name: "BucketNotEmpty", status: 409 });
    await s3.send(new DeleteObjectCommand({ ...object, VersionId }));
    await s3.send(new DeleteObjectCommand({ ...object, VersionId: "null" }));
    await remove();
    expect(await refusal(s3.send(new HeadBucketCommand({ Bucket })))).toMatchObject({ status: 404 });
  });

  it("snapshot brings back a bucket that was deleted, as it was, and takes away one that was made", async () => {
    await s3.send(new CreateBucketCommand({ Bucket }));
    await putPolicy(policyOf(forDistribution));
    const restore = connected.cloud.snapshot();
    for (const other of ["first-other", "second-other"]) {
      await s3.send(new DeleteBucketPolicyCommand({ Bucket }));
      await s3.send(new DeleteBucketCommand({ Bucket }));
      await s3.send(new CreateBucketCommand({ Bucket: other }));
      restore();
      expect((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toBe(policyOf(forDistribution));
      expect(await refusal(s3.send(new HeadBucketCommand({ Bucket: other })))).toMatchObject({ status: 404 });
    }
  });

  it("public access is all blocked in a new bucket, and is what was put last", async () => {
    await s3.send(new CreateBucketCommand({ Bucket }));
    const get = async () =>
      (await s3.send(new GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration;
    const all = {
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: true,
    };
    expect(await get()).toEqual(all);
    const PublicAccessBlockConfiguration = { IgnorePublicAcls: true };
    await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
    expect(await get()).toEqual({
      BlockPublicAcls: false,
      IgnorePublicAcls: true,
      BlockPublicPolicy: false,
      RestrictPublicBuckets: false,
    });
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
    expect(await refusal(get())).toMatchObject({ name: "NoSuchPublicAccessBlockConfiguration", status: 404 });
  });

  it("encryption is always there, by keys of S3", async () => {
    await s3.send(new CreateBucketCommand({ Bucket }));
    const get = async () =>
      (await s3.send(new GetBucketEncryptionCommand({ Bucket }))).ServerSideEncryptionConfiguration?.Rules;
    const rule = (BucketKeyEnabled: boolean) => [
      { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" }, BucketKeyEnabled },
    ];
    expect(await get()).toEqual(rule(false));
    const put = (SSEAlgorithm: "AES256" | "aws:kms") =>
      s3.send(
        new PutBucketEncryptionCommand({
          Bucket,
          ServerSideEncryptionConfiguration: {
            Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm }, BucketKeyEnabled: true }],
          },
        }),
      );
    await put("AES256");
    expect(await get()).toEqual(rule(true));
    expect(await refusal(put("aws:kms"))).toMatchObject({ name: "NotImplemented" });
    await s3.send(new DeleteBucketEncryptionCommand({ Bucket }));
    expect(await get()).toEqual(rule(false));
  });

  it("a policy comes back as it was put, until it is deleted", async () => {
    await s3.send(new CreateBucketCommand({ Bucket }));
    const get = () => s3.send(new GetBucketPolicyCommand({ Bucket }));
    expect(await refusal(get())).toMatchObject({ name: "NoSuchBucketPolicy", status: 404 });
    const text = `{"Statement": [${JSON.stringify(forDistribution)} ] }`;
    await putPolicy(text);
    expect((await get()).Policy).toBe(text);
    await s3.send(new DeleteBucketPolicyCommand({ Bucket }));
    expect(await refusal(get())).toMatchObject({ name: "NoSuchBucketPolicy" });
  });

  it.each<[string, string, string]>([
    ["text that is no JSON", "Allow all", "first byte"],
    [
      "a user who does not exist",
      policyOf({ ...forDistribution, Principal: { AWS: "arn:aws:iam::111122223333:user/none" } }),
      "Invalid principal",
    ],
    [
      "a service by half its name",
      policyOf({ ...forDistribution, Principal: { Service: "cloudfront" } }),
      "Invalid principal",
    ],
    ["nobody at all", policyOf({ ...forDistribution, Principal: {} }), "Invalid principal"],
    [
      "another bucket",
      policyOf({ ...forDistribution, Resource: "arn:aws:s3:::other/*" }),
      "invalid resource",
    ],
    ["everything there is", policyOf({ ...forDistribution, Resource: "*" }), "invalid resource"],
    ["objects' action on the bucket", policyOf({ ...forDistribution, Resource: arn }), "does not apply"],
    [
      "bucket's action on objects",
      policyOf({ ...forDistribution, Action: ["s3:GetObject", "s3:ListBucket"] }),
      "does not apply",
    ],
    [
      "another service's action",
      policyOf({ ...forDistribution, Action: "cloudfront:GetDistribution" }),
      "invalid action",
    ],
    ["a field of nobody's", policyOf({ ...forDistribution, Principals: "*" }), "Unknown field Principals"],
    ["no effect", policyOf({ ...forDistribution, Effect: undefined }), "Effect"],
    [
      "an unknown version",
      JSON.stringify({ Version: "2020-01-01", Statement: [forDistribution] }),
      "Version",
    ],
    ["no statement", policyOf(), "Statement"],
    ["more than 20 KB", policyOf({ ...forDistribution, Sid: "x".repeat(20_480) }), "maximum"],
  ])("a policy is malformed: %s", async (_, text, message) => {
    await s3.send(new CreateBucketCommand({ Bucket }));
    expect(await refusal(putPolicy(text))).toMatchObject({
      name: "MalformedPolicy",
      status: 400,
      message: expect.stringContaining(message),
    });
  });

  const everybody = { ...forDistribution, Principal: "*", Condition: undefined };

  it.each<[string, object, boolean]>([
    ["everybody", everybody, true],
    ["everybody with an AWS account", { ...everybody, Principal: { AWS: "*" } }, true],
    [
      "everybody from any distribution",
      {
        ...everybody,
        Condition: { ArnLike: { "AWS:SourceArn": "arn:aws:cloudfront::111122223333:distribution/*" } },
      },
      true,
    ],
    ["everybody from one distribution", { ...everybody, Condition: forDistribution.Condition }, false],
    ["an account", { ...everybody, Principal: { AWS: "999999999999" } }, false],
    ["CloudFront for whom it likes", { ...forDistribution, Condition: undefined }, false],
    [
      "nobody without TLS",
      { ...everybody, Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } },
      false,
    ],
  ])("a policy that is for %s counts as public or not", async (_, statement, isPublic) => {
    await s3.send(new CreateBucketCommand({ Bucket }));
    const put = putPolicy(policyOf(statement));
    if (isPublic) expect(await refusal(put)).toMatchObject({ name: "AccessDenied", status: 403 });
    else await put;
  });

  it("a public policy lets everybody in, unless the bucket is restricted", async () => {
    await makeSite();
    const block = (RestrictPublicBuckets: boolean) =>
      s3.send(
        new PutPublicAccessBlockCommand({
          Bucket,
          PublicAccessBlockConfiguration: { RestrictPublicBuckets },
        }),
      );
    await block(false);
    await putPolicy(policyOf(everybody));
    const anonymous = connected.s3With({ signer: { sign: async (request) => request } });
    const get = (client: S3Client) => client.send(new GetObjectCommand({ Bucket, Key: "index.html" }));
    const stranger = connected.s3With({ credentials: connected.cloud.credentialsOf("999999999999") });
    await get(anonymous);
    await get(stranger);
    await block(true);
    expect(await refusal(get(anonymous))).toMatchObject({ name: "AccessDenied", status: 403 });
    expect(await refusal(get(stranger))).toMatchObject({ name: "AccessDenied", status: 403 });
    await get(s3);
  });

  it("a policy lends to another account, whose own policies must allow it too", async () => {
    await makeSite();
    const Principal = { AWS: "arn:aws:iam::999999999999:root" };
    const get = (client: S3Client) => client.send(new GetObjectCommand({ Bucket, Key: "index.html" }));
    const stranger = connected.s3With({ credentials: connected.cloud.credentialsOf("999999999999") });
    expect(await refusal(get(stranger))).toMatchObject({
      name: "AccessDenied",
      message: expect.stringContaining("no resource-based policy allows the s3:GetObject action"),
    });
    await putPolicy(policyOf({ ...forDistribution, Principal, Condition: undefined }));
    await get(stranger);
    expect(await refusal(putPolicy(policyOf(forDistribution), stranger))).toMatchObject({
      name: "AccessDenied",
    });
  });

  it("inside an account a policy is enough for a user that it names, and a deny is for everybody but root's way back", async () => {
    await makeSite();
    const user = connected.cloud.addCredentials({ kind: "user", name: "reader" });
    const reader = connected.s3With({ credentials: user });
    const root = connected.s3With({ credentials: connected.cloud.addCredentials({ kind: "root" }) });
    const get = (client: S3Client) => client.send(new GetObjectCommand({ Bucket, Key: "index.html" }));
    const account = { AWS: "111122223333" };
    await putPolicy(policyOf({ ...forDistribution, Principal: account, Condition: undefined }));
    expect(await refusal(get(reader))).toMatchObject({ name: "AccessDenied" });
    const named = { AWS: "arn:aws:iam::111122223333:user/reader" };
    await putPolicy(policyOf({ ...forDistribution, Principal: named, Condition: undefined }));
    await get(reader);
    const nothing = { Effect: "Deny", Principal: "*", Action: "s3:*", Resource: [arn, `${arn}/*`] };
    await putPolicy(policyOf(nothing));
    for (const client of [s3, reader, root]) {
      expect(await refusal(get(client))).toMatchObject({
        message: expect.stringContaining("with an explicit deny in a resource-based policy"),
      });
    }
    expect(await refusal(putPolicy(policyOf(forDistribution)))).toMatchObject({ name: "AccessDenied" });
    await root.send(new DeleteBucketPolicyCommand({ Bucket }));
    await get(s3);
  });

  it("siteOrigin reads for the distribution that the policy names, and for no other", async () => {
    await makeSite();
    expect(await read("/index.html")).toMatchObject({ status: 403, code: "AccessDenied" });
    await putPolicy(policyOf(forDistribution));
    const { answer } = await read("/index.html");
    expect(answer.headers.get("content-type")).toBe("text/html");
    expect(await answer.text()).toBe("<h1>hello</h1>");
    expect(await read("/index.html", `${distribution}X`)).toMatchObject({
      status: 403,
      code: "AccessDenied",
    });
    const head = await connected.cloud.siteOrigin(distribution)(
      `${Bucket}.s3.us-east-1.amazonaws.com`,
      "/index.html",
      { method: "HEAD" },
    );
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "14", ""]);
  });

  it.each([
    { ArnLike: { "aws:SourceArn": "arn:aws:cloudfront::111122223333:distribution/*" } },
    { StringEquals: { "aws:SourceAccount": "111122223333" } },
  ])("siteOrigin is let in by the condition %o", async (Condition) => {
    await makeSite();
    await putPolicy(policyOf({ ...forDistribution, Condition }));
    expect(await read("/index.html")).toMatchObject({ status: 200 });
    const elsewhere = "arn:aws:cloudfront::999999999999:distribution/E2EXAMPLE";
    expect(await read("/index.html", elsewhere)).toMatchObject({ status: 403 });
  });

  it("siteOrigin refuses a key that is not there, and says that it is not there only when it may list", async () => {
    await makeSite();
    await putPolicy(policyOf(forDistribution));
    expect(await read("/nothing.html")).toMatchObject({ status: 403, code: "AccessDenied" });
    expect(await read("/")).toMatchObject({ status: 403, code: "AccessDenied" });
    await putPolicy(
      policyOf(forDistribution, { ...forDistribution, Action: "s3:ListBucket", Resource: arn }),
    );
    expect(await read("/nothing.html")).toMatchObject({ status: 404, code: "NoSuchKey" });
  });

  it("siteOrigin unsigned is everybody; a bucket elsewhere or nowhere is refused in S3's words", async () => {
    await makeSite();
    await putPolicy(policyOf(forDistribution));
    const ask = connected.cloud.siteOrigin(distribution);
    const unsigned = await ask(`${Bucket}.s3.us-east-1.amazonaws.com`, "/index.html", { signed: false });
    expect(unsigned.status).toBe(403);
    expect((await ask(`${Bucket}.s3.eu-west-1.amazonaws.com`, "/index.html")).status).toBe(301);
    expect((await ask("none-here.s3.us-east-1.amazonaws.com", "/index.html")).status).toBe(404);
    await expect(ask("www.example.com", "/")).rejects.toThrow(TypeError);
  });
});
