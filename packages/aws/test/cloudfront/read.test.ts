import {
  CreateConnectionFunctionCommand,
  CreateTrustStoreCommand,
  DescribeConnectionFunctionCommand,
  DescribeKeyValueStoreCommand as DescribeListCommand,
  ListConnectionFunctionsCommand,
  PublishConnectionFunctionCommand,
  UpdateConnectionFunctionCommand,
  UpdateTrustStoreCommand,
} from "@aws-sdk/client-cloudfront";
import { DescribeKeyValueStoreCommand, PutKeyCommand } from "@aws-sdk/client-cloudfront-keyvaluestore";
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "vitest";
import { listInUse, storeOf } from "../../src/cloudfront/state.ts";
import { makeTrust, type Trust } from "../alb/trust.ts";
import { makeWorld, type World, type WorldOptions } from "./cloud.ts";
import { required } from "./states.ts";

let trust: Trust;
beforeAll(async () => {
  trust = await makeTrust(2);
});
const anchor = (index: number): string => trust.anchors[index]?.sha256 ?? "";
const crl = (index: number): string => trust.crls[index]?.sha256 ?? "";
const pem = (index: number): string => trust.anchors[index]?.pem ?? "";
const codes = (seen: { readonly findings: readonly { readonly code: string }[] }): string[] =>
  seen.findings.map(({ code }) => code);

/** A world whose distribution trusts root A, with its CRL. */
async function makeSite(options: WorldOptions = {}, crls: readonly string[] = [crl(0)]) {
  const world = await makeWorld(trust, options);
  await world.carryOut(await world.plan(required([anchor(0)], crls)));
  return world;
}

/** Somebody else's store, attached to the distribution. */
async function attachStrange(world: World, name: string, roots: readonly number[]): Promise<void> {
  await world.s3.send(
    new PutObjectCommand({ Bucket: "bundles", Key: "corp.pem", Body: roots.map(pem).join("") }),
  );
  await world.delivery.send(
    new CreateTrustStoreCommand({
      Name: name,
      CaCertificatesBundleSource: {
        CaCertificatesBundleS3Location: { Bucket: "bundles", Key: "corp.pem", Region: world.cloud.region },
      },
    }),
  );
  await world.clock.sleep(60_000);
  await world.storeNamed(name);
  await world.clock.sleep(60_000);
  const { Id } = await world.storeNamed(name);
  await world.edit((config) => {
    config.ViewerMtlsConfig = { Mode: "required", TrustStoreConfig: { TrustStoreId: Id } };
  });
  await world.clock.sleep(600_000);
}

describe("readCloudFront", () => {
  it("reads a distribution that asks for nothing, and what is in the way of it", async () => {
    await using world = await makeWorld(trust, {
      distribution: {
        httpVersion: "http2and3",
        origins: [{ id: "app", domainName: "app.example.com", shielded: true }],
        behaviours: [
          { pathPattern: "/old/*", origin: "app", viewerProtocolPolicy: "allow-all" },
          {
            origin: "app",
            cachePolicy: "658327ea-f89d-4fab-a63d-7e88639e58f6",
            lambdaEvents: ["origin-request"],
          },
        ],
      },
    });
    const { now, objects, settled, owner, findings } = await world.look();
    expect(now).toEqual({
      distribution: {
        viewer: { mode: "off" },
        connectionFunction: null,
        obstacles: {
          tenantOnly: false,
          http3: true,
          plainHttp: ["/old/*"],
          passthrough: {
            cached: ["*"],
            unforwarded: ["/old/*", "*"],
            lambdaAtEdge: ["*"],
            shielded: ["app"],
          },
        },
      },
      stores: {},
      otherStores: 0,
      lists: {},
      functions: {},
    });
    expect({ objects, settled, owner, findings }).toEqual({
      objects: [world.distribution],
      settled: true,
      owner: "unknown",
      findings: [],
    });
  });

  it("reads back what it made, and says that it is ours", async () => {
    await using world = await makeSite();
    const { now, objects, owner, settled } = await world.look();
    const [store, list] = [storeOf(now.distribution?.viewer) ?? "", listInUse(now) ?? ""];
    expect(now.stores[store]).toEqual({
      ready: true,
      ours: true,
      taken: false,
      full: false,
      anchors: { known: [anchor(0)] },
      ocsp: false,
    });
    expect(now.lists[list]).toEqual({ ready: true, crls: { known: [crl(0)] }, halfway: false });
    expect(objects.map((name) => name.replace(/^arn:aws:cloudfront::\d+:/, ""))).toEqual([
      world.distribution.split(":")[5],
      `trust-store/${store}`,
      `key-value-store/${list}`,
    ]);
    expect({ owner, settled }).toEqual({ owner: "us", settled: true });
    for (const digest of [anchor(0), crl(0)]) expect(world.kept.has(digest)).toBe(true);
  });

  it("says so while a change is on its way to the edges", async () => {
    await using world = await makeSite();
    await world.edit((config) => {
      config.Comment = "busy";
    });
    expect((await world.look()).settled).toBe(false);
    await world.clock.sleep(600_000);
    expect((await world.look()).settled).toBe(true);
  });

  it("reads many distributions by few calls: those for all, and one for each store and list", async () => {
    await using world = await makeSite();
    const others = Array.from({ length: 9 }, () => world.on(world.cloud.addDistribution().arn));
    await world.read([world.on(), ...others]);
    const before = world.log.calls.length;
    await world.read([world.on(), ...others]);
    const made = world.log.calls.slice(before).map(({ operation }) => operation);
    expect(made.toSorted()).toEqual([
      "DescribeKeyValueStore",
      "GetConnectionFunction",
      "ListConnectionFunctions",
      "ListConnectionFunctions",
      "ListDistributions",
      "ListDistributionsByTrustStore",
      "ListKeyValueStores",
      "ListTrustStores",
    ]);
  });

  it("takes a store that was just made for ready only once it is active twice in a row", async () => {
    await using world = await makeWorld(trust);
    const [create] = await world.plan(required([anchor(0)]));
    if (create === undefined) throw new Error("no step");
    await world.perform(create);
    expect(await world.check(create)).toBe("pending");
    await world.clock.sleep(20_000);
    const before = world.log.calls.length;
    const from = world.clock.now();
    expect(await world.check(create)).toBe("done");
    const looks = () =>
      world.log.calls.slice(before).filter(({ operation }) => operation === "GetTrustStore");
    expect(looks()).toHaveLength(1);
    expect(world.clock.now() - from).toBe(5_000);
    await world.look();
    expect(looks()).toHaveLength(1);
    world.again();
    await world.look();
    expect(looks()).toHaveLength(2);
  });

  it("does not take a store for ready that wavers for longer", async () => {
    await using world = await makeWorld(trust, { aws: { cloudfront: { lags: { flap: 30_000 } } } });
    const [create] = await world.plan(required([anchor(0)]));
    if (create === undefined) throw new Error("no step");
    await world.perform(create);
    await world.clock.sleep(20_000);
    expect(await world.check(create)).toBe("pending");
    await world.clock.sleep(30_000);
    expect(await world.check(create)).toBe("done");
  });

  it("finds what is missing of a missing distribution", async () => {
    await using world = await makeWorld(trust);
    const seen = await world.look(world.on(world.distribution.replace(/.{4}$/, "ZZZZ")));
    expect(seen.now.distribution).toBeNull();
    expect(seen.findings).toMatchObject([{ code: "distribution-not-found", severity: "blocker" }]);
  });

  it("knows a tool by the distribution's tags, which it asks for every hour", async () => {
    await using world = await makeWorld(trust, { distribution: { tags: { ManagedBy: "terraform" } } });
    const asked = () => world.log.calls.filter(({ operation }) => operation === "ListTagsForResource").length;
    const seen = await world.look();
    expect(seen).toMatchObject({ owner: "other", now: { manager: { tool: "Terraform" } } });
    await world.look();
    expect(asked()).toBe(1);
    await world.clock.sleep(3_600_000);
    await world.look();
    expect(asked()).toBe(2);
    const realised = world.definition.realise(
      world.on().target,
      required([anchor(0)]),
      seen.now,
      trust.facts,
    );
    expect(realised.findings).toMatchObject([{ code: "owned-by-other-tool", severity: "warning" }]);
    expect(realised.findings?.[0]?.mend).toContain(
      "ignore_changes = [viewer_mtls_config, connection_function_association]",
    );
  });
});

describe("readCloudFront, stores of others", () => {
  it("tells how many CAs are in one, and no more", async () => {
    await using world = await makeWorld(trust);
    await attachStrange(world, "corp", [0, 1]);
    const seen = await world.look();
    expect(seen.now.stores).toMatchObject({ corp: { ours: false, ready: true, anchors: { count: 2 } } });
    expect(seen.findings).toMatchObject([{ code: "store-unreadable", severity: "warning" }]);
    expect(seen.findings[0]?.mend).toContain(`bundles: { "corp": <PEM> }`);
  });

  it("takes the user's word for what is in it, while the number agrees", async () => {
    const adapter = { bundles: { corp: `${pem(0)}${pem(1)}` } };
    await using world = await makeWorld(trust, { adapter });
    await attachStrange(world, "corp", [0, 1]);
    const seen = await world.look();
    expect(seen.now.stores.corp?.anchors).toEqual({ known: [anchor(0), anchor(1)].toSorted() });
    expect(seen.findings).toEqual([]);
    expect(world.kept.has(anchor(1))).toBe(true);
    expect(await world.plan(required([anchor(0), anchor(1)]))).toEqual([]);
    await using other = await makeWorld(trust, { adapter });
    await attachStrange(other, "corp", [0]);
    expect((await other.look()).now.stores.corp?.anchors).toMatchObject({ count: 1 });
  });

  it("sees that a store of its own was changed in place", async () => {
    await using world = await makeSite();
    const name = storeOf((await world.look()).now.distribution?.viewer) ?? "";
    const update = async (source: object) => {
      const { Id, ETag } = await world.storeNamed(name);
      await world.delivery.send(new UpdateTrustStoreCommand({ Id, IfMatch: ETag, ...source }));
      await world.clock.sleep(60_000);
      await world.look();
    };
    await update({ UseClientCertificateOCSPEndpoint: true });
    expect((await world.look()).now.stores[name]?.ocsp).toBe(true);
    const bundle = { Bucket: "bundles", Key: "two.pem" };
    await world.s3.send(new PutObjectCommand({ ...bundle, Body: `${pem(0)}${pem(1)}` }));
    await update({
      CaCertificatesBundleSource: {
        CaCertificatesBundleS3Location: { ...bundle, Region: world.cloud.region },
      },
      UseClientCertificateOCSPEndpoint: false,
    });
    const seen = await world.look();
    expect(seen.now.stores[name]?.anchors).toMatchObject({ count: 2 });
    expect(codes(seen)).toContain("store-unreadable");
    const next = await world.plan(required([anchor(0)], [crl(0)]));
    expect(next.map(({ action }) => action.kind)).toEqual(["create-store", "set-viewer"]);
  });

  it("names who else a store serves", async () => {
    await using world = await makeSite({}, []);
    const other = world.cloud.addDistribution().arn;
    await world.carryOut(await world.plan(required([anchor(0)]), world.on(other)), world.on(other));
    const alone = await world.look();
    expect(alone.also).toEqual([{ name: other }]);
    expect(codes(alone)).toEqual(["store-shared"]);
    const both = await world.read([world.on(), world.on(other)]);
    expect(both.map(({ also }) => also)).toEqual([[], []]);
    expect(both[0]?.now).toEqual(alone.now);
  });
});

describe("readCloudFront, revocation", () => {
  const inUse = async (world: World) => {
    const { now } = await world.look();
    return { list: listInUse(now) ?? "", name: now.distribution?.connectionFunction ?? "" };
  };

  it("sees a serial that somebody put in by hand", async () => {
    await using world = await makeSite();
    const { list } = await inUse(world);
    const KvsARN = await arnOf(world, list);
    const { ETag } = await world.values.send(new DescribeKeyValueStoreCommand({ KvsARN }));
    await world.values.send(new PutKeyCommand({ KvsARN, Key: "beef", Value: "*", IfMatch: ETag }));
    const seen = await world.look();
    expect(seen.now.lists[list]?.crls).toEqual({ unknown: "it holds 2 serials, and its CRLs revoke 1" });
    expect(codes(seen)).toContain("list-unreadable");
    const mend = await world.plan(required([anchor(0)], [crl(0)]));
    expect(mend.map(({ action, effect }) => `${action.kind} ${effect}`)).toEqual(["write-list switch"]);
    await world.carryOut(mend);
    expect(world.listed()).toEqual({ [list]: ["a"] });
  });

  it("can't tell the CRLs of a list whose files are gone", async () => {
    await using world = await makeSite();
    const { list } = await inUse(world);
    const Key = `handfast/cloudfront/crl/${list}/${crl(0)}.pem`;
    await world.s3.send(new DeleteObjectCommand({ Bucket: "bundles", Key }));
    world.again();
    const seen = await world.look();
    expect(seen.now.lists[list]?.crls).toMatchObject({
      unknown: expect.stringContaining("not in the bucket"),
      count: 1,
    });
    expect(codes(seen)).toContain("list-unreadable");
  });

  it("sees that somebody edited the connection function", async () => {
    await using world = await makeSite();
    const { name } = await inUse(world);
    const { ConnectionFunctionSummary: live, ETag } = await world.delivery.send(
      new DescribeConnectionFunctionCommand({
        Identifier: await functionId(world, name),
        Stage: "DEVELOPMENT",
      }),
    );
    const Id = live?.Id ?? "";
    const { ETag: next } = await world.delivery.send(
      new UpdateConnectionFunctionCommand({
        Id,
        IfMatch: ETag,
        ConnectionFunctionConfig: live?.ConnectionFunctionConfig,
        ConnectionFunctionCode: Buffer.from("function connectionHandler(c) { c.allow(); }"),
      }),
    );
    await world.delivery.send(new PublishConnectionFunctionCommand({ Id, IfMatch: next }));
    const seen = await world.look();
    expect(seen.now.functions[name]).toBe("edited");
    expect(codes(seen)).toContain("connection-function-edited");
    const steps = await world.plan(required([anchor(0)], [crl(0)]));
    await world.carryOut(steps);
    expect((await inUse(world)).name).not.toBe(name);
    expect(codes(await world.look())).toEqual([]);
  });

  it("names the connection function of somebody else", async () => {
    await using world = await makeSite({}, []);
    const made = await world.delivery.send(
      new CreateConnectionFunctionCommand({
        Name: "geo",
        ConnectionFunctionConfig: { Comment: "", Runtime: "cloudfront-js-2.0" },
        ConnectionFunctionCode: Buffer.from("function connectionHandler(c) { c.allow(); }"),
      }),
    );
    const Id = made.ConnectionFunctionSummary?.Id ?? "";
    await world.delivery.send(new PublishConnectionFunctionCommand({ Id, IfMatch: made.ETag }));
    await world.edit((config) => {
      config.ConnectionFunctionAssociation = { Id };
    });
    await world.clock.sleep(600_000);
    const seen = await world.look();
    expect(seen.now.distribution?.connectionFunction).toBe("geo");
    expect(codes(seen)).toEqual(["connection-function-of-others"]);
    await expect(world.plan(required([anchor(0)], [crl(0)]))).rejects.toThrow(/geo is associated/);
    await world.carryOut(await world.plan(required([anchor(1)])));
    expect(world.enforced()).toMatchObject({ anchors: ["CN=Root B"], function: "geo" });
  });
});

async function functionId(world: World, name: string): Promise<string> {
  const { ConnectionFunctions = [] } = await world.delivery.send(new ListConnectionFunctionsCommand({}));
  return ConnectionFunctions.find(({ Name }) => Name === name)?.Id ?? "";
}

async function arnOf(world: World, list: string): Promise<string> {
  return (await world.delivery.send(new DescribeListCommand({ Name: list }))).KeyValueStore?.ARN ?? "";
}
