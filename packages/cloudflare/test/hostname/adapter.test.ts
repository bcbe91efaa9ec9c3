import { X509Certificate } from "node:crypto";
import { sha256 } from "@handfast/core";
import { simulate } from "@handfast/testing";
import { expect, expectTypeOf, test } from "vitest";
import { cloudflareHostname } from "../../src/hostname/adapter.ts";
import { jumpingClock } from "../jumping-clock.ts";
import { makeIdentities } from "../make-identities.ts";
import { type Simulated, shownOf, simulated } from "./simulated.ts";

const identities = await makeIdentities();
const { old, edge, zone: zoneIdentity, chained } = identities;

/** What the edge shows the origin now: a digest, or nothing. */
function edgeShows({ provider }: Simulated, hostname = "shop.example.com"): string {
  const { shows } = provider.edgeSource(hostname).current();
  return shows === "nothing" ? "nothing" : sha256(new X509Certificate(shows.certificate).raw);
}

async function addZoneCertificate(world: Simulated): Promise<void> {
  const { provider, zone, clock } = world;
  const token = provider.addToken({ permissions: ["SSL and Certificates Write"], zones: [zone] });
  const send = (method: string, path: string, body: unknown) =>
    provider.service.handle(
      new Request(`https://api.cloudflare.com/client/v4/zones/${zone}/origin_tls_client_auth${path}`, {
        method,
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify(body),
      }),
    );
  const { certificate, key } = zoneIdentity;
  expect((await send("POST", "", { certificate: certificate.pem, private_key: key })).status).toBe(200);
  expect((await send("PUT", "/settings", { enabled: true })).status).toBe(200);
  await clock.sleep(30_000);
}

test("cloudflareHostname keeps its name as a literal type", () => {
  const plain = cloudflareHostname({ token: "t" });
  const named = cloudflareHostname({ email: "ops@example.com", key: "k", as: "cloudflare.hostname-b" });
  expectTypeOf(plain.facts.name).toEqualTypeOf<"cloudflare.hostname">();
  expectTypeOf(named.facts.name).toEqualTypeOf<"cloudflare.hostname-b">();
  expect([plain.facts.name, named.facts.name]).toEqual(["cloudflare.hostname", "cloudflare.hostname-b"]);
  expect(plain.facts).toMatchObject({ role: "presenter", inherits: true, each: "hostnames" });
});

test.each([
  [undefined, "https://api.cloudflare.com/client/v4"],
  ["https://api.cloudflare.com/client/v4/", "https://api.cloudflare.com/client/v4"],
  ["https://ops:sesame@proxy.example.com/cf/?key=sesame#sesame", "https://proxy.example.com/cf"],
])(
  "cloudflareHostname binds plans to its base URL %s, without what may be secret in it",
  (baseUrl, named) => {
    const { scope } = cloudflareHostname({ token: "t", baseUrl }).facts;
    expect(scope).toEqual({ baseUrl: named });
  },
);

test("cloudflareHostname gives a plan the same to stand on while other hostnames of the zone change", async () => {
  const world = simulated(identities);
  await world.move(edge);
  const owned = async () => world.definition.owned?.(world.target(), (await world.read()).now);
  const before = await owned();
  const api = world.target("api.example.com");
  for (const shows of [edge, old, "nothing", "inherited"] as const) {
    await world.move(shows, api);
    expect(await owned()).toEqual(before);
  }
  await world.move(old);
  expect(await owned()).not.toEqual(before);
});

test("cloudflareHostname rolls a certificate out and back, and the edge shows what its states say", async () => {
  const world = simulated(identities);
  const before = await world.read();
  expect(before).toMatchObject({
    now: { association: null, store: [] },
    may: [],
    settled: true,
    findings: [],
  });

  const outcomes = await world.move(edge);
  expect(outcomes).toEqual([
    { made: [`cloudflare.hostname-certificate/${world.zone}/${edge.certificate.sha256}`] },
    {},
  ]);
  const after = await world.read();
  const { secret: _, ...bundle } = shownOf(edge);
  expect(after.now.association).toEqual({ enabled: true, certificate: bundle });
  expect(world.definition.face(world.target(), after.now)).toEqual({ role: "presenter", shows: bundle });
  expect(edgeShows(world)).toBe(edge.certificate.sha256);
  expect([...world.kept.keys()]).toContain(edge.certificate.sha256);
  expect(world.steps(after.now, world.wanted(edge, after.now))).toEqual([]);

  await world.move({ state: before.now });
  const back = await world.read();
  expect(back.now.association).toBeNull();
  expect(world.steps(back.now, before.now)).toEqual([]);
  expect(edgeShows(world)).toBe("nothing");
});

test("cloudflareHostname points to a new certificate and back to the old one without its key", async () => {
  const world = simulated(identities);
  await world.move(old);
  const image = (await world.read()).now;
  await world.move(edge);
  expect(edgeShows(world)).toBe(edge.certificate.sha256);
  world.calls.length = 0;
  await world.move({ state: image });
  expect(edgeShows(world)).toBe(old.certificate.sha256);
  expect(world.calls.filter((call) => call.startsWith("POST"))).toEqual([]);
});

test("cloudflareHostname shows nothing over a zone that shows something, and falls through when inherited", async () => {
  const world = simulated(identities);
  await addZoneCertificate(world);
  const first = await world.read();
  expect(world.definition.face(world.target(), first.now)).toMatchObject({
    shows: { certificate: zoneIdentity.certificate.sha256 },
  });
  expect(first.findings).toMatchObject([{ code: "zone-origin-pull-active", severity: "info" }]);
  await world.move(edge);
  await world.move("nothing");
  expect((await world.read()).now.association).toMatchObject({ enabled: false });
  expect(edgeShows(world)).toBe("nothing");
  await world.move("inherited");
  expect(edgeShows(world)).toBe(zoneIdentity.certificate.sha256);
});

test("cloudflareHostname says while a change is under way that it is not settled, and what may still be shown", async () => {
  const world = simulated(identities);
  const { now } = await world.read();
  const [upload, associate] = world.steps(now, world.wanted(edge, now));
  if (upload === undefined || associate === undefined) throw new Error("two steps expected");
  await world.perform(upload);
  const uploaded = await world.read();
  expect(world.definition.check(world.target(), upload, uploaded)).toBe("pending");
  expect(uploaded.may).toMatchObject([{ store: [] }]);
  await world.clock.sleep(30_000);
  await world.perform(associate);
  const switching = await world.read();
  expect(switching.settled).toBe(false);
  expect(switching.may).toMatchObject([{ association: null }]);
  expect(world.definition.check(world.target(), associate, switching)).toBe("pending");
  expect(edgeShows(world)).toBe("nothing");
  await world.clock.sleep(10_000);
  expect(world.definition.check(world.target(), associate, await world.read())).toBe("done");
  await world.move(old);
  const [back] = world.steps((await world.read()).now, now);
  if (back === undefined) throw new Error("a step expected");
  await world.perform(back);
  const leaving = await world.read();
  expect(leaving).toMatchObject({ settled: false, now: { association: null } });
  expect(leaving.may).toMatchObject([
    { association: { certificate: { certificate: old.certificate.sha256 } } },
  ]);
  expect(edgeShows(world)).toBe(old.certificate.sha256);
});

test("cloudflareHostname reports a deployment that timed out, and writes it again when applied again", async () => {
  const world = simulated(identities);
  await world.move(old);
  await world.move(edge);
  const { now } = await world.read();
  world.provider.setDeployments(world.zone, "time-out");
  const [step] = world.steps(now, world.wanted(old, now));
  if (step === undefined) throw new Error("a step expected");
  await world.perform(step);
  await world.clock.sleep(400_000);
  const failed = await world.read();
  expect(world.definition.check(world.target(), step, failed)).toHaveProperty("failed");
  expect(failed.findings.map(({ code }) => code)).toContain("association-deployment-failed");
  expect(world.definition.face(world.target(), failed.now)).toMatchObject({
    shows: { unknown: expect.any(String) },
  });
  world.provider.setDeployments(world.zone, "succeed");
  await world.move(old);
  expect(edgeShows(world)).toBe(old.certificate.sha256);
});

test("cloudflareHostname reads any number of hostnames of a zone in one pass", async () => {
  const world = simulated(identities);
  await world.move(edge);
  await world.move(edge, world.target("api.example.com"));
  world.calls.length = 0;
  const hostnames = [
    "shop.example.com",
    "api.example.com",
    ...Array.from({ length: 198 }, (_, n) => `h${n}.example.com`),
  ];
  const seen = await world.readAll(hostnames);
  expect(seen.map(({ objects }) => objects[0])).toEqual(
    hostnames.map((name) => `cloudflare/${world.zone}/hostname/${name}`),
  );
  expect(seen.filter(({ now }) => now.association !== null)).toHaveLength(2);
  expect(world.calls).toHaveLength(9);
  expect(seen[0]?.now.store).toMatchObject([{ others: "some" }]);
});

test("cloudflareHostname serves two hostnames of a zone at once, one write after the other", async () => {
  const world = simulated(identities);
  const hosts = ["a", "b", "c", "d"].map((name) => world.target(`${name}.example.com`));
  await Promise.all(hosts.map((target) => world.move(edge, target)));
  for (const { hostnames } of hosts) expect(edgeShows(world, hostnames[0])).toBe(edge.certificate.sha256);
  expect(world.calls.filter((call) => call.startsWith("POST"))).toHaveLength(1);
});

test("cloudflareHostname retires what it made and nothing refers to, once no hostname uses it", async () => {
  const world = simulated(identities);
  const made = (await world.move(old)).flatMap((outcome) => outcome.made ?? []);
  await world.move(old, world.target("api.example.com"));
  await world.move(edge);
  const removals = async (keep: Simulated["wanted"] extends (...args: never) => infer S ? S[] : never = []) =>
    world.definition.removals(world.target(), await world.read(), { keep, made }).steps;
  expect(await removals()).toEqual([]);
  await world.move("inherited", world.target("api.example.com"));
  const image = {
    ...(await world.read()).now,
    association: { enabled: false, certificate: { certificate: old.certificate.sha256, chain: [] } },
  };
  expect(await removals([image])).toEqual([]);
  const [step] = await removals();
  if (step === undefined) throw new Error("a removal expected");
  await world.perform(step);
  expect(world.definition.check(world.target(), step, await world.read())).toBe("done");
  expect((await world.read()).now.store.map(({ certificate }) => certificate)).toEqual([
    edge.certificate.sha256,
  ]);
});

test("cloudflareHostname sends a chain where that is agreed to", async () => {
  const world = simulated(identities, { chain: "send" });
  const target = { ...world.target(), sendChain: true };
  await world.move(chained, target);
  const { now } = await world.read(target);
  expect(world.definition.face(target, now)).toMatchObject({
    shows: { chain: chained.chain.map(({ sha256: digest }) => digest) },
  });
  expect(world.kept.has(chained.chain[0]?.sha256 ?? "")).toBe(true);
});

test("cloudflareHostname works over HTTP on loopback", async () => {
  const world = simulated(identities);
  const simulation = simulate({ services: [world.provider.service], clock: world.clock });
  const { origins, close } = await simulation.listen();
  try {
    const token = world.provider.addToken({
      permissions: ["SSL and Certificates Read", "Zone Read", "Zone Settings Read"],
      zones: [world.zone],
    });
    const adapter = cloudflareHostname({ token, baseUrl: `${origins.cloudflare}/client/v4` });
    const context = {
      clock: jumpingClock(),
      signal: new AbortController().signal,
      keep: async () => ({ sha256: "", size: 0 }),
    };
    const [seen] = await adapter.definition.read([{ key: "edge/shop", target: world.target() }], context);
    expect(seen).toMatchObject({ settled: true, now: { association: null } });
    expect(seen?.findings.map(({ code }) => code)).toEqual(["ssl-rules-unread"]);
  } finally {
    await close();
  }
});
