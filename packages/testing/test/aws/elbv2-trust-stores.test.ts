import {
  AddTagsCommand,
  CreateTrustStoreCommand,
  type CreateTrustStoreCommandInput,
  DeleteTrustStoreCommand,
  DescribeTagsCommand,
  DescribeTrustStoresCommand,
  GetResourcePolicyCommand,
  GetTrustStoreCaCertificatesBundleCommand,
  ModifyTrustStoreCommand,
  paginateDescribeTrustStores,
  RemoveTagsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AwsOptions } from "../../src/index.ts";
import { connectedCloud, refusal, ways } from "./cloud.ts";
import { hasOpenssl, selfSigned } from "./openssl.ts";

const root = hasOpenssl ? selfSigned("root") : "";
const other = hasOpenssl ? selfSigned("other") : "";

describe.runIf(hasOpenssl).each(ways)("elbv2 %s", (way) => {
  let connected: Awaited<ReturnType<typeof connectedCloud>>;
  const connect = async (options: AwsOptions = {}): Promise<void> => {
    connected = await connectedCloud(way, options);
    connected.cloud.createBucket("bundles", { versioning: "Enabled" });
    await put("root.pem", root);
  };
  beforeEach(() => connect());
  afterEach(() => connected.close());

  const put = (Key: string, Body: string) =>
    connected.s3.send(new PutObjectCommand({ Bucket: "bundles", Key, Body }));
  const create = async (Name: string, more: Partial<CreateTrustStoreCommandInput> = {}) => {
    const { TrustStores } = await connected.elb.send(
      new CreateTrustStoreCommand({
        Name,
        CaCertificatesBundleS3Bucket: "bundles",
        CaCertificatesBundleS3Key: "root.pem",
        ...more,
      }),
    );
    return TrustStores?.[0]?.TrustStoreArn ?? "";
  };
  const describeStores = (input: { TrustStoreArns?: string[]; Names?: string[] } = {}) =>
    connected.elb.send(new DescribeTrustStoresCommand(input));
  const status = async (arn: string) =>
    (await describeStores({ TrustStoreArns: [arn] })).TrustStores?.[0]?.Status;
  const bundleOf = async (TrustStoreArn: string) => {
    const { Location } = await connected.elb.send(
      new GetTrustStoreCaCertificatesBundleCommand({ TrustStoreArn }),
    );
    return fetch(Location ?? "");
  };

  it("makes a store that can't be found at first, then is CREATING, then ACTIVE", async () => {
    const arn = await create("first");
    expect(arn).toMatch(
      /^arn:aws:elasticloadbalancing:eu-west-1:111122223333:truststore\/first\/[0-9a-f]{16}$/,
    );
    expect(await refusal(status(arn))).toMatchObject({ name: "TrustStoreNotFoundException", status: 400 });
    expect((await describeStores()).TrustStores).toEqual([]);
    await connected.clock.advance(2_000);
    expect(await status(arn)).toBe("CREATING");
    await connected.clock.advance(17_999);
    expect(await status(arn)).toBe("CREATING");
    await connected.clock.advance(1);
    expect(await describeStores({ Names: ["first"] })).toMatchObject({
      TrustStores: [
        {
          Name: "first",
          TrustStoreArn: arn,
          Status: "ACTIVE",
          NumberOfCaCertificates: 1,
          TotalRevokedEntries: 0,
        },
      ],
    });
  });

  it("reads the bundle once: a later change in S3 alters nothing", async () => {
    const arn = await create("first");
    await put("root.pem", other);
    await connected.clock.advance(20_000);
    expect(await (await bundleOf(arn)).text()).toBe(root);
  });

  it("reads the version of the bundle that it is told", async () => {
    const { VersionId } = await put("root.pem", other);
    await put("root.pem", "not a bundle");
    const arn = await create("first", { CaCertificatesBundleS3ObjectVersion: VersionId });
    await connected.clock.advance(20_000);
    expect(await (await bundleOf(arn)).text()).toBe(other);
  });

  it("hands out a URL to the bundle that holds for ten minutes and can't be altered", async () => {
    const TrustStoreArn = await create("first");
    await connected.clock.advance(20_000);
    const { Location = "" } = await connected.elb.send(
      new GetTrustStoreCaCertificatesBundleCommand({ TrustStoreArn }),
    );
    expect(new URL(Location).hostname).toBe(
      way === "on loopback"
        ? "127.0.0.1"
        : "elasticloadbalancing-trust-stores-eu-west-1.s3.eu-west-1.amazonaws.com",
    );
    const longer = await fetch(Location.replace("X-Amz-Expires=600", "X-Amz-Expires=6000"));
    expect([longer.status, await longer.text()]).toEqual([
      403,
      expect.stringContaining("SignatureDoesNotMatch"),
    ]);
    await connected.clock.advance(599_999);
    expect((await fetch(Location)).status).toBe(200);
    await connected.clock.advance(1);
    const late = await fetch(Location);
    expect([late.status, await late.text()]).toEqual([403, expect.stringContaining("Request has expired")]);
  });

  it("replaces a bundle whole, and is CREATING again meanwhile", async () => {
    const arn = await create("first");
    await connected.clock.advance(20_000);
    await put("two.pem", root + other);
    const { TrustStores } = await connected.elb.send(
      new ModifyTrustStoreCommand({
        TrustStoreArn: arn,
        CaCertificatesBundleS3Bucket: "bundles",
        CaCertificatesBundleS3Key: "two.pem",
      }),
    );
    expect(TrustStores).toMatchObject([
      { TrustStoreArn: arn, Status: "CREATING", NumberOfCaCertificates: 2 },
    ]);
    expect(await (await bundleOf(arn)).text()).toBe(root + other);
    await connected.clock.advance(20_000);
    expect(await status(arn)).toBe("ACTIVE");
  });

  it("deletes a store, whose name is free again then", async () => {
    const arn = await create("first");
    await connected.elb.send(new DeleteTrustStoreCommand({ TrustStoreArn: arn }));
    expect((await refusal(status(arn))).name).toBe("TrustStoreNotFoundException");
    expect(await create("first")).not.toBe(arn);
  });

  it("lists stores page by page", async () => {
    const arns = [await create("a"), await create("b"), await create("c")];
    await connected.clock.advance(2_000);
    const seen: (string | undefined)[][] = [];
    for await (const page of paginateDescribeTrustStores({ client: connected.elb, pageSize: 2 }, {})) {
      seen.push((page.TrustStores ?? []).map(({ TrustStoreArn }) => TrustStoreArn));
    }
    expect(seen).toEqual([arns.slice(0, 2), arns.slice(2)]);
  });

  it("has room for 20 stores", async () => {
    for (let count = 0; count < 20; count += 1) await create(`store-${count}`);
    expect(await refusal(create("one-more"))).toMatchObject({
      name: "TooManyTrustStoresException",
      status: 400,
    });
  });

  it("tags on create and later, and describes all that it is asked for", async () => {
    const arn = await create("first", { Tags: [{ Key: "made by", Value: "handfast" }] });
    const ResourceArns = [arn];
    await connected.elb.send(new AddTagsCommand({ ResourceArns, Tags: [{ Key: "run", Value: "1/α" }] }));
    const tags = async () =>
      (await connected.elb.send(new DescribeTagsCommand({ ResourceArns }))).TagDescriptions?.[0]?.Tags;
    expect(await tags()).toEqual([
      { Key: "made by", Value: "handfast" },
      { Key: "run", Value: "1/α" },
    ]);
    await connected.elb.send(new RemoveTagsCommand({ ResourceArns, TagKeys: ["made by"] }));
    expect(await tags()).toEqual([{ Key: "run", Value: "1/α" }]);
  });

  it("shows a stale read what was there before the last write", async () => {
    await create("first");
    await create("second");
    await connected.clock.advance(2_000);
    connected.storm.add({ operation: "DescribeTrustStores", fault: { kind: "stale" } });
    const names = async () => (await describeStores()).TrustStores?.map(({ Name }) => Name);
    expect([await names(), await names()]).toEqual([["first"], ["first", "second"]]);
  });

  it("takes its delays from the options", async () => {
    await connected.close();
    await connect({ lags: { visible: 0, active: 5 } });
    const arn = await create("first");
    expect(await status(arn)).toBe("CREATING");
    await connected.clock.advance(5);
    expect(await status(arn)).toBe("ACTIVE");
  });

  it("shows a store that another account shares, which may be read but not written", async () => {
    const arn = connected.cloud.addForeignTrustStore({ name: "theirs", bundle: root });
    expect(arn).toContain(":444455556666:truststore/theirs/");
    expect(await status(arn)).toBe("ACTIVE");
    expect(await (await bundleOf(arn)).text()).toBe(root);
    const write = connected.elb.send(new DeleteTrustStoreCommand({ TrustStoreArn: arn }));
    expect(await refusal(write)).toMatchObject({ name: "AccessDenied", status: 403 });
    const tag = connected.elb.send(
      new AddTagsCommand({ ResourceArns: [arn], Tags: [{ Key: "a", Value: "b" }] }),
    );
    expect(await refusal(tag)).toMatchObject({ name: "AccessDenied" });
    connected.cloud.unshareTrustStore(arn);
    expect((await refusal(status(arn))).name).toBe("TrustStoreNotFoundException");
  });

  it("has no resource policy for a store that is not shared", async () => {
    const ResourceArn = await create("first");
    const ask = connected.elb.send(new GetResourcePolicyCommand({ ResourceArn }));
    expect(await refusal(ask)).toMatchObject({ name: "ResourceNotFoundException", status: 400 });
  });
});
