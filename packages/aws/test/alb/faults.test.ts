import { DescribeTrustStoresCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Step } from "@handfast/core";
import { beforeAll, describe, expect, it } from "vitest";
import type { AlbAction } from "../../src/alb/actions.ts";
import { enforced, makeWorld } from "./cloud.ts";
import { mode, required } from "./states.ts";
import { makeTrust, type Trust } from "./trust.ts";

let trust: Trust;
let [a, listA]: [string, string] = ["", ""];
beforeAll(async () => {
  trust = await makeTrust(1);
  a = trust.anchors[0]?.sha256 ?? "";
  listA = trust.crls[0]?.sha256 ?? "";
});

type World = Awaited<ReturnType<typeof makeWorld>>;
type AlbStep = Step<AlbAction>;

const planned = async (world: World): Promise<readonly [AlbStep, AlbStep, AlbStep]> =>
  (await world.plan(required([a], [listA]))) as [AlbStep, AlbStep, AlbStep];
const failing = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => {
      throw new Error("the call did not fail");
    },
    (error: unknown) => error,
  );

/** What an answer can be lost to once the call has taken effect. */
const losses = [
  ["a 500", { kind: "refuse", status: 500, code: "InternalFailure" }],
  ["a 503", { kind: "refuse", status: 503, code: "ServiceUnavailable" }],
  ["a cut connection", { kind: "cut" }],
] as const;

describe("alb perform, when the answer is lost after the effect", () => {
  it.each(losses)("CreateTrustStore, %s: leaves it open, then knows its own store", async (_what, fault) => {
    await using world = await makeWorld(trust);
    const [create] = await planned(world);
    world.storm.add({ operation: "CreateTrustStore", moment: "after", fault });
    const error = await failing(world.perform(create));
    expect(error).toMatchObject({
      code: "REMOTE_UNAVAILABLE",
      details: { outcomeUnknown: true, operation: "CreateTrustStore" },
    });
    const [outcome] = await world.carryOut([create]);
    expect(outcome).toMatchObject({
      adopted: true,
      made: [expect.stringContaining("truststore/hf-"), expect.stringContaining("trust/")],
    });
    expect((await world.elb.send(new DescribeTrustStoresCommand({}))).TrustStores).toHaveLength(1);
  });

  it.each(losses)(
    "CreateTrustStore, %s: is not misled when the SDK tries again by itself",
    async (_what, fault) => {
      await using world = await makeWorld(trust, { maxAttempts: 3 });
      const [create] = await planned(world);
      world.storm.add({ operation: "CreateTrustStore", moment: "after", fault });
      const outcome = await world.perform(create);
      expect(world.log.count({ operation: "CreateTrustStore" })).toBe(2);
      expect(outcome.made).toHaveLength(2);
      await world.carryOut([create]);
    },
  );

  it.each(losses)(
    "PutObject, %s: reads back what it met instead of failing on its own file",
    async (_what, fault) => {
      await using world = await makeWorld(trust, { maxAttempts: 3 });
      const [create] = await planned(world);
      world.storm.add({ operation: "PutObject", moment: "after", fault });
      expect((await world.perform(create)).made).toHaveLength(2);
      expect(world.log.count({ operation: "PutObject", status: 412 })).toBe(1);
    },
  );

  it.each(losses)("AddTrustStoreRevocations, %s: attaches the CRL once", async (_what, fault) => {
    await using world = await makeWorld(trust);
    const [create, add, flip] = await planned(world);
    await world.carryOut([create]);
    world.storm.add({ operation: "AddTrustStoreRevocations", moment: "after", fault });
    expect(await failing(world.perform(add))).toMatchObject({ details: { outcomeUnknown: true } });
    expect(await world.check(add)).toBe("done");
    expect(await world.perform(add)).toMatchObject({ adopted: true, made: [expect.stringContaining(listA)] });
    await world.carryOut([flip]);
    expect(enforced(world).crls).toBe(1);
  });

  it.each(losses)(
    "ModifyListener, %s: leaves it open, and a look tells that it is done",
    async (_what, fault) => {
      await using world = await makeWorld(trust);
      const [create, add, flip] = await planned(world);
      await world.carryOut([create, add]);
      world.storm.add({ operation: "ModifyListener", moment: "after", fault });
      expect(await failing(world.perform(flip))).toMatchObject({
        code: "REMOTE_UNAVAILABLE",
        details: { outcomeUnknown: true },
      });
      expect(await world.check(flip)).toBe("done");
    },
  );

  it.each(losses)("DeleteTrustStore, %s: is done when it is tried again", async (_what, fault) => {
    await using world = await makeWorld(trust);
    const remove = await removal(world);
    world.storm.add({ operation: "DeleteTrustStore", moment: "after", fault });
    expect(await failing(world.perform(remove))).toMatchObject({ details: { outcomeUnknown: true } });
    expect(await world.check(remove)).toBe("done");
    expect(await world.perform(remove)).toMatchObject({
      removed: [expect.any(String), expect.any(String)],
      adopted: true,
    });
  });
});

describe("alb perform, when the call fails before the effect", () => {
  it("takes up where a lost CreateTrustStore left the bundle", async () => {
    await using world = await makeWorld(trust);
    const [create] = await planned(world);
    world.storm.add({ operation: "CreateTrustStore", fault: { kind: "cut" } });
    expect(await failing(world.perform(create))).toMatchObject({ details: { outcomeUnknown: true } });
    expect(await world.check(create)).toBe("todo");
    expect(await world.carryOut([create])).toMatchObject([
      { made: [expect.any(String), expect.any(String)] },
    ]);
  });

  it.each(["CreateTrustStore", "PutObject"])(
    "hands throttling of %s on, with the wait that was asked for",
    async (operation) => {
      await using world = await makeWorld(trust);
      const [create] = await planned(world);
      world.storm.add({ operation, fault: { kind: "throttle", retryAfterSeconds: 7 } });
      const error = await failing(world.perform(create));
      expect(error).toMatchObject({
        code: "REMOTE_RATE_LIMITED",
        retryable: true,
        details: { retryAfterMs: 7_000 },
      });
      expect(error).not.toHaveProperty("details.outcomeUnknown");
    },
  );

  it.each([
    ["CreateTrustStore", 0],
    ["PutObject", 0],
    ["ModifyListener", 2],
  ])("says whose policy is short when %s is denied", async (operation, at) => {
    await using world = await makeWorld(trust);
    const steps = await planned(world);
    await world.carryOut(steps.slice(0, at));
    world.storm.add({ operation, fault: { kind: "refuse", status: 403, code: "AccessDenied" } });
    expect(await failing(world.perform(steps[at] as AlbStep))).toMatchObject({
      code: "REMOTE_UNAUTHORIZED",
      who: "operator",
      details: { operation },
    });
  });

  it("repeats an upload that raced another", async () => {
    await using world = await makeWorld(trust);
    const [create] = await planned(world);
    const race = { kind: "refuse", status: 409, code: "ConditionalRequestConflict" } as const;
    world.storm.add({ operation: "PutObject", times: 3, fault: race });
    expect((await world.perform(create)).made).toHaveLength(2);
    world.storm.clear();
  });

  it("waits for a store that is not ready yet, and gives up in the end", async () => {
    await using world = await makeWorld(trust, { aws: { lags: { active: 40_000 } } });
    const [create, , flip] = await planned(world);
    await world.perform(create);
    const never = world.storm.add({
      operation: "ModifyListener",
      times: Number.POSITIVE_INFINITY,
      fault: { kind: "refuse", status: 400, code: "TrustStoreNotReady" },
    });
    expect(await failing(world.perform(flip))).toMatchObject({ code: "REMOTE_CONFLICT", retryable: true });
    never.remove();

    await using slow = await makeWorld(trust, { aws: { lags: { active: 40_000 } } });
    const [slowCreate, , slowFlip] = await planned(slow);
    await slow.perform(slowCreate);
    const before = slow.clock.now();
    await slow.perform(slowFlip);
    expect(enforced(slow).mode).toBe("verify");
    expect(slow.clock.now() - before).toBeGreaterThanOrEqual(38_000);
  });

  it("finds a new store although Describe does not show it yet", async () => {
    await using world = await makeWorld(trust, { aws: { lags: { visible: 30_000, active: 0 } } });
    const [create, add, flip] = await planned(world);
    await world.perform(create);
    expect(await world.perform(create)).toMatchObject({
      adopted: true,
      made: [expect.any(String), expect.any(String)],
    });
    await world.perform(add);
    await world.perform(flip);
    expect(enforced(world)).toMatchObject({ mode: "verify", crls: 1 });
  });

  it("repeats a delete that the service still calls in use, and gives up in the end", async () => {
    await using world = await makeWorld(trust);
    const remove = await removal(world);
    const inUse = { kind: "refuse", status: 400, code: "TrustStoreInUse" } as const;
    const rule = world.storm.add({
      operation: "DeleteTrustStore",
      times: Number.POSITIVE_INFINITY,
      fault: inUse,
    });
    expect(await failing(world.perform(remove))).toMatchObject({ code: "REMOTE_CONFLICT", retryable: true });
    expect(rule.hits()).toBe(25);
    rule.remove();
    world.storm.add({ operation: "DeleteTrustStore", times: 3, fault: inUse });
    await world.perform(remove);
    expect(await world.check(remove)).toBe("done");
  });

  it("stops waiting when it is called off", async () => {
    await using world = await makeWorld(trust, { aws: { lags: { active: 100_000 } } });
    const [create, , flip] = await planned(world);
    await world.perform(create);
    const controller = new AbortController();
    const waiting = world.definition.perform([{ target: world.on(), step: flip }], {
      clock: { now: () => 0, sleep: async () => controller.abort(new Error("enough")) },
      signal: controller.signal,
      idempotencyKey: "x",
      bytes: (digest) => trust.bytes(digest),
      secret: () => Promise.reject(new Error("none")),
    });
    expect(await failing(waiting)).toMatchObject({ code: "ABORTED" });
    expect(enforced(world).mode).toBe("off");
  });
});

/** The step that deletes a store which was made and is not used. */
async function removal(world: World): Promise<AlbStep> {
  const outcomes = await world.carryOut(await world.plan(required([a])));
  await world.carryOut(await world.plan(mode("off")));
  const made = outcomes.flatMap((outcome) => outcome.made ?? []);
  const { steps } = world.definition.removals(world.on().target, await world.look(), { keep: [], made });
  return steps[0] as AlbStep;
}
