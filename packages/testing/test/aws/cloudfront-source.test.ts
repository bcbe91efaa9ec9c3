import {
  CreateOriginAccessControlCommand,
  DeleteDistributionCommand,
  UpdateTrustStoreCommand,
} from "@aws-sdk/client-cloudfront";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CloudfrontTestWorld, cloudfrontWorld } from "./cloudfront-world.ts";
import { issue } from "./issue.ts";
import { hasOpenssl, selfSigned } from "./openssl.ts";

const root = hasOpenssl ? selfSigned("root") : "";
const other = hasOpenssl ? selfSigned("other") : "";
let world: CloudfrontTestWorld;
beforeEach(async () => {
  world = await cloudfrontWorld({ cloudfront: { lags: { flap: 0 } } });
});
afterEach(() => world.close());

describe("distributionSource", () => {
  it("tells what a distribution does", () => {
    const { arn, domainName } = world.cloud.addDistribution({
      aliases: ["www.example.com"],
      minimumProtocol: "TLSv1.3_2025",
    });
    expect(world.cloud.distributionSource(arn).current()).toEqual({
      enabled: true,
      names: [domainName, "www.example.com"],
      minimumProtocol: "TLSv1.3",
      viewer: { mode: "off" },
      connectionFunction: undefined,
      behaviours: [
        {
          pathPattern: "/api/*",
          originId: "app",
          viewerProtocolPolicy: "redirect-to-https",
          forwards: ["*"],
          responseHeaders: {},
        },
        {
          pathPattern: "*",
          originId: "site",
          viewerProtocolPolicy: "redirect-to-https",
          forwards: [],
          responseHeaders: {
            "referrer-policy": "strict-origin-when-cross-origin",
            "strict-transport-security": "max-age=31536000",
            "x-content-type-options": "nosniff",
            "x-frame-options": "SAMEORIGIN",
            "x-xss-protection": "1; mode=block",
          },
        },
      ],
      origins: [
        {
          id: "app",
          domainName: "app.internal.example.com",
          path: "",
          kind: "custom",
          protocolPolicy: "https-only",
          httpPort: 80,
          httpsPort: 443,
          shows: "nothing",
          customHeaders: { "X-Origin-Secret": "simulated" },
          signed: false,
        },
        {
          id: "site",
          domainName: "site-bucket.s3.eu-west-1.amazonaws.com",
          path: "",
          kind: "s3",
          protocolPolicy: "match-viewer",
          httpPort: 80,
          httpsPort: 443,
          shows: "nothing",
          customHeaders: {},
          signed: true,
        },
      ],
      defaultRootObject: "index.html",
    });
  });

  it("knows access controls that never sign", async () => {
    const { OriginAccessControl } = await world.cloudfront.send(
      new CreateOriginAccessControlCommand({
        OriginAccessControlConfig: {
          Name: "never",
          SigningProtocol: "sigv4",
          SigningBehavior: "never",
          OriginAccessControlOriginType: "s3",
        },
      }),
    );
    const accessControl = OriginAccessControl?.Id ?? "";
    const origins = [{ id: "site", domainName: "site", kind: "s3" as const, accessControl }];
    const { arn } = world.cloud.addDistribution({ origins });
    expect(world.cloud.distributionSource(arn).current().origins[0]?.signed).toBe(false);
  });

  it.runIf(hasOpenssl)(
    "follows the distribution, its store once that is active, and its certificates",
    async () => {
      await world.put("root", root);
      await world.put("both", `${root}${other}`);
      const store = await world.store("first", "root");
      await world.clock.advance(20_000);
      const client = issue("client", { extensions: ["extendedKeyUsage=clientAuth"] });
      const certificate = await world.importCertificate(client);
      const { arn, id } = world.cloud.addDistribution();
      const source = world.cloud.distributionSource(arn);
      let told = 0;
      const stop = source.subscribe(() => {
        told += 1;
      });
      const mtls = (Mode: "optional" | "required", rest: object = {}) =>
        world.update(id, () => ({
          ViewerMtlsConfig: { Mode, TrustStoreConfig: { TrustStoreId: store, ...rest } },
        }));

      await world.update(id, () => ({ Comment: "of no concern" }));
      expect(told).toBe(0);
      await mtls("optional");
      expect(told).toBe(1);
      const plain = { anchors: [root.trim()], ocsp: false, ignoreExpiry: false, advertiseNames: false };
      expect(source.current().viewer).toEqual({ mode: "optional", ...plain });
      await mtls("required", { IgnoreCertificateExpiry: true, AdvertiseTrustStoreCaNames: true });
      expect(told).toBe(2);
      expect(source.current().viewer).toEqual({
        mode: "required",
        ...plain,
        ignoreExpiry: true,
        advertiseNames: true,
      });

      const { TrustStore, ETag } = await world.cloudfront.send(
        new UpdateTrustStoreCommand({
          Id: store,
          IfMatch: (await world.etagOf(store)) ?? "",
          CaCertificatesBundleSource: world.bundle("both"),
          UseClientCertificateOCSPEndpoint: true,
        }),
      );
      expect(TrustStore?.Status).toBe("pending");
      await world.clock.advance(19_999);
      expect(told).toBe(2);
      expect(source.current().viewer).toMatchObject({ anchors: [root.trim()], ocsp: false });
      await world.clock.advance(1);
      expect(told).toBe(3);
      expect(source.current().viewer).toMatchObject({ anchors: [root.trim(), other.trim()], ocsp: true });
      expect(await world.etagOf(store)).not.toBe(ETag);

      await world.update(id, ({ Origins }) => ({
        Origins: {
          ...Origins,
          Items: Origins?.Items?.map((origin) =>
            origin.CustomOriginConfig === undefined
              ? origin
              : {
                  ...origin,
                  CustomOriginConfig: {
                    ...origin.CustomOriginConfig,
                    OriginMtlsConfig: { ClientCertificateArn: certificate },
                  },
                },
          ),
        },
      }));
      expect(told).toBe(4);
      expect(source.current().origins.map(({ shows }) => shows)).toEqual([
        { certificate: client.certificate.trim(), key: client.key },
        "nothing",
      ]);

      const { ETag: IfMatch } = await world.update(id, () => ({ Enabled: false }));
      expect(told).toBe(5);
      expect(source.current().enabled).toBe(false);
      await world.clock.advance(300_000);
      await world.cloudfront.send(new DeleteDistributionCommand({ Id: id, IfMatch }));
      expect(told).toBe(6);
      expect(source.current()).toMatchObject({ enabled: false, names: [] });
      stop();
      expect(world.clock.pending()).toBe(0);
    },
  );

  it.runIf(hasOpenssl)("is silent after it was stopped, and leaves no sleeper behind", async () => {
    await world.put("root", root);
    const store = await world.store("first", "root");
    await world.clock.advance(20_000);
    const { arn, id } = world.cloud.addDistribution();
    let told = 0;
    const stop = world.cloud.distributionSource(arn).subscribe(() => {
      told += 1;
    });
    await world.update(id, () => ({
      ViewerMtlsConfig: { Mode: "required", TrustStoreConfig: { TrustStoreId: store } },
    }));
    const IfMatch = (await world.etagOf(store)) ?? "";
    const CaCertificatesBundleSource = world.bundle("root");
    await world.cloudfront.send(
      new UpdateTrustStoreCommand({
        Id: store,
        IfMatch,
        CaCertificatesBundleSource,
        UseClientCertificateOCSPEndpoint: true,
      }),
    );
    expect(world.clock.pending()).toBe(1);
    stop();
    expect(world.clock.pending()).toBe(0);
    await world.clock.advance(30_000);
    expect(told).toBe(1);
  });
});

describe.runIf(hasOpenssl)("inventory and snapshot", () => {
  it("tell of distributions and stores by content, and put them back", async () => {
    await world.put("root", root);
    const { arn, id } = world.cloud.addDistribution();
    const restore = world.cloud.snapshot();
    const before = world.cloud.inventory();
    const made: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      const store = await world.store("first", "root", { UseClientCertificateOCSPEndpoint: true });
      await world.clock.advance(20_000);
      await world.update(id, () => ({
        ViewerMtlsConfig: { Mode: "required", TrustStoreConfig: { TrustStoreId: store } },
      }));
      made.push(JSON.stringify(world.cloud.inventory()));
      expect(world.cloud.inventory()).toMatchObject({
        distributions: [{ arn, mode: "required", trustStore: "first", originCertificates: {} }],
        distributionTrustStores: [{ name: "first", anchors: [root.trim()], ocsp: true }],
      });
      restore();
      expect(world.cloud.inventory()).toEqual(before);
    }
    // Made anew, with other ids, it is the same.
    expect(made[1]).toBe(made[0]);
  });
});
