import {
  CreateDistributionCommand,
  CreateDistributionWithTagsCommand,
  DeleteDistributionCommand,
  type DistributionConfig,
  GetDistributionCommand,
  ListDistributionsCommand,
  ListTagsForResourceCommand,
  paginateListDistributions,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateDistributionCommand,
} from "@aws-sdk/client-cloudfront";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { refusal } from "./cloud.ts";
import { type CloudfrontTestWorld, cloudfrontWorld } from "./cloudfront-world.ts";

let world: CloudfrontTestWorld;
let restore: () => void;
beforeAll(async () => {
  world = await cloudfrontWorld();
  restore = world.cloud.snapshot();
});
afterEach(() => restore());
afterAll(() => world.close());

const extra =
  "<CacheTagConfig><HeaderName>x-tag</HeaderName></CacheTagConfig><Later><Than>today</Than></Later>";
const status = async (Id: string) =>
  (await world.cloudfront.send(new GetDistributionCommand({ Id }))).Distribution?.Status;

const plain: DistributionConfig = {
  CallerReference: "one",
  Comment: "",
  Enabled: true,
  Origins: {
    Quantity: 1,
    Items: [
      {
        Id: "app",
        DomainName: "app.example.com",
        CustomOriginConfig: { HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: "https-only" },
      },
    ],
  },
  DefaultCacheBehavior: {
    TargetOriginId: "app",
    ViewerProtocolPolicy: "redirect-to-https",
    CachePolicyId: "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
  },
};
const create = (change: Partial<DistributionConfig> = {}) =>
  world.cloudfront.send(new CreateDistributionCommand({ DistributionConfig: { ...plain, ...change } }));

describe("UpdateDistribution", () => {
  it("keeps elements that the client does not know, when the client sends them back", async () => {
    const { id } = world.cloud.addDistribution({
      extra,
      origins: [{ id: "app", domainName: "app.example.com", extra: "<Tomorrow>1</Tomorrow>" }],
    });
    const { xml, etag } = await world.readRaw(id);
    expect(xml).toContain("<Later><Than>today</Than></Later>");
    await world.writeRaw(id, {
      xml: xml.replace("<Comment>front</Comment>", "<Comment>new</Comment>"),
      etag,
    });
    const after = await world.readRaw(id);
    expect(after.xml).toBe(xml.replace("<Comment>front</Comment>", "<Comment>new</Comment>"));
    expect(after.xml).toContain("<Tomorrow>1</Tomorrow>");
    expect(after.etag).not.toBe(etag);
  });

  it("drops what the client dropped", async () => {
    const { id } = world.cloud.addDistribution({ extra });
    await world.update(id, () => ({ Comment: "new" }));
    const { xml } = await world.readRaw(id);
    expect(xml).toContain("<Comment>new</Comment>");
    expect(xml).toContain("CacheTagConfig");
    expect(xml).not.toContain("Later");
  });

  it.each([
    ["no version", undefined, "InvalidIfMatchVersion", 400],
    ["a version with quotes", '"E2QWRUHAPOMQZL"', "InvalidIfMatchVersion", 400],
    ["an old version", "E2QWRUHAPOMQZL", "PreconditionFailed", 412],
  ])("refuses %s", async (_, etag, name, code) => {
    const { id } = world.cloud.addDistribution();
    const { xml } = await world.readRaw(id);
    expect(await refusal(world.writeRaw(id, { xml, etag }))).toMatchObject({ name, status: code });
    expect((await world.readRaw(id)).xml).toBe(xml);
  });

  it("is InProgress for a while, takes further updates meanwhile, and is Deployed after the last one", async () => {
    const { id } = world.cloud.addDistribution();
    expect(await status(id)).toBe("Deployed");
    await world.update(id, () => ({ Comment: "first" }));
    await world.clock.advance(200_000);
    await world.update(id, () => ({ Comment: "second" }));
    await world.clock.advance(299_000);
    expect(await status(id)).toBe("InProgress");
    await world.clock.advance(1_000);
    expect(await status(id)).toBe("Deployed");
  });

  it("answers NoSuchDistribution, and takes no body for MissingBody", async () => {
    const { id } = world.cloud.addDistribution();
    const { xml, etag } = await world.readRaw(id);
    expect(await refusal(world.writeRaw("E0", { xml, etag }))).toMatchObject({
      name: "NoSuchDistribution",
      status: 404,
    });
    const empty = new UpdateDistributionCommand({ Id: id, IfMatch: etag, DistributionConfig: undefined });
    expect(await refusal(world.cloudfront.send(empty))).toMatchObject({ name: "MissingBody", status: 400 });
  });

  it.each<[string, (xml: string) => string, string]>([
    ["another caller reference", (xml) => xml.replace("simulated-", "simulated-0"), "IllegalUpdate"],
    ["no Comment", (xml) => xml.replace("<Comment>front</Comment>", ""), "MalformedXML"],
    [
      "no Enabled",
      (xml) => xml.replace("<PriceClass>PriceClass_100</PriceClass><Enabled>true</Enabled>", ""),
      "MalformedXML",
    ],
    [
      "no default behaviour",
      (xml) => xml.replace(/<DefaultCacheBehavior>.*<\/DefaultCacheBehavior>/, ""),
      "MalformedXML",
    ],
    [
      "no origin",
      (xml) => xml.replace(/<Origins>.*<\/Origins>/, "<Origins><Quantity>0</Quantity></Origins>"),
      "InvalidArgument",
    ],
    ["no port", (xml) => xml.replace("<HTTPSPort>443</HTTPSPort>", ""), "MalformedXML"],
    [
      "an origin of two kinds",
      (xml) =>
        xml.replace(
          "<CustomOriginConfig>",
          "<S3OriginConfig><OriginAccessIdentity/></S3OriginConfig><CustomOriginConfig>",
        ),
      "InvalidOrigin",
    ],
    [
      "a quantity below what it counts",
      (xml) => xml.replace("<Origins><Quantity>2<", "<Origins><Quantity>1<"),
      "InconsistentQuantities",
    ],
    [
      "a quantity above what it counts",
      (xml) => xml.replace("<Origins><Quantity>2<", "<Origins><Quantity>3<"),
      "InconsistentQuantities",
    ],
    ["a value that is none of those", (xml) => xml.replace(">http2<", ">http4<"), "MalformedXML"],
    [
      "a mode of another provider",
      (xml) => xml.replace("<Staging>", "<ViewerMtlsConfig><Mode>verify</Mode></ViewerMtlsConfig><Staging>"),
      "MalformedXML",
    ],
    ["a flag that is neither", (xml) => xml.replace("<Compress>true<", "<Compress>yes<"), "MalformedXML"],
    [
      "an origin that is not there",
      (xml) => xml.replace(">app</TargetOriginId>", ">ape</TargetOriginId>"),
      "NoSuchOrigin",
    ],
    ["a cache policy that is not there", (xml) => xml.replace("4135ea2d", "5135ea2d"), "NoSuchCachePolicy"],
    [
      "an origin request policy that is not there",
      (xml) => xml.replace("b689b0a8", "c689b0a8"),
      "NoSuchOriginRequestPolicy",
    ],
    [
      "a response headers policy that is not there",
      (xml) => xml.replace("67f7725c", "77f7725c"),
      "NoSuchResponseHeadersPolicy",
    ],
    [
      "an access control that is not there",
      (xml) => xml.replace(/(<OriginAccessControlId>)E/, "$1X"),
      "InvalidOriginAccessControl",
    ],
    [
      "a default root object with a slash",
      (xml) => xml.replace(">index.html<", ">/index.html<"),
      "InvalidDefaultRootObject",
    ],
    ["another namespace", (xml) => xml.replace("2020-05-31", "2019-03-26"), "MalformedXML"],
    ["another root", (xml) => xml.replaceAll("DistributionConfig", "Distribution"), "MalformedXML"],
    ["half a document", (xml) => xml.slice(0, -30), "MalformedXML"],
    ["a document type", (xml) => xml.replace("?>", "?><!DOCTYPE x [<!ENTITY a 'b'>]>"), "MalformedXML"],
  ])("refuses %s, and changes nothing", async (_, change, name) => {
    const { id } = world.cloud.addDistribution();
    const { xml, etag } = await world.readRaw(id);
    expect(change(xml)).not.toBe(xml);
    expect(await refusal(world.writeRaw(id, { xml: change(xml), etag }))).toMatchObject({ name });
    expect(await world.readRaw(id)).toEqual({ xml, etag });
  });
});

describe("CreateDistribution", () => {
  it("answers with ids, a name, a location and a version; what was sent comes back", async () => {
    const { Distribution, ETag, Location } = await create();
    expect(Distribution).toMatchObject({
      ARN: `arn:aws:cloudfront::111122223333:distribution/${Distribution?.Id}`,
      DomainName: expect.stringMatching(/^d[a-z0-9]{14}\.cloudfront\.net$/),
      Status: "InProgress",
      DistributionConfig: plain,
    });
    expect(Location).toBe(`https://cloudfront.amazonaws.com/2020-05-31/distribution/${Distribution?.Id}`);
    expect(ETag).toMatch(/^E[A-Z0-9]+$/);
    expect((await world.config(Distribution?.Id ?? "")).ETag).toBe(ETag);
  });

  it("refuses a caller reference that was used, and a name that another distribution answers to", async () => {
    await create();
    expect(await refusal(create())).toMatchObject({ name: "DistributionAlreadyExists", status: 409 });
    world.cloud.addDistribution({ aliases: ["www.example.com"] });
    const aliases = { Aliases: { Quantity: 1, Items: ["www.example.com"] } };
    const ViewerCertificate = { IAMCertificateId: "ASCA1", SSLSupportMethod: "sni-only" as const };
    const taken = { CallerReference: "two", ...aliases, ViewerCertificate };
    expect(await refusal(create(taken))).toMatchObject({ name: "CNAMEAlreadyExists", status: 409 });
  });

  it("takes tags along, which the tagging operations read, add to and remove", async () => {
    const { Distribution } = await world.cloudfront.send(
      new CreateDistributionWithTagsCommand({
        DistributionConfigWithTags: {
          DistributionConfig: plain,
          Tags: { Items: [{ Key: "a", Value: "1" }] },
        },
      }),
    );
    const Resource = Distribution?.ARN ?? "";
    const tags = async () =>
      (await world.cloudfront.send(new ListTagsForResourceCommand({ Resource }))).Tags?.Items;
    const add = (Key: string, Value: string) =>
      world.cloudfront.send(new TagResourceCommand({ Resource, Tags: { Items: [{ Key, Value }] } }));
    await add("b", "2");
    await add("a", "3");
    expect(await tags()).toEqual([
      { Key: "a", Value: "3" },
      { Key: "b", Value: "2" },
    ]);
    await world.cloudfront.send(new UntagResourceCommand({ Resource, TagKeys: { Items: ["a"] } }));
    expect(await tags()).toEqual([{ Key: "b", Value: "2" }]);
    expect(await refusal(add("aws:a", "1"))).toMatchObject({ name: "InvalidTagging", status: 400 });
    const nowhere = new ListTagsForResourceCommand({ Resource: `${Resource}X` });
    expect(await refusal(world.cloudfront.send(nowhere))).toMatchObject({
      name: "NoSuchResource",
      status: 404,
    });
    const wrong = new ListTagsForResourceCommand({ Resource: "E1" });
    expect(await refusal(world.cloudfront.send(wrong))).toMatchObject({
      name: "InvalidArgument",
      status: 400,
    });
  });
});

describe("DeleteDistribution", () => {
  it("takes one that is disabled everywhere, at its version, and no other", async () => {
    const { id } = world.cloud.addDistribution();
    const remove = (IfMatch: string | undefined) =>
      world.cloudfront.send(new DeleteDistributionCommand({ Id: id, IfMatch }));
    const enabled = await world.config(id);
    expect(await refusal(remove(enabled.ETag))).toMatchObject({
      name: "DistributionNotDisabled",
      status: 409,
    });
    const { ETag } = await world.update(id, () => ({ Enabled: false }));
    expect(await refusal(remove(ETag))).toMatchObject({ name: "DistributionNotDisabled" });
    await world.clock.advance(300_000);
    expect(await refusal(remove(undefined))).toMatchObject({ name: "InvalidIfMatchVersion", status: 400 });
    expect(await refusal(remove(enabled.ETag))).toMatchObject({ name: "PreconditionFailed", status: 412 });
    await remove(ETag);
    expect(await refusal(remove(ETag))).toMatchObject({ name: "NoSuchDistribution", status: 404 });
  });
});

describe("ListDistributions", () => {
  it("lists in pages, all of them once, with what the configuration says", async () => {
    const ids = Array.from({ length: 5 }, () => world.cloud.addDistribution({ extra }).id);
    const listed: (string | undefined)[] = [];
    const pages = paginateListDistributions({ client: world.cloudfront, pageSize: 2 }, {});
    for await (const { DistributionList } of pages) {
      for (const item of DistributionList?.Items ?? []) listed.push(item.Id);
      expect(DistributionList?.MaxItems).toBe(2);
    }
    expect(listed).toEqual(ids);
    const { DistributionList } = await world.cloudfront.send(new ListDistributionsCommand({ MaxItems: 1 }));
    expect(DistributionList).toMatchObject({ IsTruncated: true, Quantity: 1 });
    expect(DistributionList?.Items?.[0]).toMatchObject({
      Status: "Deployed",
      HttpVersion: "http2",
      Origins: { Quantity: 2 },
      CacheBehaviors: { Items: [{ PathPattern: "/api/*" }] },
    });
  });

  it("lists nothing without an item, and refuses a marker that it did not give", async () => {
    const { DistributionList } = await world.cloudfront.send(new ListDistributionsCommand({}));
    expect(DistributionList).toMatchObject({ IsTruncated: false, Quantity: 0, MaxItems: 100 });
    expect(DistributionList?.Items).toBeUndefined();
    const wrong = new ListDistributionsCommand({ Marker: "E1" });
    expect(await refusal(world.cloudfront.send(wrong))).toMatchObject({
      name: "InvalidArgument",
      status: 400,
    });
  });
});
