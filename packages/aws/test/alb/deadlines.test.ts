import { S3Client } from "@aws-sdk/client-s3";
import { serveOnLoopback } from "@handfast/testing";
import { beforeAll, expect, it } from "vitest";
import { alb } from "../../src/alb/adapter.ts";
import { makeWorld } from "./cloud.ts";
import { required } from "./states.ts";
import { makeTrust, type Trust } from "./trust.ts";

let trust: Trust;
beforeAll(async () => {
  trust = await makeTrust(1);
});

type World = Awaited<ReturnType<typeof makeWorld>>;

const silent = () => serveOnLoopback(() => new Promise(() => undefined));

/** What a look through an adapter of its own comes to, and how long it took in real milliseconds. */
async function lookWith(world: World, options: Partial<Parameters<typeof alb>[0]>) {
  const { region, credentials } = world.cloud;
  const { endpoint } = world.elb.config;
  const at = await endpoint?.();
  const { definition } = alb({
    region,
    bucket: { name: "bundles" },
    elbv2: { credentials, maxAttempts: 1, endpoint: `http://${at?.hostname}:${at?.port}` },
    s3: world.s3,
    timeoutMs: 100,
    ...options,
    as: undefined,
  });
  const started = performance.now();
  const { clock } = world;
  const signal = new AbortController().signal;
  const error: unknown = await definition
    .read([world.on()], { clock, signal, keep: async () => ({ sha256: "", size: 0 }) })
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  return { error, tookMs: performance.now() - started };
}

it.each(["elbv2", "s3"] as const)("alb gives a call to %s up that is never answered", async (service) => {
  await using world = await makeWorld(trust);
  const server = await silent();
  const { credentials } = world.cloud;
  const config = { endpoint: server.origin, credentials, maxAttempts: 1, forcePathStyle: true };
  const { error, tookMs } = await lookWith(world, { [service]: config });
  await server.close();
  expect(error).toMatchObject({ code: "REMOTE_UNAVAILABLE", retryable: true });
  expect(tookMs).toBeLessThan(5_000);
});

it("alb gives a presigned link up that is never answered", async () => {
  await using world = await makeWorld(trust);
  await world.carryOut(await world.plan(required([trust.anchors[0]?.sha256 ?? ""])));
  const server = await silent();
  const { error, tookMs } = await lookWith(world, {
    fetch: (_link, init) => fetch(server.origin, init),
  });
  await server.close();
  expect(error).toMatchObject({ code: "REMOTE_UNAVAILABLE", retryable: true });
  expect(String(error)).not.toContain("X-Amz");
  expect(tookMs).toBeLessThan(5_000);
});

it("alb leaves the limits of a client of one's own alone", async () => {
  await using world = await makeWorld(trust);
  const server = await silent();
  const { credentials } = world.cloud;
  const requestHandler = { requestTimeout: 1_500, throwOnRequestTimeout: true };
  const s3 = new S3Client({
    region: "eu-west-1",
    endpoint: server.origin,
    credentials,
    maxAttempts: 1,
    requestHandler,
  });
  const { error, tookMs } = await lookWith(world, { s3, timeoutMs: 800 });
  await server.close();
  expect(error).toMatchObject({ code: "REMOTE_UNAVAILABLE" });
  expect(tookMs).toBeGreaterThan(1_400);
});
