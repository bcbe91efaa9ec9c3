import {
  CreateConnectionFunctionCommand,
  CreateOriginRequestPolicyCommand,
  type DistributionConfig,
  ListDistributionsByConnectionFunctionCommand,
  type OriginRequestPolicyHeaderBehavior,
  PublishConnectionFunctionCommand,
} from "@aws-sdk/client-cloudfront";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { NewDistribution } from "../../src/index.ts";
import { refusal } from "./cloud.ts";
import { type CloudfrontTestWorld, cloudfrontWorld } from "./cloudfront-world.ts";
import { issue } from "./issue.ts";
import { hasOpenssl } from "./openssl.ts";

const caExtensions = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"];
let world: CloudfrontTestWorld;
let restore: () => void;
let store = "";
let site = "";
let client = "";
beforeAll(async () => {
  if (!hasOpenssl) return;
  world = await cloudfrontWorld({ cloudfront: { lags: { flap: 0 } } });
  await world.put("root", issue("root", { extensions: caExtensions }).certificate);
  store = await world.store("first", "root");
  const names = ["subjectAltName=DNS:www.example.com,DNS:*.example.org", "extendedKeyUsage=serverAuth"];
  site = await world.importCertificate(issue("site", { extensions: names }));
  client = await world.importCertificate(issue("client", { extensions: ["extendedKeyUsage=clientAuth"] }));
  await world.clock.advance(20_000);
  restore = world.cloud.snapshot();
});
afterEach(() => restore());
afterAll(() => world?.close());

const invalid = { name: "InvalidArgument", status: 400 };
const app = { id: "app", domainName: "app.example.com" };
const behaviour = { origin: "app" };
const policy = async (HeaderBehavior: OriginRequestPolicyHeaderBehavior, ...Items: readonly string[]) => {
  const { OriginRequestPolicy } = await world.cloudfront.send(
    new CreateOriginRequestPolicyCommand({
      OriginRequestPolicyConfig: {
        Name: "passed-on",
        HeadersConfig: {
          HeaderBehavior,
          ...(Items.length === 0 ? {} : { Headers: { Quantity: Items.length, Items: [...Items] } }),
        },
        CookiesConfig: { CookieBehavior: "none" },
        QueryStringsConfig: { QueryStringBehavior: "none" },
      },
    }),
  );
  return OriginRequestPolicy?.Id ?? "";
};
const change = (distribution: NewDistribution, config: Partial<DistributionConfig>) =>
  world.update(world.cloud.addDistribution(distribution).id, () => config);
const required = (): Partial<DistributionConfig> => ({
  ViewerMtlsConfig: { Mode: "required", TrustStoreConfig: { TrustStoreId: store } },
});
const passthrough: Partial<DistributionConfig> = { ViewerMtlsConfig: { Mode: "passthrough" } };

describe.runIf(hasOpenssl)("UpdateDistribution takes viewer mTLS", () => {
  it.each(["required", "optional"] as const)("in mode %s, and tells of it in lists", async (Mode) => {
    const TrustStoreConfig = {
      TrustStoreId: store,
      AdvertiseTrustStoreCaNames: true,
      IgnoreCertificateExpiry: true,
    };
    const { Distribution } = await change({}, { ViewerMtlsConfig: { Mode, TrustStoreConfig } });
    expect(Distribution?.DistributionConfig?.ViewerMtlsConfig).toEqual({ Mode, TrustStoreConfig });
  });

  it.each<[string, NewDistribution, () => Partial<DistributionConfig>]>([
    ["HTTP/3", { httpVersion: "http3" }, required],
    ["HTTP/2 and 3", { httpVersion: "http2and3" }, required],
    [
      "plain HTTP at one path",
      {
        origins: [app],
        behaviours: [behaviour, { ...behaviour, pathPattern: "/a", viewerProtocolPolicy: "allow-all" }],
      },
      required,
    ],
    ["no trust store", {}, () => ({ ViewerMtlsConfig: { Mode: "optional" } })],
    ["a connection function without it", {}, () => ({ ConnectionFunctionAssociation: { Id: "cf_1" } })],
  ])("not with %s", async (_, distribution, config) => {
    expect(await refusal(change(distribution, config()))).toMatchObject(invalid);
  });

  it("not with a store or function that is not there", async () => {
    const missing = { name: "EntityNotFound", status: 404 };
    const TrustStoreConfig = { TrustStoreId: "ts_0" };
    expect(
      await refusal(change({}, { ViewerMtlsConfig: { Mode: "required", TrustStoreConfig } })),
    ).toMatchObject(missing);
    const ConnectionFunctionAssociation = { Id: "cf_0" };
    expect(await refusal(change({}, { ...required(), ConnectionFunctionAssociation }))).toMatchObject(
      missing,
    );
  });
});

describe.runIf(hasOpenssl)("UpdateDistribution takes a connection function", () => {
  it("that was published, for viewer mTLS, and lists tell of it", async () => {
    const { ConnectionFunctionSummary, ETag } = await world.cloudfront.send(
      new CreateConnectionFunctionCommand({
        Name: "revoked",
        ConnectionFunctionConfig: { Comment: "", Runtime: "cloudfront-js-2.0" },
        ConnectionFunctionCode: Buffer.from("function connectionHandler(connection) { connection.allow(); }"),
      }),
    );
    const Id = ConnectionFunctionSummary?.Id ?? "";
    const wanted = { ...required(), ConnectionFunctionAssociation: { Id } };
    expect(await refusal(change({}, wanted))).toMatchObject(invalid);
    await world.cloudfront.send(new PublishConnectionFunctionCommand({ Id, IfMatch: ETag }));
    const { Distribution } = await change({}, wanted);
    const { DistributionList } = await world.cloudfront.send(
      new ListDistributionsByConnectionFunctionCommand({ ConnectionFunctionIdentifier: Id }),
    );
    expect(DistributionList?.Items).toMatchObject([
      { Id: Distribution?.Id, ConnectionFunctionAssociation: { Id }, ViewerMtlsConfig: { Mode: "required" } },
    ]);
    const view = world.cloud.distributionSource(Distribution?.ARN ?? "").current();
    expect(view.connectionFunction).toMatchObject({ name: "revoked" });
  });
});

describe.runIf(hasOpenssl)("UpdateDistribution takes passthrough", () => {
  const passing = (originRequestPolicy: string, rest: object = {}): NewDistribution => ({
    origins: [app],
    behaviours: [{ ...behaviour, originRequestPolicy, ...rest }],
  });

  it.each(["whitelist", "allViewerAndWhitelistCloudFront"] as const)(
    "with a policy that lists both headers (%s)",
    async (behaviour) => {
      const listed = await policy(behaviour, "Client-Cert", "Client-Cert-Chain");
      const { Distribution } = await change(passing(listed), passthrough);
      expect(Distribution?.DistributionConfig?.ViewerMtlsConfig?.Mode).toBe("passthrough");
    },
  );

  it.each<[string, (listed: string) => NewDistribution, () => Partial<DistributionConfig>]>([
    ["no policy", () => ({ origins: [app], behaviours: [behaviour] }), () => passthrough],
    ["all that viewers send", () => passing("216adef6-5c7f-47e4-b989-5492eafa07d3"), () => passthrough],
    [
      "another cache policy",
      (listed) => passing(listed, { cachePolicy: "658327ea-f89d-4fab-a63d-7e88639e58f6" }),
      () => passthrough,
    ],
    ["Lambda@Edge", (listed) => passing(listed, { lambdaEvents: ["viewer-request"] }), () => passthrough],
    [
      "Origin Shield",
      (listed) => ({ ...passing(listed), origins: [{ ...app, shielded: true }] }),
      () => passthrough,
    ],
    ["HTTP/3", (listed) => ({ ...passing(listed), httpVersion: "http3" }), () => passthrough],
    [
      "a trust store",
      passing,
      () => ({ ViewerMtlsConfig: { Mode: "passthrough", TrustStoreConfig: { TrustStoreId: store } } }),
    ],
  ])("not with %s", async (_, distribution, config) => {
    const listed = await policy("whitelist", "Client-Cert", "Client-Cert-Chain");
    expect(await refusal(change(distribution(listed), config()))).toMatchObject(invalid);
  });

  it("not with a policy that lists one of the headers", async () => {
    const half = await policy("whitelist", "Client-Cert");
    expect(await refusal(change(passing(half), passthrough))).toMatchObject(invalid);
  });
});

describe.runIf(hasOpenssl)("UpdateDistribution holds certificates against ACM", () => {
  const viewer = (ACMCertificateArn: string, ...names: readonly string[]): Partial<DistributionConfig> => ({
    Aliases: { Quantity: names.length, Items: [...names] },
    ViewerCertificate: {
      ACMCertificateArn,
      SSLSupportMethod: "sni-only",
      MinimumProtocolVersion: "TLSv1.3_2025",
    },
  });

  it("takes one that covers all names", async () => {
    await change({}, viewer(site, "www.example.com", "a.example.org"));
  });

  it.each<[string, () => Partial<DistributionConfig>]>([
    ["none for a name", () => ({ Aliases: { Quantity: 1, Items: ["www.example.com"] } })],
    ["one that does not cover a name", () => viewer(site, "www.example.com", "a.b.example.org")],
    ["one of another region", () => viewer(site.replace("us-east-1", "eu-west-1"), "www.example.com")],
    ["one that is not there", () => viewer(`${site}0`, "www.example.com")],
    [
      "two at once",
      () => ({ ViewerCertificate: { ACMCertificateArn: site, CloudFrontDefaultCertificate: true } }),
    ],
    ["one without how it is served", () => ({ ViewerCertificate: { ACMCertificateArn: site } })],
  ])("refuses %s", async (_, config) => {
    expect(await refusal(change({}, config()))).toMatchObject({
      name: "InvalidViewerCertificate",
      status: 400,
    });
  });

  it("changes the certificate for viewers once at a time", async () => {
    const { id } = world.cloud.addDistribution();
    await world.update(id, () => viewer(site, "www.example.com"));
    expect(await refusal(world.update(id, () => viewer(client)))).toMatchObject({
      name: "IllegalUpdate",
      status: 400,
    });
    await world.update(id, () => ({ Comment: "new" }));
    await world.clock.advance(300_000);
    await world.update(id, () => viewer(client));
  });

  const toOrigin = (
    ClientCertificateArn: string,
    distribution: NewDistribution = { origins: [app], behaviours: [behaviour] },
  ) =>
    world.update(world.cloud.addDistribution(distribution).id, ({ Origins }) => ({
      Origins: {
        ...Origins,
        Items: Origins?.Items?.map((origin) => ({
          ...origin,
          CustomOriginConfig: { ...origin.CustomOriginConfig, OriginMtlsConfig: { ClientCertificateArn } },
        })),
      },
    }));

  it("takes one for an origin, and keeps it", async () => {
    const { Distribution } = await toOrigin(client);
    const [origin] = Distribution?.DistributionConfig?.Origins?.Items ?? [];
    expect(origin?.CustomOriginConfig?.OriginMtlsConfig).toEqual({ ClientCertificateArn: client });
  });

  it.each<[string, () => string, NewDistribution?]>([
    ["one of another region", () => client.replace("us-east-1", "eu-west-1")],
    ["one that is not there", () => `${client}0`],
    ["one that is for servers", () => site],
    [
      "an origin by plain HTTP",
      () => client,
      { origins: [{ ...app, protocolPolicy: "http-only" }], behaviours: [behaviour] },
    ],
    [
      "Lambda@Edge at the origin",
      () => client,
      { origins: [app], behaviours: [{ ...behaviour, lambdaEvents: ["origin-request"] }] },
    ],
  ])("refuses %s for an origin", async (_, arn, distribution) => {
    expect(await refusal(toOrigin(arn(), distribution))).toMatchObject(invalid);
  });
});
