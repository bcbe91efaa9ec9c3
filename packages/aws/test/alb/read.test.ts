import {
  AddTagsCommand,
  DescribeTrustStoresCommand,
  ModifyListenerCommand,
  ModifyTrustStoreCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "vitest";
import { albFace } from "../../src/alb/state.ts";
import { makeWorld } from "./cloud.ts";
import { mode, required } from "./states.ts";
import { makeTrust, type Trust } from "./trust.ts";

let trust: Trust;
let [a, b, listA, listB]: [string, string, string, string] = ["", "", "", ""];
beforeAll(async () => {
  trust = await makeTrust(2);
  [a, b] = trust.anchors.map(({ sha256 }) => sha256) as [string, string];
  [listA, listB] = trust.crls.map(({ sha256 }) => sha256) as [string, string];
});

const codes = (seen: {
  readonly findings: readonly { readonly code: string; readonly severity: string }[];
}) => seen.findings.map(({ code, severity }) => `${severity} ${code}`);

describe("alb read", () => {
  it("sees a listener that was never told anything as off", async () => {
    await using world = await makeWorld(trust);
    expect(await world.look()).toEqual({
      objects: [world.listener],
      now: { listener: { protocol: "HTTPS", authentication: { mode: "off" } }, stores: {} },
      may: [],
      settled: true,
      owner: "unknown",
      also: [],
      findings: [],
    });
  });

  it("gives a plan the same to stand on while another pipeline makes and deletes stores", async () => {
    await using world = await makeWorld(trust);
    const there = world.on(world.cloud.addListener(world.balancer, { port: 444 }));
    await world.carryOut(await world.plan(required([a], [listA])));
    const owned = async () => world.definition.owned(world.on().target, (await world.look()).now);
    const before = await owned();
    for (const wish of [required([a, b]), required([a], [listA]), mode("off")]) {
      await world.carryOut(await world.plan(wish, there), there);
      expect(await owned()).toEqual(before);
    }
    await world.carryOut(await world.plan(mode("request")));
    expect(await owned()).not.toEqual(before);
  });

  it("reads CAs and CRLs back as they are in the store, and keeps their DER", async () => {
    await using world = await makeWorld(trust);
    await world.carryOut(await world.plan(required([a, b], [listA, listB])));
    world.kept.clear();
    const seen = await world.look();
    expect(albFace(seen.now)).toMatchObject({
      mode: "required",
      anchors: { known: [a, b].toSorted() },
      crls: { known: [listA, listB].toSorted() },
    });
    expect([...world.kept.keys()].toSorted()).toEqual([a, b, listA, listB].toSorted());
    expect(seen).toMatchObject({ owner: "us", settled: true, findings: [] });
    expect(seen.objects).toEqual([world.listener, expect.stringMatching(/:truststore\/hf-[0-9a-f]{28}$/)]);
  });

  it("says nothing of a store that is being created but that", async () => {
    await using world = await makeWorld(trust);
    const [create] = await world.plan(required([a]));
    await world.perform(create as never);
    await world.clock.sleep(3_000);
    const { now, settled } = await world.look();
    expect(Object.values(now.stores)).toMatchObject([{ ready: false, ours: true, anchors: { count: 1 } }]);
    expect(settled).toBe(true);
  });

  it("is not settled while somebody else's change of the store in use is under way", async () => {
    await using world = await makeWorld(trust);
    await world.carryOut(await world.plan(required([a])));
    const [store] = (await world.elb.send(new DescribeTrustStoresCommand({}))).TrustStores ?? [];
    await world.s3.send(
      new PutObjectCommand({ Bucket: "bundles", Key: "new.pem", Body: trust.anchors[1]?.pem ?? "" }),
    );
    await world.elb.send(
      new ModifyTrustStoreCommand({
        TrustStoreArn: store?.TrustStoreArn,
        CaCertificatesBundleS3Bucket: "bundles",
        CaCertificatesBundleS3Key: "new.pem",
      }),
    );
    const during = await world.look();
    expect(during.settled).toBe(false);
    expect(albFace(during.now).anchors).toEqual({ unknown: "the service is creating it", count: 1 });
    await world.clock.sleep(30_000);
    const after = await world.look();
    expect(after.settled).toBe(true);
    expect(albFace(after.now).anchors).toEqual({ known: [b] });
    await expect(world.plan(required([a]))).rejects.toThrow(/not what its name says/);
  });

  it("takes few calls for a hundred listeners on one store, and fewer while it waits", async () => {
    await using world = await makeWorld(trust);
    await world.carryOut(await world.plan(required([a])));
    const targets = [world.on()];
    for (let index = 1; index < 100; index += 1) {
      targets.push(world.on(world.cloud.addListener(world.cloud.addLoadBalancer(`lb-${index}`).arn)));
    }
    world.log.clear();
    expect(await world.read(targets)).toHaveLength(100);
    expect(world.log.count({ operation: "GetTrustStoreCaCertificatesBundle" })).toBe(1);
    world.log.clear();
    await world.read(targets);
    expect(world.log.count({ operation: "DescribeListeners" })).toBe(5);
    expect(world.log.count({ operation: "DescribeTags" })).toBe(6);
    expect(world.log.calls.length).toBeLessThan(18);
  });

  it.each(["HTTP", "missing"] as const)(
    "blocks a plan on a listener that is %s, and says who mends it",
    async (kind) => {
      await using world = await makeWorld(trust);
      const arn =
        kind === "HTTP"
          ? world.cloud.addListener(world.balancer, { port: 80, protocol: "HTTP" })
          : `${world.listener.slice(0, -4)}0000`;
      const [bad, good] = await world.read([world.on(arn), world.on()]);
      const code = kind === "HTTP" ? "listener-not-https" : "listener-not-found";
      expect(bad?.findings).toMatchObject([
        { code, severity: "blocker", target: "shop", mend: expect.any(String) },
      ]);
      expect(good?.findings).toEqual([]);
      await expect(world.plan(required([a]), world.on(arn))).rejects.toThrow(arn);
      await expect(world.plan(mode("off"), world.on(arn))).resolves.toEqual([]);
    },
  );

  it.each([
    ["is not there", { bucket: { name: "elsewhere" } }, "404"],
    ["is another's", { bucket: { expectedOwner: "444455556666" } }, "403"],
  ])("blocks a plan when the bucket %s", async (_why, options, status) => {
    await using world = await makeWorld(trust, options);
    const { findings } = await world.look();
    expect(findings).toMatchObject([
      { code: "bucket-not-found", severity: "blocker", message: expect.stringContaining(`HTTP ${status}`) },
    ]);
  });

  it("asks about a good bucket once, about a bad one each time", async () => {
    await using good = await makeWorld(trust);
    await good.look();
    await good.look();
    expect(good.log.count({ operation: "HeadBucket" })).toBe(1);
    await using bad = await makeWorld(trust, { bucket: { name: "elsewhere" } });
    await bad.look();
    await bad.look();
    expect(bad.log.count({ operation: "HeadBucket" })).toBe(2);
  });

  it("mentions a bucket that keeps no versions", async () => {
    await using world = await makeWorld(trust, { versioning: "never" });
    expect(codes(await world.look())).toEqual(["info bucket-not-versioned"]);
  });

  it("sees the tool that a listener belongs to, by its own tags first, then by its load balancer's", async () => {
    await using world = await makeWorld(trust);
    const tags = { "aws:cloudformation:stack-name": "shop" };
    const balancer = world.cloud.addLoadBalancer("stack", { tags }).arn;
    const [plain, tagged] = [
      world.on(world.cloud.addListener(balancer, { port: 8443 })),
      world.on(world.cloud.addListener(balancer, { tags: { ManagedBy: "terraform" } })),
    ];
    const [ofStack, ofCode, alone] = await world.read([plain, tagged, world.on()]);
    expect(ofStack).toMatchObject({
      owner: "other",
      now: {
        manager: { tool: "AWS CloudFormation", name: "stack shop", tagged: "load balancer", port: 8443 },
      },
    });
    expect(ofCode).toMatchObject({
      owner: "other",
      now: { manager: { tool: "Terraform", tagged: "listener", port: 443 } },
    });
    expect(alone?.owner).toBe("unknown");
    expect(alone?.now).not.toHaveProperty("manager");
    expect([ofStack, ofCode, alone].flatMap((seen) => seen?.findings)).toEqual([]);
  });

  it("does not take any tag for another tool's", async () => {
    await using world = await makeWorld(trust);
    await tag(world, "team", "shop");
    expect(await world.look()).toMatchObject({ owner: "unknown", findings: [] });
  });

  it("warns where a third listener of a load balancer would verify", async () => {
    await using world = await makeWorld(trust);
    for (const port of [444, 445]) {
      const other = world.on(world.cloud.addListener(world.balancer, { port }));
      expect(codes(await world.look())).not.toContain("warning no-room-to-verify");
      await world.carryOut(await world.plan(required([a]), other), other);
    }
    await world.clock.sleep(300_000);
    expect(codes(await world.look())).toContain("warning no-room-to-verify");
  });

  it("names the listeners that share a store", async () => {
    await using world = await makeWorld(trust);
    const other = world.on(world.cloud.addListener(world.balancer, { port: 444 }));
    await world.carryOut(await world.plan(required([a])));
    await world.carryOut(await world.plan(required([a]), other), other);
    const seen = await world.look();
    expect(seen.also).toEqual([{ name: other.target.listener }]);
    expect(codes(seen)).toEqual(["info store-shared"]);
    expect(Object.values(seen.now.stores)).toMatchObject([{ taken: true }]);
    const [both] = await world.read([world.on(), other]);
    expect(both?.also).toEqual([]);
  });

  it("reads a store of another account, and sees when it was cut away", async () => {
    await using world = await makeWorld(trust);
    const bundle = trust.anchors[0]?.pem ?? "";
    const arn = world.cloud.addForeignTrustStore({ name: "shared", bundle });
    await refer(world, arn);
    const seen = await world.look();
    expect(seen.now.listener?.authentication).toMatchObject({ store: "444455556666/shared", cut: false });
    expect(albFace(seen.now).anchors).toEqual({ known: [a] });
    expect(codes(seen)).toEqual(["info store-of-other-account"]);

    world.cloud.removeForeignAssociation(arn, world.listener);
    const cut = await world.look();
    expect(codes(cut)).toContain("warning store-cut-away");
    expect(albFace(cut.now)).toMatchObject({ mode: "required", anchors: { known: [] } });

    world.cloud.unshareTrustStore(arn);
    const gone = await world.look();
    expect(codes(gone)).toEqual(["warning store-cut-away", "warning store-not-visible"]);

    const steps = await world.plan(required([a]));
    expect(steps.map(({ action }) => action.kind)).toEqual(["create-store", "set-listener"]);
    await world.carryOut(steps);
    expect((await world.look()).now.listener?.authentication).toMatchObject({ mode: "verify", cut: false });
  });

  it.each([
    ["wrong credentials", { accessKeyId: "AKIANOBODYSKEY00", secretAccessKey: "x" }],
    ["a wrong secret", undefined],
  ])("fails with what to check for %s", async (_what, credentials) => {
    await using plain = await makeWorld(trust);
    const wrong = credentials ?? { ...plain.cloud.credentials, secretAccessKey: "wrong" };
    await using world = await makeWorld(trust, { credentials: wrong });
    await expect(world.look()).rejects.toMatchObject({ code: "REMOTE_UNAUTHORIZED", who: "operator" });
  });

  it("does not take a store that it may not read for an empty one", async () => {
    await using world = await makeWorld(trust);
    await world.carryOut(await world.plan(required([a])));
    world.storm.add({
      operation: "GetTrustStoreCaCertificatesBundle",
      fault: { kind: "refuse", status: 403, code: "AccessDenied" },
    });
    const seen = await world.look();
    expect(albFace(seen.now).anchors).toEqual({ unknown: "these credentials may not read it", count: 1 });
    expect(codes(seen)).toEqual(["warning store-unreadable"]);
  });

  it("asks for a fresh link when the first does not work", async () => {
    await using world = await makeWorld(trust);
    await world.carryOut(await world.plan(required([a])));
    world.storm.add({
      service: "s3",
      operation: "GetObject",
      fault: { kind: "refuse", status: 403, code: "AccessDenied" },
    });
    expect(albFace((await world.look()).now).anchors).toEqual({ known: [a] });
    world.storm.add({ service: "s3", operation: "GetObject", times: 2, fault: { kind: "cut" } });
    const error = await world.look().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "REMOTE_UNAVAILABLE", retryable: true });
    expect(JSON.stringify(error)).not.toMatch(/X-Amz|https?:/);
  });

  it.each([
    ["throttled", { kind: "throttle" }, "REMOTE_RATE_LIMITED"],
    ["unavailable", { kind: "refuse", status: 503, code: "ServiceUnavailable" }, "REMOTE_UNAVAILABLE"],
    ["cut off", { kind: "cut" }, "REMOTE_UNAVAILABLE"],
  ] as const)("fails when it is %s, and nothing is left open", async (_what, fault, code) => {
    await using world = await makeWorld(trust);
    world.storm.add({ operation: "DescribeTrustStores", fault });
    const error = await world.look().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, retryable: true });
    expect(error).not.toHaveProperty("details.outcomeUnknown");
  });

  it("is called off by the signal", async () => {
    await using world = await makeWorld(trust);
    const keep = () => Promise.reject(new Error("nothing to keep"));
    await expect(
      world.definition.read([world.on()], { clock: world.clock, signal: AbortSignal.abort(), keep }),
    ).rejects.toMatchObject({ code: "ABORTED" });
  });
});

type World = Awaited<ReturnType<typeof makeWorld>>;

async function tag(world: World, Key: string, Value: string): Promise<void> {
  await world.elb.send(new AddTagsCommand({ ResourceArns: [world.listener], Tags: [{ Key, Value }] }));
}

async function refer(world: World, store: string): Promise<void> {
  await world.elb.send(
    new ModifyListenerCommand({
      ListenerArn: world.listener,
      MutualAuthentication: { Mode: "verify", TrustStoreArn: store },
    }),
  );
}
