import {
  CreateTrustStoreCommand,
  DeleteTrustStoreCommand,
  DescribeTrustStoresCommand,
  ModifyListenerCommand,
  ModifyTrustStoreCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { GetObjectCommand, ListObjectVersionsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { Step } from "@handfast/core";
import { beforeAll, describe, expect, it } from "vitest";
import type { AlbAction } from "../../src/alb/actions.ts";
import { albFace, storeName } from "../../src/alb/state.ts";
import { enforced, makeWorld } from "./cloud.ts";
import { mode, required } from "./states.ts";
import { makeTrust, type Trust } from "./trust.ts";

let trust: Trust;
let [a, b, listA, listB]: [string, string, string, string] = ["", "", "", ""];
beforeAll(async () => {
  trust = await makeTrust(2);
  [a, b] = trust.anchors.map(({ sha256 }) => sha256) as [string, string];
  [listA, listB] = trust.crls.map(({ sha256 }) => sha256) as [string, string];
});

type World = Awaited<ReturnType<typeof makeWorld>>;
type AlbStep = Step<AlbAction>;

const storesOf = async (world: World): Promise<readonly (string | undefined)[]> => {
  const { TrustStores } = await world.elb.send(new DescribeTrustStoresCommand({}));
  return (TrustStores ?? []).map(({ Name }) => Name);
};
const keysOf = async (world: World): Promise<readonly (string | undefined)[]> => {
  const { Versions } = await world.s3.send(new ListObjectVersionsCommand({ Bucket: "bundles" }));
  return (Versions ?? []).map(({ Key }) => Key);
};

describe("alb perform", () => {
  it("carries a wish out, so that the listener enforces it", async () => {
    await using world = await makeWorld(trust);
    const steps = await world.plan(
      required([a, b], [listA, listB], { ignoreExpiry: true, advertiseNames: true }),
    );
    const outcomes = await world.carryOut(steps);
    expect(enforced(world)).toEqual({
      mode: "verify",
      anchors: expect.arrayContaining(["CN=Root A", "CN=Root B"]),
      crls: 2,
      ignoreExpiry: true,
      advertiseNames: true,
      storeRemoved: false,
    });
    const name = storeName([a, b], [listA, listB]);
    const [bundle, ...files] = (await keysOf(world)).toSorted((x, y) =>
      x?.includes("trust/") ? -1 : y?.includes("trust/") ? 1 : 0,
    );
    expect(bundle).toMatch(/^handfast\/trust\/[0-9a-f]{64}\.pem$/);
    expect(files.toSorted()).toEqual([listA, listB].map((crl) => `handfast/crl/${crl}.pem`).toSorted());
    expect(outcomes).toEqual([
      {
        made: [
          `arn:aws:elasticloadbalancing:eu-west-1:111122223333:truststore/${name}`,
          `arn:aws:s3:::bundles/${bundle}`,
        ],
      },
      ...[listA, listB].toSorted().map((crl) => ({ made: [`arn:aws:s3:::bundles/handfast/crl/${crl}.pem`] })),
      {},
    ]);
    expect(
      await world.plan(required([a, b], [listA, listB], { ignoreExpiry: true, advertiseNames: true })),
    ).toEqual([]);
  });

  it("goes up the rungs and back down, with off in so many words", async () => {
    await using world = await makeWorld(trust);
    for (const [wish, native] of [
      [mode("request"), "passthrough"],
      [required([a], [], { ignoreExpiry: true, advertiseNames: true }), "verify"],
      [mode("request"), "passthrough"],
      [required([a, b]), "verify"],
      [mode("off"), "off"],
    ] as const) {
      await world.carryOut(await world.plan(wish));
      expect(enforced(world).mode).toBe(native);
    }
  });

  it("uploads text with its checksum, and pins the version", async () => {
    let sent: unknown;
    await using world = await makeWorld(trust, {
      watch: (operation, input) => {
        if (operation === "CreateTrustStoreCommand") sent = input;
      },
    });
    const [create] = (await world.plan(required([a, b]))) as [AlbStep];
    await world.perform(create);
    const { bundle } = create.action as Extract<AlbAction, { kind: "create-store" }>;
    const object = await world.s3.send(
      new GetObjectCommand({ Bucket: "bundles", Key: bundle, ChecksumMode: "ENABLED" }),
    );
    expect(object).toMatchObject({ ContentType: "text/plain", ChecksumSHA256: expect.any(String) });
    expect(sent).toMatchObject({ CaCertificatesBundleS3ObjectVersion: object.VersionId });
    expect(object.VersionId).toEqual(expect.any(String));
    const text = await object.Body?.transformToString();
    expect(text).toBe(
      [...trust.anchors]
        .toSorted((x, y) => (x.sha256 < y.sha256 ? -1 : 1))
        .map(({ pem }) => pem)
        .join(""),
    );
  });

  it("works on a bucket that keeps no versions, under another prefix", async () => {
    await using world = await makeWorld(trust, { versioning: "never", bucket: { prefix: "/team/mtls/" } });
    await world.carryOut(await world.plan(required([a], [listA])));
    expect(enforced(world)).toMatchObject({ mode: "verify", crls: 1 });
    expect((await keysOf(world)).every((key) => key?.startsWith("team/mtls/"))).toBe(true);
  });

  it("does every step twice with the same result", async () => {
    await using world = await makeWorld(trust);
    const steps = await world.plan(required([a], [listA]));
    for (const step of steps) {
      await world.carryOut([step]);
      const again = await world.perform(step);
      expect(again.adopted ?? step.action.kind === "set-listener").toBe(true);
    }
    expect(enforced(world)).toMatchObject({ mode: "verify", crls: 1 });
    expect(await storesOf(world)).toHaveLength(1);
  });

  it("knows by its mark what an earlier try made, and takes nothing else for its own", async () => {
    await using world = await makeWorld(trust);
    const [create, add] = (await world.plan(required([a], [listA]))) as [AlbStep, AlbStep];
    const made = (await world.carryOut([create]))[0]?.made;
    expect(await world.perform(create)).toEqual({ adopted: true, made });
    expect(await world.perform(create, world.on(), "another run")).toEqual({ adopted: true });
    await world.perform(add);
    expect((await world.perform(add)).made).toHaveLength(1);
    expect(await world.perform(add, world.on(), "another run")).toEqual({ adopted: true });
  });

  it("switches to a store that it found only while it holds what was found in it", async () => {
    await using world = await makeWorld(trust);
    await world.carryOut(await world.plan(required([a], [listA])));
    await world.carryOut(await world.plan(required([b])));
    const back = await world.plan(required([a], [listA]));
    expect(back.map(({ action }) => action.kind)).toEqual(["set-listener"]);
    await upload(world, "other.pem", 1);
    const names = { Names: [storeName([a], [listA])] };
    const { TrustStores } = await world.elb.send(new DescribeTrustStoresCommand(names));
    await world.elb.send(
      new ModifyTrustStoreCommand({
        TrustStoreArn: TrustStores?.[0]?.TrustStoreArn,
        CaCertificatesBundleS3Bucket: "bundles",
        CaCertificatesBundleS3Key: "other.pem",
      }),
    );
    await world.clock.sleep(60_000);
    await expect(world.carryOut(back)).rejects.toMatchObject({ code: "PRECONDITION_FAILED" });
    expect(enforced(world)).toMatchObject({ anchors: ["CN=Root B"] });
  });

  it("lets two listeners share what either makes", async () => {
    await using world = await makeWorld(trust);
    const other = world.on(world.cloud.addListener(world.balancer, { port: 444 }));
    const wish = required([a], [listA]);
    const [mine, theirs] = [await world.plan(wish), await world.plan(wish, other)];
    await world.carryOut(mine);
    await world.carryOut(theirs, other);
    expect(await storesOf(world)).toHaveLength(1);
    expect(enforced(world)).toEqual(enforced(world, other.target.listener));
    expect(enforced(world).crls).toBe(1);
  });

  it("goes back to a store that somebody else made, found by its name", async () => {
    await using world = await makeWorld(trust);
    await putTheirs(world, 0);
    const before = (await world.look()).now;
    await world.carryOut(await world.plan(required([b])));
    const now = (await world.look()).now;
    expect(Object.keys(now.stores)).toEqual([storeName([b], [])]);
    await world.carryOut(world.planTo(before, now));
    expect((await world.look()).now.listener).toEqual(before.listener);
    expect(enforced(world)).toMatchObject({ mode: "verify", anchors: ["CN=Root A"] });
  });

  it("does not go back to a store whose content was changed meanwhile", async () => {
    await using world = await makeWorld(trust);
    const arn = await putTheirs(world, 0);
    const before = (await world.look()).now;
    await world.carryOut(await world.plan(required([b])));
    const back = world.planTo(before, (await world.look()).now);
    await upload(world, "theirs-2.pem", 1);
    await world.elb.send(
      new ModifyTrustStoreCommand({
        TrustStoreArn: arn,
        CaCertificatesBundleS3Bucket: "bundles",
        CaCertificatesBundleS3Key: "theirs-2.pem",
      }),
    );
    await expect(world.carryOut(back)).rejects.toMatchObject({ code: "PRECONDITION_FAILED" });
    expect(enforced(world)).toMatchObject({ anchors: ["CN=Root B"] });
  });

  it("goes back to a store of another account", async () => {
    await using world = await makeWorld(trust);
    const arn = world.cloud.addForeignTrustStore({ name: "shared", bundle: trust.anchors[0]?.pem ?? "" });
    await refer(world, arn);
    const before = (await world.look()).now;
    await world.carryOut(await world.plan(mode("request")));
    await world.carryOut(world.planTo(before, (await world.look()).now));
    expect(enforced(world)).toMatchObject({ mode: "verify", anchors: ["CN=Root A"] });
  });

  it("refuses a store of the right name that holds something else", async () => {
    await using world = await makeWorld(trust);
    const [create] = (await world.plan(required([a]))) as [AlbStep];
    await upload(world, "impostor.pem", 1);
    await world.elb.send(
      new CreateTrustStoreCommand({
        Name: storeName([a], []),
        CaCertificatesBundleS3Bucket: "bundles",
        CaCertificatesBundleS3Key: "impostor.pem",
      }),
    );
    await world.clock.sleep(30_000);
    await expect(world.perform(create)).rejects.toMatchObject({ code: "REMOTE_CONFLICT" });
  });

  it("refuses a file of the right key that holds something else", async () => {
    await using world = await makeWorld(trust);
    const [create] = (await world.plan(required([a]))) as [AlbStep];
    await upload(world, (create.action as { bundle: string }).bundle, 1);
    await expect(world.perform(create)).rejects.toThrow(/other bytes lie there/);
    expect(await storesOf(world)).toEqual([]);
  });

  it("fails when the store was deleted before the switch, and touches nothing", async () => {
    await using world = await makeWorld(trust);
    const [create, flip] = (await world.plan(required([a]))) as [AlbStep, AlbStep];
    await world.carryOut([create]);
    const { TrustStores } = await world.elb.send(new DescribeTrustStoresCommand({}));
    await world.elb.send(new DeleteTrustStoreCommand({ TrustStoreArn: TrustStores?.[0]?.TrustStoreArn }));
    const error = await world.perform(flip).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "REMOTE_NOT_FOUND",
      message: expect.stringContaining(storeName([a], [])),
    });
    expect(enforced(world).mode).toBe("off");
  });

  it("carries the provider's reason when a quota is met", async () => {
    await using world = await makeWorld(trust, { aws: { quotas: { trustStores: 0 } } });
    const [create] = (await world.plan(required([a]))) as [AlbStep];
    await expect(world.perform(create)).rejects.toMatchObject({
      code: "REMOTE_REJECTED",
      message: expect.stringMatching(/TooManyTrustStores.*Service Quotas/),
    });
  });
});

describe("alb removals, carried out", () => {
  it("deletes what was made and nothing else", async () => {
    await using world = await makeWorld(trust);
    await upload(world, "keep-me.pem", 0);
    const outcomes = [
      ...(await world.carryOut(await world.plan(required([a], [listA])))),
      ...(await world.carryOut(await world.plan(required([a, b], [listA, listB])))),
    ];
    const made = outcomes.flatMap(({ made = [] }) => made);
    const seen = await world.look();
    const { steps, findings } = world.definition.removals(world.on().target, seen, { keep: [], made });
    expect(findings).toEqual([]);
    await world.carryOut(steps as readonly AlbStep[]);
    expect(await storesOf(world)).toEqual([storeName([a, b], [listA, listB])]);
    expect(await currentKeys(world)).toHaveLength(4);
    expect(await currentKeys(world)).toContain("keep-me.pem");
    for (const step of steps as readonly AlbStep[]) {
      expect(await world.check(step)).toBe("done");
      expect(await world.perform(step)).toMatchObject({
        removed: [expect.any(String), expect.any(String)],
        adopted: true,
      });
    }
  });

  it("waits until the service has seen that nobody uses the store any more", async () => {
    await using world = await makeWorld(trust, { aws: { lags: { held: 40_000 } } });
    const [{ made = [] } = {}] = await world.carryOut(await world.plan(required([a])));
    await world.carryOut(await world.plan(mode("off")));
    const { steps } = world.definition.removals(world.on().target, await world.look(), { keep: [], made });
    const before = world.clock.now();
    await world.carryOut(steps as readonly AlbStep[]);
    expect(await storesOf(world)).toEqual([]);
    expect(world.clock.now() - before).toBeGreaterThan(30_000);
    expect(world.clock.now() - before).toBeLessThan(60_000);
  });

  it("gives up, and names the listener, when somebody uses the store again", async () => {
    await using world = await makeWorld(trust);
    const [{ made = [] } = {}] = await world.carryOut(await world.plan(required([a])));
    await world.carryOut(await world.plan(mode("off")));
    const { steps } = world.definition.removals(world.on().target, await world.look(), { keep: [], made });
    const other = world.on(world.cloud.addListener(world.balancer, { port: 444 }));
    await world.carryOut(await world.plan(required([a]), other), other);
    const error = await world.carryOut(steps as readonly AlbStep[]).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "PRECONDITION_FAILED",
      message: expect.stringContaining(other.target.listener),
    });
    expect(albFace((await world.look(other)).now).anchors).toEqual({ known: [a] });
    expect(await currentKeys(world)).toHaveLength(1);
  });
});

async function currentKeys(world: World): Promise<readonly string[]> {
  const { Versions } = await world.s3.send(new ListObjectVersionsCommand({ Bucket: "bundles" }));
  return (Versions ?? []).filter(({ IsLatest }) => IsLatest).map(({ Key }) => Key ?? "");
}

async function upload(world: World, Key: string, root: number): Promise<void> {
  await world.s3.send(new PutObjectCommand({ Bucket: "bundles", Key, Body: trust.anchors[root]?.pem ?? "" }));
}

async function refer(world: World, store: string | undefined): Promise<void> {
  await world.elb.send(
    new ModifyListenerCommand({
      ListenerArn: world.listener,
      MutualAuthentication: { Mode: "verify", TrustStoreArn: store },
    }),
  );
}

/** A store as some other tool makes it, in use by the listener. */
async function putTheirs(world: World, root: number): Promise<string | undefined> {
  await upload(world, "theirs.pem", root);
  const { TrustStores } = await world.elb.send(
    new CreateTrustStoreCommand({
      Name: "theirs",
      CaCertificatesBundleS3Bucket: "bundles",
      CaCertificatesBundleS3Key: "theirs.pem",
      Tags: [{ Key: "ManagedBy", Value: "terraform" }],
    }),
  );
  await world.clock.sleep(30_000);
  const arn = TrustStores?.[0]?.TrustStoreArn;
  await refer(world, arn);
  return arn;
}
