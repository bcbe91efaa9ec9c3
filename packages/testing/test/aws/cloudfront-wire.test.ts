import {
  CloudFrontClient,
  CreateDistributionCommand,
  CreateOriginAccessControlCommand,
  CreateOriginRequestPolicyCommand,
  DeleteOriginAccessControlCommand,
  DeleteResponseHeadersPolicyCommand,
  GetDistributionCommand,
  GetDistributionConfigCommand,
  GetOriginAccessControlCommand,
  GetOriginRequestPolicyCommand,
  ListCachePoliciesCommand,
  ListDistributionsCommand,
  ListOriginAccessControlsCommand,
  TagResourceCommand,
  UpdateDistributionCommand,
} from "@aws-sdk/client-cloudfront";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { aws, simulate } from "../../src/index.ts";
import { refusal } from "./cloud.ts";
import { type CloudfrontTestWorld, cloudfrontWorld } from "./cloudfront-world.ts";

let world: CloudfrontTestWorld;
let restore: () => void;
beforeAll(async () => {
  world = await cloudfrontWorld();
  restore = world.cloud.snapshot();
});
afterEach(() => {
  restore();
  world.storm.clear();
  world.simulation.log.clear();
});
afterAll(() => world.close());

const list = (client = world.cloudfront) => client.send(new ListDistributionsCommand({}));

describe("the wire of cloudfront", () => {
  it("is reached in the process, at the one endpoint of all regions", async () => {
    const cloud = aws();
    const { id } = cloud.addDistribution();
    const simulation = simulate({ services: [cloud.cloudfront] });
    simulation.start();
    try {
      const client = new CloudFrontClient({ region: "ap-south-1", credentials: cloud.credentials });
      const { Distribution } = await client.send(new GetDistributionCommand({ Id: id }));
      expect(Distribution?.Id).toBe(id);
    } finally {
      simulation.stop();
    }
  });

  it("logs calls by the names of the operations", async () => {
    await list();
    const { id } = world.cloud.addDistribution();
    await world.config(id);
    expect(world.simulation.log.calls.map(({ operation, status }) => [operation, status])).toEqual([
      ["ListDistributions", 200],
      ["GetDistributionConfig", 200],
    ]);
  });

  it("refuses what is not signed, by nobody it knows, for another region, with another key, or from elsewhere", async () => {
    const url = `${world.origins.cloudfront}/2020-05-31/distribution`;
    const unsigned = await fetch(url);
    expect(unsigned.status).toBe(403);
    expect(await unsigned.text()).toMatch(
      /^<ErrorResponse xmlns="http:\/\/cloudfront\.amazonaws\.com\/doc\/2020-05-31\/"><Error><Type>Sender<\/Type><Code>MissingAuthenticationToken</,
    );
    const { accessKeyId, secretAccessKey } = world.cloud.credentials;
    const keyed = (credentials: object) =>
      world.clientWith({ credentials: { accessKeyId, secretAccessKey, ...credentials } });
    expect(await refusal(list(keyed({ accessKeyId: "AKIA0" })))).toMatchObject({
      name: "InvalidClientTokenId",
    });
    expect(await refusal(list(keyed({ secretAccessKey: "x" })))).toMatchObject({
      name: "SignatureDoesNotMatch",
    });
    const elsewhere = world.clientWith({ credentials: world.cloud.credentialsOf("444455556666") });
    expect(await refusal(list(elsewhere))).toMatchObject({ name: "AccessDenied", status: 403 });
    const client = world.clientWith({ region: "eu-west-1" });
    expect(await refusal(list(client))).toMatchObject({ name: "SignatureDoesNotMatch", status: 403 });
  });

  it("holds signatures over paths and queries that are encoded", async () => {
    const id = "E1 (not):there/";
    const get = new GetDistributionConfigCommand({ Id: id });
    expect(await refusal(world.cloudfront.send(get))).toMatchObject({ name: "NoSuchDistribution" });
    const { arn } = world.cloud.addDistribution();
    await world.cloudfront.send(
      new TagResourceCommand({ Resource: arn, Tags: { Items: [{ Key: "ä", Value: "ö" }] } }),
    );
  });

  it("refuses an operation that is not simulated", async () => {
    expect(await refusal(world.cloudfront.send(new ListCachePoliciesCommand({})))).toMatchObject({
      name: "InvalidAction",
      status: 400,
    });
  });

  it("asks IAM for each operation, on the distribution that it is about", async () => {
    const { id, arn } = world.cloud.addDistribution();
    const { id: other } = world.cloud.addDistribution();
    const Action = [
      "cloudfront:GetDistribution*",
      "cloudfront:ListDistributions",
      "cloudfront:CreateDistribution",
    ];
    const credentials = world.cloud.addCredentials({
      kind: "user",
      policies: [{ Statement: { Effect: "Allow", Action, Resource: arn } }],
    });
    const client = world.clientWith({ credentials });
    const { DistributionConfig, ETag } = await client.send(new GetDistributionConfigCommand({ Id: id }));
    const denied = { name: "AccessDenied", status: 403 };
    expect(await refusal(client.send(new GetDistributionConfigCommand({ Id: other })))).toMatchObject(denied);
    expect(await refusal(list(client))).toMatchObject(denied);
    const update = new UpdateDistributionCommand({ Id: id, IfMatch: ETag, DistributionConfig });
    expect(await refusal(client.send(update))).toMatchObject(denied);
    expect(await refusal(client.send(new CreateDistributionCommand({ DistributionConfig })))).toMatchObject(
      denied,
    );
    expect(
      world.cloud.rightsAsked(credentials.accessKeyId).map(({ action, resource }) => [action, resource]),
    ).toEqual([
      ["cloudfront:GetDistributionConfig", arn],
      ["cloudfront:GetDistributionConfig", arn.replace(id, other)],
      ["cloudfront:ListDistributions", "*"],
      ["cloudfront:UpdateDistribution", arn],
      ["cloudfront:CreateDistribution", arn.replace(id, "*")],
    ]);
  });

  it("meets faults: throttling, lost answers, and reads of what was", async () => {
    const { id } = world.cloud.addDistribution();
    world.storm.add({ service: "cloudfront", operation: "ListDistributions", fault: { kind: "throttle" } });
    expect(await refusal(list())).toMatchObject({ name: "Throttling", status: 400 });
    world.storm.add({ operation: "UpdateDistribution", moment: "after", fault: { kind: "cut" } });
    await expect(world.update(id, () => ({ Comment: "new" }))).rejects.toThrow();
    expect((await world.config(id)).DistributionConfig?.Comment).toBe("new");
    world.storm.add({ operation: "GetDistributionConfig", fault: { kind: "stale" } });
    expect((await world.config(id)).DistributionConfig?.Comment).toBe("front");
  });
});

describe("origin access controls and policies", () => {
  const control = (Name: string) =>
    world.cloudfront.send(
      new CreateOriginAccessControlCommand({
        OriginAccessControlConfig: {
          Name,
          Description: "for <sites>",
          SigningProtocol: "sigv4",
          SigningBehavior: "always",
          OriginAccessControlOriginType: "s3",
        },
      }),
    );

  it("are made, read, listed, and deleted unless a distribution uses them", async () => {
    const { OriginAccessControl, ETag, Location } = await control("mine");
    const Id = OriginAccessControl?.Id ?? "";
    expect(Location).toBe(`https://cloudfront.amazonaws.com/2020-05-31/origin-access-control/${Id}`);
    expect(await refusal(control("mine"))).toMatchObject({
      name: "OriginAccessControlAlreadyExists",
      status: 409,
    });
    expect(
      (await world.cloudfront.send(new GetOriginAccessControlCommand({ Id }))).OriginAccessControl,
    ).toEqual(OriginAccessControl);
    const { OriginAccessControlList } = await world.cloudfront.send(new ListOriginAccessControlsCommand({}));
    expect(OriginAccessControlList?.Items).toEqual([
      { Id, ...OriginAccessControl?.OriginAccessControlConfig },
    ]);

    const remove = () => world.cloudfront.send(new DeleteOriginAccessControlCommand({ Id, IfMatch: ETag }));
    const putBack = world.cloud.snapshot();
    world.cloud.addDistribution({
      origins: [{ id: "site", kind: "s3", domainName: "site", accessControl: Id }],
    });
    expect(await refusal(remove())).toMatchObject({ name: "OriginAccessControlInUse", status: 409 });
    putBack();
    await remove();
    expect(await refusal(remove())).toMatchObject({ name: "NoSuchOriginAccessControl", status: 404 });
  });

  it("are there from the start where AWS keeps them, and can't be deleted", async () => {
    const Id = "216adef6-5c7f-47e4-b989-5492eafa07d3";
    const { OriginRequestPolicy } = await world.cloudfront.send(new GetOriginRequestPolicyCommand({ Id }));
    expect(OriginRequestPolicy?.OriginRequestPolicyConfig).toMatchObject({
      Name: "Managed-AllViewer",
      HeadersConfig: { HeaderBehavior: "allViewer" },
    });
    const managed = new DeleteResponseHeadersPolicyCommand({
      Id: "67f7725c-6f97-4210-82d7-5512b31e9d03",
      IfMatch: "E1",
    });
    expect(await refusal(world.cloudfront.send(managed))).toMatchObject({
      name: "IllegalDelete",
      status: 403,
    });
  });

  it("are checked as configurations of distributions are", async () => {
    const wrong = new CreateOriginRequestPolicyCommand({
      OriginRequestPolicyConfig: {
        Name: "wrong",
        HeadersConfig: { HeaderBehavior: "whitelist", Headers: { Quantity: 2, Items: ["one"] } },
        CookiesConfig: { CookieBehavior: "none" },
        QueryStringsConfig: { QueryStringBehavior: "none" },
      },
    });
    expect(await refusal(world.cloudfront.send(wrong))).toMatchObject({
      name: "InconsistentQuantities",
      status: 400,
    });
  });
});
