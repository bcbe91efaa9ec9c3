import type { Step } from "@handfast/core";
import { expect, test } from "vitest";
import type { HostnameAction } from "../../src/hostname/actions.ts";
import { makeIdentities } from "../make-identities.ts";
import { errorOf, type Simulated, simulated } from "./simulated.ts";

const identities = await makeIdentities();
const { edge, old, chained } = identities;
const root = "/zones/{zone_id}/origin_tls_client_auth/hostnames";
const upload = `POST ${root}/certificates`;
const put = `PUT ${root}`;
const remove = `DELETE ${root}/certificates/{certificate_id}`;

async function stepsTo(
  world: Simulated,
  shows: Parameters<Simulated["wanted"]>[0],
): Promise<readonly Step<HostnameAction>[]> {
  const { now } = await world.read();
  return world.steps(now, world.wanted(shows, now));
}
const first = (steps: readonly Step<HostnameAction>[]): Step<HostnameAction> => {
  const [step] = steps;
  if (step === undefined) throw new Error("a step expected");
  return step;
};
const posts = (world: Simulated): number => world.calls.filter((call) => call.startsWith("POST")).length;
const deleteOld = (world: Simulated): Step<HostnameAction> => {
  const bundle = { certificate: old.certificate.sha256, chain: [] };
  return { ...deleteStep, action: { kind: "delete", zone: world.zone, bundle } };
};
const deleteStep: Omit<Step<HostnameAction>, "action"> = {
  key: "delete",
  object: "x",
  effect: "remove",
  back: "until-retire",
  settles: { by: "call" },
  cost: { budget: "b", calls: 1 },
  summary: "delete",
};

const lost: [string, Parameters<Simulated["faults"]["add"]>[0]["fault"]][] = [
  ["a connection that is cut", { kind: "cut" }],
  ["a page of the edge with HTTP 502", { kind: "refuse", status: 502, code: "Bad Gateway" }],
];

test.each(lost)(
  "perform finds an upload whose answer was lost in %s, and calls it made",
  async (_, fault) => {
    const world = simulated(identities);
    const step = first(await stepsTo(world, edge));
    world.faults.add({ operation: upload, moment: "after", fault });
    expect(await world.perform(step)).toEqual({ made: [step.object] });
    expect(posts(world)).toBe(1);
  },
);

test.each(lost)("perform uploads again when %s came before the effect", async (_, fault) => {
  const world = simulated(identities);
  const step = first(await stepsTo(world, edge));
  world.faults.add({ operation: upload, fault });
  expect(await world.perform(step)).toEqual({ made: [step.object] });
  expect(posts(world)).toBe(2);
});

test("perform adopts a certificate that is there, and does not call it made", async () => {
  const world = simulated(identities);
  const step = first(await stepsTo(world, edge));
  await world.perform(step);
  expect(await world.perform(step)).toEqual({ adopted: true });
  expect(posts(world)).toBe(1);
});

test("perform adopts what a 1406 tells of: somebody else was faster", async () => {
  const world = simulated(identities);
  const step = first(await stepsTo(world, edge));
  // the certificate arrives, and the answer is that it was there
  world.faults.add({
    operation: upload,
    moment: "after",
    fault: { kind: "refuse", status: 400, code: "1406" },
  });
  expect(await world.perform(step)).toEqual({ adopted: true });
  expect(posts(world)).toBe(1);
});

test("perform waits for a tombstone to settle, then uploads the same certificate again", async () => {
  const world = simulated(identities);
  await world.move(old);
  const state = (await world.read()).now;
  await world.move("inherited");
  await world.perform(deleteOld(world));
  const before = world.clock.now();
  const [step] = world.steps(
    { ...state, association: null, store: [] },
    world.wanted(old, { ...state, association: null, store: [] }),
  );
  expect(await world.perform(step ?? deleteOld(world))).toHaveProperty("made");
  expect(world.clock.now() - before).toBeGreaterThanOrEqual(10_000);
  expect((await world.read()).now.store).toHaveLength(1);
});

test("perform gives up on a refusal that does not pass, and says what to do", async () => {
  const world = simulated(identities);
  const step = first(await stepsTo(world, edge));
  world.faults.add({
    operation: upload,
    times: Number.POSITIVE_INFINITY,
    fault: { kind: "refuse", status: 409, code: "1000" },
  });
  const before = world.clock.now();
  expect(await errorOf(world.perform(step))).toMatchObject({ code: "REMOTE_CONFLICT", retryable: true });
  expect(world.clock.now() - before).toBeLessThanOrEqual(90_000);
  expect(posts(world)).toBe(19);
});

test("perform passes over a 409 of a zone that is busy", async () => {
  const world = simulated(identities);
  world.faults.add({
    operation: [upload, put],
    times: 2,
    fault: { kind: "refuse", status: 409, code: "1000" },
  });
  await world.move(edge);
  expect(world.clock.slept.filter((ms) => ms === 5_000).length).toBeGreaterThanOrEqual(2);
});

test.each(lost)("perform looks before it writes an association again after %s", async (_, fault) => {
  const world = simulated(identities);
  world.faults.add({ operation: put, moment: "after", fault });
  await world.move(edge);
  world.faults.add({ operation: put, moment: "after", fault });
  await world.move("inherited");
  expect(world.calls.filter((call) => call.startsWith("PUT"))).toHaveLength(2);
});

test("perform does nothing to an association that is gone already", async () => {
  const world = simulated(identities);
  await world.move(edge);
  const step = first(await stepsTo(world, "inherited"));
  await world.perform(step);
  await world.clock.sleep(20_000);
  expect(await world.perform(step)).toEqual({ adopted: true });
});

test("perform deletes once nothing is being deployed or in use any more, and bounded", async () => {
  const world = simulated(identities);
  await world.perform(first(await stepsTo(world, old)));
  world.faults.add({ operation: remove, moment: "after", fault: { kind: "cut" } });
  // the upload is still being deployed: 1434
  expect(await world.perform(deleteOld(world))).toEqual({ removed: [expect.any(String)] });
  expect(await world.perform(deleteOld(world))).toEqual({ removed: [expect.any(String)], adopted: true });
  await world.clock.sleep(20_000);
  await world.move(old);
  const error = await errorOf(world.perform(deleteOld(world)));
  expect(error).toMatchObject({ code: "REMOTE_CONFLICT", details: { provider: { code: "1433" } } });
});

test("perform refuses a leaf that has expired, before any key is asked for", async () => {
  const world = simulated(identities);
  const step = first(await stepsTo(world, edge));
  await world.clock.sleep(400 * 24 * 3_600_000);
  world.calls.length = 0;
  expect(await errorOf(world.perform(step))).toMatchObject({ code: "CERTIFICATE_UNSUITABLE" });
  expect(world.calls).toEqual([]);
});

test("perform says when the certificate to associate is gone from the store", async () => {
  const world = simulated(identities);
  const [, associate] = await stepsTo(world, edge);
  expect(associate && (await errorOf(world.perform(associate)))).toMatchObject({ code: "REMOTE_NOT_FOUND" });
});

test("perform passes on what Cloudflare says to a chain", async () => {
  const world = simulated(identities);
  const target = { ...world.target(), sendChain: true };
  const { now } = await world.read(target);
  const step = first(world.steps(now, world.wanted(chained, now, target), target));
  expect(await errorOf(world.perform(step, target))).toMatchObject({
    code: "REMOTE_REJECTED",
    details: { provider: { code: "2100" } },
  });
});

test("perform refuses an id of the zone-level store with words for it", async () => {
  const world = simulated(identities);
  const [, associate] = await stepsTo(world, edge);
  if (associate?.action.kind !== "associate") throw new Error("an association expected");
  const to = { enabled: true, certificate: { unknown: "00000000-0000-4000-a000-000000000000" } };
  const error = await errorOf(world.perform({ ...associate, action: { ...associate.action, to } }));
  expect(error).toMatchObject({ code: "REMOTE_REJECTED", details: { provider: { code: "1415" } } });
  expect(error.message).toContain("zone-level store, which is a separate one");
});

test("perform passes a refused void on, when its reason is another than the certificate", async () => {
  const world = simulated(identities);
  await world.move(edge);
  const step = first(await stepsTo(world, "inherited"));
  world.faults.add({ operation: put, fault: { kind: "refuse", status: 403, code: "10000" } });
  expect(await errorOf(world.perform(step))).toMatchObject({
    code: "REMOTE_UNAUTHORIZED",
    message: expect.stringContaining('"SSL and Certificates Write"'),
  });
});

test("perform does not adopt a certificate whose deployment timed out", async () => {
  const world = simulated(identities);
  world.provider.setDeployments(world.zone, "time-out");
  const step = first(await stepsTo(world, edge));
  await world.perform(step);
  await world.clock.sleep(400_000);
  expect(world.definition.check(world.target(), step, await world.read())).toHaveProperty("failed");
  expect(await errorOf(world.perform(step))).toMatchObject({ code: "PRECONDITION_FAILED" });
});

test("perform takes three calls for an association: the id, the write, and a look at what came of it", async () => {
  const world = simulated(identities);
  const [upload, associate] = await stepsTo(world, edge);
  if (upload === undefined || associate === undefined) throw new Error("two steps expected");
  await world.perform(upload);
  world.calls.length = 0;
  await world.perform(associate);
  expect(world.calls).toEqual([
    "GET /origin_tls_client_auth/hostnames/certificates",
    "PUT /origin_tls_client_auth/hostnames",
    "GET /origin_tls_client_auth/hostnames",
  ]);
});
