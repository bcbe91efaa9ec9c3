import {
  CreateTrustStoreCommand,
  DeleteTrustStoreCommand,
  GetTrustStoreCommand,
  ListDistributionsByTrustStoreCommand,
  ListTrustStoresCommand,
  paginateListTrustStores,
  UpdateTrustStoreCommand,
} from "@aws-sdk/client-cloudfront";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { refusal } from "./cloud.ts";
import { type CloudfrontTestWorld, cloudfrontWorld } from "./cloudfront-world.ts";
import { hasOpenssl, selfSigned, version1 } from "./openssl.ts";

const root = hasOpenssl ? selfSigned("root") : "";
const other = hasOpenssl ? selfSigned("other") : "";
let world: CloudfrontTestWorld;
let restore: () => void;
beforeAll(async () => {
  world = await cloudfrontWorld({
    cloudfront: {
      quotas: { trustStores: 3, bundleBytes: 4_096, certificates: 3, distributionsPerTrustStore: 2 },
      failing: (name) => (name === "unlucky" ? "Internal error" : undefined),
    },
  });
  await world.put("root", root);
  await world.put("both", `${root}${other}`);
  await world.put("blank", `${root}\n${other}`);
  restore = world.cloud.snapshot();
});
afterEach(() => restore());
afterAll(() => world.close());

const get = (Identifier: string) => world.cloudfront.send(new GetTrustStoreCommand({ Identifier }));
const remove = (Id: string, IfMatch: string | undefined) =>
  world.cloudfront.send(new DeleteTrustStoreCommand({ Id, IfMatch }));
/** What a client sees that looks once more each time. */
const look = async (id: string, times: number) => {
  const seen: [string | undefined, string | undefined][] = [];
  for (let index = 0; index < times; index += 1) {
    const { TrustStore, ETag } = await get(id);
    seen.push([TrustStore?.Status, ETag]);
    await world.clock.advance(3_000);
  }
  return seen;
};
const active = async (name: string, key = "root"): Promise<string> => {
  const id = await world.store(name, key);
  await world.clock.advance(25_000);
  await get(id);
  await world.clock.advance(5_000);
  return id;
};
const attach = (distribution: string, TrustStoreId: string) =>
  world.update(distribution, () => ({
    ViewerMtlsConfig: { Mode: "required", TrustStoreConfig: { TrustStoreId } },
  }));

describe.runIf(hasOpenssl)("a trust store", () => {
  it("is pending, seen active once, pending again, and active for good with another ETag", async () => {
    const id = await world.store("first", "root");
    const [[status, etag] = []] = await look(id, 1);
    expect(status).toBe("pending");
    await world.clock.advance(17_000);
    const seen = await look(id, 4);
    expect(seen.map(([each]) => each)).toEqual(["active", "pending", "active", "active"]);
    expect(seen.map(([, each]) => each === etag)).toEqual([true, true, false, false]);
    expect((await get(id)).TrustStore).toMatchObject({
      Id: id,
      Arn: `arn:aws:cloudfront::111122223333:trust-store/${id}`,
      Name: "first",
      NumberOfCaCertificates: 1,
      UseClientCertificateOCSPEndpoint: false,
    });
  });

  it("can't be attached while it is pending, when it flaps, and when it failed", async () => {
    const { id: distribution } = world.cloud.addDistribution();
    const id = await world.store("first", "root");
    const bad = await world.store("bad", "blank");
    const refused = { name: "InvalidArgument", status: 400 };
    expect(await refusal(attach(distribution, id))).toMatchObject(refused);
    await world.clock.advance(20_000);
    expect((await get(id)).TrustStore?.Status).toBe("active");
    expect(await refusal(attach(distribution, id))).toMatchObject(refused);
    await world.clock.advance(4_000);
    await attach(distribution, id);
    expect(await refusal(attach(distribution, bad))).toMatchObject(refused);
    expect(await refusal(attach(distribution, "ts_0"))).toMatchObject({
      name: "EntityNotFound",
      status: 404,
    });
  });

  it.each<[string, string, string]>([
    ["a bundle with a blank line", "bad", "line 11 is blank"],
    ["a reason of its own", "unlucky", "Internal error"],
  ])("fails for %s, and says why", async (_, name, reason) => {
    const id = await world.store(name, name === "bad" ? "blank" : "root");
    await world.clock.advance(20_000);
    const { TrustStore } = await get(id);
    expect(TrustStore).toMatchObject({ Status: "failed", Reason: expect.stringContaining(reason) });
    expect(TrustStore?.NumberOfCaCertificates).toBe(0);
  });

  it("goes on with its bundle when an update fails, and can be mended", async () => {
    const id = await active("first", "both");
    const update = async (key: string) => {
      const { ETag } = await get(id);
      const CaCertificatesBundleSource = world.bundle(key);
      await world.cloudfront.send(
        new UpdateTrustStoreCommand({ Id: id, IfMatch: ETag, CaCertificatesBundleSource }),
      );
      await world.clock.advance(20_000);
    };
    await update("blank");
    expect((await get(id)).TrustStore).toMatchObject({ Status: "failed", NumberOfCaCertificates: 2 });
    await update("root");
    expect((await get(id)).TrustStore).toMatchObject({ Status: "active", NumberOfCaCertificates: 1 });
  });

  it("takes its OCSP flag from the body of a create and a header of an update, where leaving it out is off", async () => {
    const id = await world.store("first", "root", { UseClientCertificateOCSPEndpoint: true });
    await world.clock.advance(25_000);
    await get(id);
    await world.clock.advance(5_000);
    const update = async (change: object) => {
      const { ETag, TrustStore } = await get(id);
      const sent = new UpdateTrustStoreCommand({
        Id: id,
        IfMatch: ETag,
        CaCertificatesBundleSource: undefined,
        ...change,
      });
      await world.cloudfront.send(sent);
      await world.clock.advance(25_000);
      await get(id);
      await world.clock.advance(5_000);
      return TrustStore?.UseClientCertificateOCSPEndpoint;
    };
    expect(await update({ CaCertificatesBundleSource: world.bundle("both") })).toBe(true);
    expect(await update({ UseClientCertificateOCSPEndpoint: true })).toBe(false);
    expect((await get(id)).TrustStore).toMatchObject({
      UseClientCertificateOCSPEndpoint: true,
      NumberOfCaCertificates: 2,
      Status: "active",
    });
    expect(await refusal(update({}))).toMatchObject({ name: "InvalidArgument", status: 400 });
  });

  it("is not deleted while a distribution uses it, nor until all edges have forgotten it and a while after", async () => {
    const { id: distribution } = world.cloud.addDistribution();
    const id = await active("first");
    const { ETag } = await get(id);
    await attach(distribution, id);
    const inUse = { name: "CannotDeleteEntityWhileInUse", status: 409 };
    expect(await refusal(remove(id, ETag))).toMatchObject(inUse);
    const listed = async () => {
      const command = new ListDistributionsByTrustStoreCommand({ TrustStoreIdentifier: id });
      const { DistributionList } = await world.cloudfront.send(command);
      return DistributionList?.Items?.map(({ Id }) => Id);
    };
    expect(await listed()).toEqual([distribution]);
    await world.update(distribution, () => ({ ViewerMtlsConfig: undefined }));
    expect(await listed()).toBeUndefined();
    await world.clock.advance(300_000);
    expect(await refusal(remove(id, ETag))).toMatchObject(inUse);
    await world.clock.advance(5_000);
    await remove(id, ETag);
    expect((await get(id)).TrustStore?.Name).toBe("first");
    expect(await refusal(remove(id, ETag))).toMatchObject({ name: "EntityNotFound", status: 404 });
    await world.clock.advance(10_000);
    expect(await refusal(get(id))).toMatchObject({ name: "EntityNotFound", status: 404 });
  });

  it.each([
    ["no version", undefined, "InvalidIfMatchVersion", 400],
    ["an old version", "E2QWRUHAPOMQZL", "PreconditionFailed", 412],
  ])("is not updated or deleted with %s", async (_, IfMatch, name, status) => {
    const id = await active("first");
    expect(await refusal(remove(id, IfMatch))).toMatchObject({ name, status });
    const CaCertificatesBundleSource = world.bundle("both");
    const update = new UpdateTrustStoreCommand({ Id: id, IfMatch, CaCertificatesBundleSource });
    expect(await refusal(world.cloudfront.send(update))).toMatchObject({ name, status });
  });

  it("has a name of its own, in an account with room for some", async () => {
    await world.store("first", "root");
    expect(await refusal(world.store("first", "root"))).toMatchObject({
      name: "EntityAlreadyExists",
      status: 409,
    });
    expect(await refusal(world.store("a name", "root"))).toMatchObject({
      name: "InvalidArgument",
      status: 400,
    });
    const second = await active("second");
    await world.store("third", "root");
    const full = { name: "EntityLimitExceeded", status: 400 };
    expect(await refusal(world.store("fourth", "root"))).toMatchObject(full);
    await remove(second, (await get(second)).ETag);
    expect(await refusal(world.store("fourth", "root"))).toMatchObject(full);
    await world.clock.advance(10_000);
    await world.store("fourth", "root");
  });

  it("serves no more distributions than it may", async () => {
    const id = await active("first");
    const [one = "", two = "", three = ""] = [1, 2, 3].map(() => world.cloud.addDistribution().id);
    for (const distribution of [one, two]) await attach(distribution, id);
    expect(await refusal(attach(three, id))).toMatchObject({ name: "EntityLimitExceeded", status: 400 });
    await attach(one, id);
  });
});

describe.runIf(hasOpenssl)("CreateTrustStore", () => {
  const from = (location: object) =>
    world.cloudfront.send(
      new CreateTrustStoreCommand({
        Name: "first",
        CaCertificatesBundleSource: {
          CaCertificatesBundleS3Location: {
            Bucket: "bundles",
            Key: "root",
            Region: "eu-west-1",
            ...location,
          },
        },
      }),
    );

  it.each([
    ["an object that is not there", { Key: "nothing" }, "EntityNotFound", 404],
    ["a bucket in another region", { Region: "us-east-1" }, "EntityNotFound", 404],
    ["a version that is not there", { Version: "nothing" }, "EntityNotFound", 404],
    ["a region that is none", { Region: "us-gov-west-1" }, "InvalidArgument", 400],
  ])("refuses %s", async (_, location, name, status) => {
    expect(await refusal(from(location))).toMatchObject({ name, status });
  });

  it("reads with the rights of the caller, which must have those to make and to tag as well", async () => {
    const allow = (...Action: readonly string[]) => ({ Effect: "Allow" as const, Action, Resource: "*" });
    const as = async (Tags: object | undefined, ...actions: readonly string[]) => {
      const credentials = world.cloud.addCredentials({
        kind: "user",
        policies: [{ Statement: allow("s3:ListBucket", ...actions) }],
      });
      const create = new CreateTrustStoreCommand({
        Name: "first",
        CaCertificatesBundleSource: world.bundle("root"),
        ...(Tags === undefined ? {} : { Tags: { Items: [{ Key: "a", Value: "b" }] } }),
      });
      return world.clientWith({ credentials }).send(create);
    };
    const denied = { name: "AccessDenied", status: 403 };
    const create = "cloudfront:CreateTrustStore";
    expect(await refusal(as(undefined, create))).toMatchObject(denied);
    expect(await refusal(as(undefined, "s3:GetObject"))).toMatchObject(denied);
    expect(await refusal(as({}, create, "s3:GetObject"))).toMatchObject(denied);
    expect((await as({}, create, "s3:GetObject", "cloudfront:TagResource")).TrustStore?.Name).toBe("first");
  });

  it.each<[string, () => string, string]>([
    ["no certificate", () => "# nothing", "no certificate"],
    ["text before a certificate", () => `Certificate:\n${root}`, "neither a comment"],
    ["a comment with a hyphen", () => `# my-root\n${root}`, "hyphen"],
    ["a certificate twice", () => `${root}${root}`, "twice"],
    [
      "more certificates than fit",
      () => [root, other, selfSigned("c"), selfSigned("d")].join(""),
      "more than 3",
    ],
    ["more bytes than fit", () => `#${"x".repeat(4_096)}\n${root}`, "larger than 4096"],
    ["a key on P-521", () => selfSigned("root", { key: "P-521" }), "curve secp521r1"],
    ["a small RSA key", () => selfSigned("root", { key: "RSA-1024" }), "1024 bits"],
    ["a signature by SHA-1", () => selfSigned("root", { digest: "sha1" }), "signature algorithm"],
    ["a leaf", () => selfSigned("root", { extensions: ["basicConstraints=CA:FALSE"] }), "not a CA"],
    ["a certificate of the first version", () => version1("root"), "X.509v3"],
  ])("makes a store that fails of a bundle with %s", async (_, bundle, reason) => {
    await world.put("bundle", bundle());
    const id = await world.store("first", "bundle");
    await world.clock.advance(20_000);
    const { TrustStore } = await get(id);
    expect(TrustStore).toMatchObject({ Status: "failed", Reason: expect.stringContaining(reason) });
  });

  it("refuses such bundles at the call, where that was chosen", async () => {
    const strict = await cloudfrontWorld({ cloudfront: { bundlesChecked: "call" } });
    await strict.put("blank", `${root}\n${other}`);
    expect(await refusal(strict.store("first", "blank"))).toMatchObject({
      name: "InvalidArgument",
      status: 400,
    });
    await strict.close();
  });
});

describe.runIf(hasOpenssl)("ListTrustStores", () => {
  it("lists in pages, with ETags", async () => {
    const ids = [
      await world.store("a", "root"),
      await world.store("b", "root"),
      await world.store("c", "root"),
    ];
    const listed: (string | undefined)[] = [];
    for await (const { TrustStoreList } of paginateListTrustStores(
      { client: world.cloudfront, pageSize: 2 },
      {},
    )) {
      for (const store of TrustStoreList ?? []) listed.push(store.Id);
    }
    expect(listed).toEqual(ids);
    const { TrustStoreList } = await world.cloudfront.send(new ListTrustStoresCommand({ MaxItems: 1 }));
    expect(TrustStoreList).toHaveLength(1);
    expect(TrustStoreList?.[0]).toMatchObject({
      Name: "a",
      Status: "pending",
      ETag: (await get(ids[0] ?? "")).ETag,
    });
  });

  it("leaves the list out when there is nothing", async () => {
    expect((await world.cloudfront.send(new ListTrustStoresCommand({}))).TrustStoreList).toBeUndefined();
  });
});
