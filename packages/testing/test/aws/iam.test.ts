import {
  CreateTrustStoreCommand,
  DescribeListenersCommand,
  ModifyListenerCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { GetRoleCommand, IAMClient, SimulatePrincipalPolicyCommand } from "@aws-sdk/client-iam";
import { GetObjectCommand, HeadBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterEach, describe, expect, it } from "vitest";
import {
  aws,
  type PolicyStatement,
  type PrincipalOptions,
  simulate,
  turnableClock,
} from "../../src/index.ts";
import { connectedCloud, refusal, ways } from "./cloud.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const allow = (...Action: readonly string[]): PolicyStatement => ({ Effect: "Allow", Action, Resource: "*" });
const userWith = (...Statement: readonly PolicyStatement[]): PrincipalOptions => ({
  kind: "user",
  policies: [{ Statement }],
});

/** IAM and STS alone, with clients for one principal. */
async function connected(principal: PrincipalOptions, way: (typeof ways)[number] = "on loopback") {
  const clock = turnableClock();
  const cloud = aws({ clock });
  const credentials = cloud.addCredentials(principal);
  const simulation = simulate({ services: [cloud.iam, cloud.sts], clock });
  const listening = way === "on loopback" ? await simulation.listen() : undefined;
  if (listening === undefined) simulation.start();
  open.push(async () => {
    simulation.stop();
    await listening?.close();
  });
  const at = (endpoint: string | undefined) => (endpoint === undefined ? {} : { endpoint });
  const settings = { credentials, maxAttempts: 1 };
  return {
    clock,
    cloud,
    iam: new IAMClient({ ...settings, region: "us-east-1", ...at(listening?.origins.iam) }),
    sts: new STSClient({ ...settings, region: cloud.region, ...at(listening?.origins.sts) }),
  };
}

/** A simulated account whose clients call as a principal, with a bucket and a listener. */
async function account(principal: PrincipalOptions) {
  const world = await connectedCloud("on loopback");
  open.push(world.close);
  world.cloud.createBucket("bundles", { versioning: "Enabled" });
  const listener = world.cloud.addListener(world.cloud.addLoadBalancer("front").arn);
  const credentials = world.cloud.addCredentials(principal);
  return {
    ...world,
    listener,
    credentials,
    elb: world.elbWith({ credentials }),
    s3: world.s3With({ credentials }),
  };
}

describe("sts", () => {
  it.each(ways)("tells who calls, whatever the policies say, %s", async (way) => {
    const user = await connected({ kind: "user", name: "ci", path: "/teams/" }, way);
    expect(await user.sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Arn: "arn:aws:iam::111122223333:user/teams/ci",
      Account: "111122223333",
      UserId: expect.stringMatching(/^AIDA/),
    });
  });

  it("leaves the path of a role out of a session's ARN, and calls root by its account", async () => {
    const role = await connected({ kind: "role", name: "ci", path: "/teams/" });
    expect((await role.sts.send(new GetCallerIdentityCommand({}))).Arn).toBe(
      "arn:aws:sts::111122223333:assumed-role/ci/simulated",
    );
    const root = await connected({ kind: "root" });
    expect(await root.sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Arn: "arn:aws:iam::111122223333:root",
      UserId: "111122223333",
    });
  });

  it("refuses a session that has ended, and one without its token", async () => {
    const { clock, cloud, sts } = await connected({ kind: "role", expiresInSeconds: 60 });
    await sts.send(new GetCallerIdentityCommand({}));
    await clock.advance(60_000);
    expect(await refusal(sts.send(new GetCallerIdentityCommand({})))).toMatchObject({
      name: "ExpiredToken",
      status: 403,
    });
    const { sessionToken: _, ...bare } = cloud.addCredentials({ kind: "role", name: "other" });
    const { endpoint } = sts.config;
    const other = new STSClient({
      region: cloud.region,
      credentials: bare,
      maxAttempts: 1,
      ...(endpoint === undefined ? {} : { endpoint }),
    });
    expect(await refusal(other.send(new GetCallerIdentityCommand({})))).toMatchObject({
      name: "InvalidClientTokenId",
      status: 403,
    });
  });
});

describe("iam", () => {
  const source = "arn:aws:iam::111122223333:user/handfast";
  const ask = (rest: Partial<ConstructorParameters<typeof SimulatePrincipalPolicyCommand>[0]> = {}) =>
    new SimulatePrincipalPolicyCommand({ PolicySourceArn: source, ActionNames: ["s3:PutObject"], ...rest });
  const free = userWith(allow("iam:*", "s3:Get*"), {
    Effect: "Allow",
    Action: "s3:PutObject",
    Resource: "arn:aws:s3:::mine/*",
    Condition: { Bool: { "aws:MultiFactorAuthPresent": "true" } },
  });

  it("answers for any resource in the row itself, for a list inside it", async () => {
    const { iam } = await connected(free);
    const ofAny = await iam.send(ask({ ActionNames: ["s3:GetObject"] }));
    expect(ofAny.EvaluationResults).toMatchObject([
      { EvalActionName: "s3:GetObject", EvalResourceName: "*", EvalDecision: "allowed" },
    ]);
    const ofList = await iam.send(ask({ ResourceArns: ["arn:aws:s3:::mine/a", "arn:aws:s3:::other/a"] }));
    expect(ofList.EvaluationResults).toMatchObject([
      {
        EvalActionName: "s3:PutObject",
        EvalDecision: "implicitDeny",
        MissingContextValues: [],
        ResourceSpecificResults: [
          {
            EvalResourceName: "arn:aws:s3:::mine/a",
            EvalResourceDecision: "implicitDeny",
            MissingContextValues: ["aws:MultiFactorAuthPresent"],
          },
          { EvalResourceName: "arn:aws:s3:::other/a", EvalResourceDecision: "implicitDeny" },
        ],
      },
    ]);
  });

  it("takes context that it is given, and gives few rows at once", async () => {
    const { iam } = await connected(free);
    const ContextEntries = [
      {
        ContextKeyName: "aws:MultiFactorAuthPresent",
        ContextKeyType: "boolean" as const,
        ContextKeyValues: ["true"],
      },
    ];
    const given = await iam.send(ask({ ResourceArns: ["arn:aws:s3:::mine/a"], ContextEntries }));
    expect(given.EvaluationResults?.[0]?.ResourceSpecificResults).toMatchObject([
      { EvalResourceDecision: "allowed" },
    ]);
    const ActionNames = Array.from({ length: 7 }, (_, index) => `s3:GetObject${index}`);
    const first = await iam.send(ask({ ActionNames, MaxItems: 1000 }));
    expect(first).toMatchObject({ IsTruncated: true, Marker: expect.any(String) });
    const second = await iam.send(ask({ ActionNames, Marker: first.Marker }));
    const rows = [...(first.EvaluationResults ?? []), ...(second.EvaluationResults ?? [])];
    expect(rows.map(({ EvalActionName }) => EvalActionName)).toEqual(ActionNames);
    expect(second.IsTruncated).toBe(false);
  });

  it.each([
    ["a session", "arn:aws:sts::111122223333:assumed-role/ci/1", "InvalidInputException", 400],
    ["root", "arn:aws:iam::111122223333:root", "InvalidInputException", 400],
    ["nobody", "arn:aws:iam::111122223333:user/nobody", "NoSuchEntityException", 404],
    [
      "a user in another folder",
      "arn:aws:iam::111122223333:user/teams/handfast",
      "NoSuchEntityException",
      404,
    ],
  ])("refuses to simulate %s", async (_what, PolicySourceArn, name, status) => {
    const { iam } = await connected(free);
    expect(await refusal(iam.send(ask({ PolicySourceArn })))).toMatchObject({ name, status });
  });

  it("refuses what can't be an action, and no action at all", async () => {
    const { iam } = await connected(free);
    expect(await refusal(iam.send(ask({ ActionNames: ["PutObject"] })))).toMatchObject({
      name: "InvalidInputException",
    });
    expect(await refusal(iam.send(ask({ ActionNames: [] })))).toMatchObject({
      name: "ValidationError",
      status: 400,
    });
  });

  it("lets only those simulate, and look roles up, who may", async () => {
    const { iam } = await connected(userWith(allow("s3:*")));
    expect(await refusal(iam.send(ask()))).toEqual({
      name: "AccessDenied",
      status: 403,
      message: `User: ${source} is not authorized to perform: iam:SimulatePrincipalPolicy on resource: ${source} because no identity-based policy allows the iam:SimulatePrincipalPolicy action`,
    });
    expect(await refusal(iam.send(new GetRoleCommand({ RoleName: "ci" })))).toMatchObject({
      name: "AccessDenied",
    });
  });

  it("finds a role by its name, in whatever folder", async () => {
    const role = await connected({
      kind: "role",
      name: "ci",
      path: "/teams/",
      policies: [{ Statement: allow("iam:*") }],
    });
    const { Role } = await role.iam.send(new GetRoleCommand({ RoleName: "ci" }));
    expect(Role?.Arn).toBe("arn:aws:iam::111122223333:role/teams/ci");
    expect(await refusal(role.iam.send(new GetRoleCommand({ RoleName: "no" })))).toMatchObject({
      name: "NoSuchEntityException",
      status: 404,
    });
  });

  it("is signed for us-east-1 alone", async () => {
    const { cloud, iam } = await connected(free);
    const { endpoint } = iam.config;
    const wrong = new IAMClient({
      region: "eu-west-1",
      credentials: cloud.credentials,
      maxAttempts: 1,
      ...(endpoint === undefined ? {} : { endpoint }),
    });
    expect(await refusal(wrong.send(ask()))).toMatchObject({ name: "SignatureDoesNotMatch", status: 403 });
  });
});

describe("aws policies", () => {
  it("are enforced by ELBv2, by action and by resource, before anything else is looked at", async () => {
    const { elb, listener, cloud, credentials } = await account(
      userWith(allow("elasticloadbalancing:Describe*")),
    );
    await elb.send(new DescribeListenersCommand({ ListenerArns: [listener] }));
    const change = new ModifyListenerCommand({
      ListenerArn: listener,
      MutualAuthentication: { Mode: "nonsense" },
    });
    expect(await refusal(elb.send(change))).toEqual({
      name: "AccessDenied",
      status: 403,
      message: `User: arn:aws:iam::111122223333:user/handfast is not authorized to perform: elasticloadbalancing:ModifyListener on resource: ${listener} because no identity-based policy allows the elasticloadbalancing:ModifyListener action`,
    });
    expect(cloud.rightsAsked(credentials.accessKeyId)).toEqual([
      {
        accessKeyId: credentials.accessKeyId,
        action: "elasticloadbalancing:DescribeListeners",
        resource: "*",
        allowed: true,
      },
      {
        accessKeyId: credentials.accessKeyId,
        action: "elasticloadbalancing:ModifyListener",
        resource: listener,
        allowed: false,
      },
    ]);
  });

  it.each([
    ["the tags of a store that is made", "elasticloadbalancing:AddTags", "AccessDenied"],
    ["the file that a store is made of", "s3:GetObjectVersion", "AccessDenied"],
    ["nothing else", "iam:GetUser", "CaCertificatesBundleNotFound"],
  ])("ask for %s", async (_what, denied, name) => {
    const { elb } = await account(userWith(allow("*"), { Effect: "Deny", Action: denied, Resource: "*" }));
    const create = new CreateTrustStoreCommand({
      Name: "made",
      CaCertificatesBundleS3Bucket: "bundles",
      CaCertificatesBundleS3Key: "no.pem",
      CaCertificatesBundleS3ObjectVersion: "1",
      Tags: [{ Key: "a", Value: "b" }],
    });
    expect((await refusal(elb.send(create))).name.replace("Exception", "")).toBe(name);
  });

  it("are enforced by S3, which tells only those who may list that an object is not there", async () => {
    const put = new PutObjectCommand({ Bucket: "bundles", Key: "a", Body: "a" });
    const get = new GetObjectCommand({ Bucket: "bundles", Key: "no" });
    const reader = await account(userWith(allow("s3:GetObject")));
    expect(await refusal(reader.s3.send(put))).toMatchObject({ name: "AccessDenied", status: 403 });
    expect(await refusal(reader.s3.send(get))).toMatchObject({ name: "AccessDenied", status: 403 });
    expect((await refusal(reader.s3.send(new HeadBucketCommand({ Bucket: "bundles" })))).status).toBe(403);
    const lister = await account(userWith(allow("s3:GetObject", "s3:ListBucket")));
    expect(await refusal(lister.s3.send(get))).toMatchObject({ name: "NoSuchKey", status: 404 });
    await lister.s3.send(new HeadBucketCommand({ Bucket: "bundles" }));
  });

  it("of a session narrow what its role may, and IAM does not know", async () => {
    const Statement = allow("s3:*", "iam:*");
    const role = await account({
      kind: "role",
      policies: [{ Statement }],
      session: { Statement: allow("s3:GetObject") },
    });
    const denied = await refusal(
      role.s3.send(new PutObjectCommand({ Bucket: "bundles", Key: "a", Body: "a" })),
    );
    expect(denied).toMatchObject({
      name: "AccessDenied",
      message: expect.stringContaining("no session policy"),
    });
  });
});
