import {
  CreateTrustStoreCommand,
  DeleteTrustStoreCommand,
  UpdateTrustStoreCommand,
} from "@aws-sdk/client-cloudfront";
import type { Step } from "@handfast/core";
import { beforeAll, describe, expect, it } from "vitest";
import type { CloudFrontAction } from "../../src/cloudfront/actions.ts";
import { bundleKey, storeName } from "../../src/cloudfront/names.ts";
import { makeTrust, type Trust } from "../alb/trust.ts";
import { makeWorld, type World } from "./cloud.ts";
import { mode, required } from "./states.ts";

let trust: Trust;
beforeAll(async () => {
  trust = await makeTrust(2);
});
const anchor = (index: number): string => trust.anchors[index]?.sha256 ?? "";
const crl = (index: number): string => trust.crls[index]?.sha256 ?? "";
const of = (kind: CloudFrontAction["kind"], steps: readonly Step<CloudFrontAction>[]) => {
  const found = steps.find(({ action }) => action.kind === kind);
  if (found === undefined) throw new Error(`no ${kind}`);
  return found;
};
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "no error",
    (error: { code: string; message: string }) => ({ code: error.code, message: error.message }),
  );
const prepare = async (world: World, wanted = required([anchor(0)])) => {
  const steps = await world.plan(wanted);
  await world.carryOut(steps.filter(({ effect }) => effect === "none"));
  return of("set-viewer", steps);
};

describe("performCloudFront", () => {
  it("turns mTLS on, changes flags of the association in place, and turns it off, leaving all else as it was", async () => {
    await using world = await makeWorld(trust, {
      distribution: { extra: "<FutureSetting><Depth>4</Depth></FutureSetting>" },
    });
    const before = world.cloud.inventory().distributions[0]?.config;
    await world.carryOut(await world.plan(required([anchor(0)])));
    const on = { anchors: ["CN=Root A"], ocsp: false, function: undefined };
    expect(world.enforced()).toEqual({ mode: "required", ignoreExpiry: false, advertiseNames: false, ...on });
    const flags = required([anchor(0)], [], { mode: "optional", ignoreExpiry: true, advertiseNames: true });
    const steps = await world.plan(flags);
    expect(steps.map(({ action }) => action.kind)).toEqual(["set-viewer"]);
    await world.carryOut(steps);
    expect(world.enforced()).toEqual({ mode: "optional", ignoreExpiry: true, advertiseNames: true, ...on });
    await world.carryOut(await world.plan(mode("off")));
    expect(world.cloud.inventory().distributions[0]?.config).toBe(before);
  });

  it("makes store, list and function of CRLs, and writes other CRLs in place", async () => {
    await using world = await makeWorld(trust);
    const steps = await world.plan(required([anchor(0)], [crl(0)]));
    await world.carryOut(steps);
    const name = of("create-function", steps).action as Extract<
      CloudFrontAction,
      { kind: "create-function" }
    >;
    expect(world.enforced()).toMatchObject({ mode: "required", function: name.name });
    expect(world.listed()).toEqual({ [name.list]: ["a"] });
    const next = await world.plan(required([anchor(0)], [crl(1)]));
    expect(next.map(({ action, effect }) => `${action.kind} ${effect}`)).toEqual(["write-list switch"]);
    await world.carryOut(next);
    expect(await world.plan(required([anchor(0)], [crl(1)]))).toEqual([]);
    expect(world.enforced()).toMatchObject({ function: name.name });
  });

  it("puts bundle and CRLs as text, where the service reads them by region and version", async () => {
    await using world = await makeWorld(trust);
    await world.carryOut(await world.plan(required([anchor(0)], [crl(0)])));
    const keys = world.cloud.inventory().objects.map(({ key }) => key);
    expect(keys).toEqual([
      expect.stringMatching(/^handfast\/cloudfront\/trust\/hf-[0-9a-f]{28}\.pem$/),
      expect.stringMatching(/^handfast\/cloudfront\/crl\/hf-[A-Z0-9]+-[0-9a-f]{8}\/[0-9a-f]{64}\.pem$/),
    ]);
  });

  it("follows somebody else's write that came in between, and keeps it", async () => {
    await using world = await makeWorld(trust);
    const flip = await prepare(world);
    await world.edit((config) => {
      config.Comment = "somebody was here";
    });
    const rule = world.storm.add({
      operation: "UpdateDistribution",
      times: 1,
      fault: { kind: "refuse", status: 412, code: "PreconditionFailed" },
    });
    await world.perform(flip);
    expect(rule.hits()).toBe(1);
    expect(world.enforced()).toMatchObject({ mode: "required" });
    expect(world.cloud.inventory().distributions[0]?.config).toContain("somebody was here");
  });

  it("stops where viewer mTLS is neither as before nor as planned", async () => {
    await using world = await makeWorld(trust);
    await world.carryOut(await world.plan(required([anchor(0)])));
    const flip = await prepare(world, required([anchor(1)]));
    await world.edit((config) => {
      if (config.ViewerMtlsConfig !== undefined) config.ViewerMtlsConfig.Mode = "optional";
    });
    expect(await codeOf(world.perform(flip))).toMatchObject({
      code: "STEP_MOVED",
      message: expect.stringContaining("it is at optional with hf-"),
    });
    expect(world.enforced()).toMatchObject({ mode: "optional", anchors: ["CN=Root A"] });
  });

  it("waits for a store that the distribution does not know as active yet", async () => {
    await using world = await makeWorld(trust, { aws: { cloudfront: { lags: { active: 12_000 } } } });
    const steps = await world.plan(required([anchor(0)]));
    for (const step of steps) await world.perform(step);
    expect(world.enforced()).toMatchObject({ mode: "required" });
  });

  it("finds its own store again when the answer was lost, and does not call another's its own", async () => {
    await using world = await makeWorld(trust);
    const [create] = await world.plan(required([anchor(0)]));
    if (create === undefined) throw new Error("no step");
    world.storm.add({ operation: "CreateTrustStore", times: 1, moment: "after", fault: { kind: "cut" } });
    expect(await codeOf(world.perform(create))).toMatchObject({ code: "REMOTE_UNAVAILABLE" });
    const again = await world.perform(create);
    expect(again).toMatchObject({ adopted: true, made: expect.arrayContaining([create.object]) });
    expect(await world.perform(create, world.on(), "run-2")).toEqual({ adopted: true });
  });

  it("finds a store again that was made anew since it was looked at", async () => {
    await using world = await makeWorld(trust);
    const flip = await prepare(world);
    const name = storeName([anchor(0)], false);
    const { Id, ETag } = await world.storeNamed(name);
    await world.delivery.send(new DeleteTrustStoreCommand({ Id, IfMatch: ETag }));
    await world.clock.sleep(60_000);
    const location = { Bucket: "bundles", Key: bundleKey(name, "handfast"), Region: world.cloud.region };
    await world.delivery.send(
      new CreateTrustStoreCommand({
        Name: name,
        CaCertificatesBundleSource: { CaCertificatesBundleS3Location: location },
      }),
    );
    await world.clock.sleep(60_000);
    expect(await world.perform(flip)).toEqual({});
    expect(world.enforced()).toMatchObject({ mode: "required", anchors: ["CN=Root A"] });
  });

  it("refuses a store of its name that holds something else", async () => {
    await using world = await makeWorld(trust);
    const [create] = await world.plan(required([anchor(0)]));
    const [other] = await world.plan(required([anchor(0), anchor(1)]));
    if (create === undefined || other === undefined) throw new Error("no step");
    const name = storeName([anchor(0)], false);
    const wrong = { ...other, action: { ...other.action, store: name } as CloudFrontAction };
    await world.perform(wrong);
    await world.clock.sleep(60_000);
    await world.storeNamed(name);
    await world.clock.sleep(10_000);
    expect(await codeOf(world.perform(create))).toMatchObject({ code: "REMOTE_CONFLICT" });
  });

  it("does not switch to a store that was changed since it was seen", async () => {
    await using world = await makeWorld(trust);
    await world.carryOut((await world.plan(required([anchor(0)]))).slice(0, 1));
    const [flip] = await world.plan(required([anchor(0)]));
    if (flip === undefined) throw new Error("no step");
    const { Id, ETag } = await world.storeNamed(storeName([anchor(0)], false));
    await world.delivery.send(
      new UpdateTrustStoreCommand({ Id, IfMatch: ETag, UseClientCertificateOCSPEndpoint: true }),
    );
    await world.clock.sleep(60_000);
    expect(await codeOf(world.perform(flip))).toMatchObject({ code: "PRECONDITION_FAILED" });
    expect(world.enforced()).toEqual({ mode: "off" });
  });

  it("does not switch to a store that serves all it may, and the next plan takes a further one", async () => {
    await using world = await makeWorld(trust, { aws: { cloudfront: { lags: { deployed: 0 } } } });
    const others = Array.from({ length: 25 }, () => world.cloud.addDistribution().arn);
    const flip = await prepare(world);
    const { Id } = await world.storeNamed(storeName([anchor(0)], false));
    for (const arn of others) {
      await world.edit((config) => {
        config.ViewerMtlsConfig = { Mode: "required", TrustStoreConfig: { TrustStoreId: Id } };
      }, arn);
    }
    expect(await codeOf(world.perform(flip))).toMatchObject({
      code: "PRECONDITION_FAILED",
      message: expect.stringContaining("it serves 25 distributions"),
    });
    await world.carryOut(await world.plan(required([anchor(0)])));
    expect(world.cloud.inventory().distributions[0]?.trustStore).toBe(storeName([anchor(0)], false, 2));
  });

  it("takes the connection function off with mTLS, and goes back to it", async () => {
    await using world = await makeWorld(trust);
    await world.carryOut(await world.plan(required([anchor(0)], [crl(0)])));
    const image = (await world.look()).now;
    await world.carryOut(await world.plan(mode("off")));
    expect(world.enforced()).toEqual({ mode: "off" });
    const back = world.planTo(image, (await world.look()).now);
    expect(back.map(({ action }) => action.kind)).toEqual(["set-viewer"]);
    await world.carryOut(back);
    const { connectionFunction } = image.distribution ?? {};
    expect(world.enforced()).toMatchObject({ mode: "required", function: connectionFunction });
  });

  it("says why a store failed", async () => {
    const failing = () => "The bundle has no CA certificate in it.";
    await using world = await makeWorld(trust, { aws: { cloudfront: { failing } } });
    const [create] = await world.plan(required([anchor(0)]));
    if (create === undefined) throw new Error("no step");
    await world.perform(create);
    await world.clock.sleep(60_000);
    expect(await world.check(create)).toEqual({ failed: failing() });
    await expect(world.plan(required([anchor(0)]))).rejects.toThrow(failing());
    const { now } = await world.look();
    const { steps } = world.definition.removals(
      world.on().target,
      { ...(await world.look()), now },
      { keep: [], made: [create.object] },
    );
    await world.carryOut(steps as readonly Step<CloudFrontAction>[]);
    expect(world.cloud.inventory().distributionTrustStores).toEqual([]);
  });
});

describe("performCloudFront, removing", () => {
  it("waits until nothing refers to a store, then until it is gone", async () => {
    await using world = await makeWorld(trust);
    const made = (await world.carryOut(await world.plan(required([anchor(0)])))).flatMap(
      (outcome) => outcome.made ?? [],
    );
    await world.carryOut(await world.plan(mode("off")));
    const seen = await world.look();
    const { steps } = world.definition.removals(world.on().target, seen, { keep: [], made });
    const [remove] = steps as readonly Step<CloudFrontAction>[];
    if (remove === undefined) throw new Error("no step");
    const outcome = await world.perform(remove);
    expect(outcome.removed?.toSorted()).toEqual(made.toSorted());
    expect(await world.check(remove)).toBe("done");
    expect(await world.perform(remove)).toMatchObject({ adopted: true });
    expect(world.cloud.inventory().objects).toEqual([]);
  });

  it("gives a store up that a distribution goes on referring to", async () => {
    await using world = await makeWorld(trust);
    await world.carryOut(await world.plan(required([anchor(0)])));
    const store = storeName([anchor(0)], false);
    const action: CloudFrontAction = { kind: "delete-store", store, files: [] };
    const [any] = await world.plan(mode("off"));
    if (any === undefined) throw new Error("no step");
    expect(await codeOf(world.perform({ ...any, key: "delete", effect: "remove", action }))).toMatchObject({
      code: "PRECONDITION_FAILED",
      message: expect.stringContaining(world.distribution),
    });
    expect(world.enforced()).toMatchObject({ mode: "required" });
  });
});
