import type { Finding } from "@handfast/core";
import { expect, test } from "vitest";
import { makeIdentities } from "../make-identities.ts";
import { errorOf, permissions, type Simulated, simulated } from "./simulated.ts";

const identities = await makeIdentities();
const { edge, old } = identities;
const brief = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ severity, code }) => `${severity} ${code}`);
const read = async (world: Simulated, hostname?: string): Promise<readonly string[]> =>
  brief((await world.read(world.target(hostname))).findings);

test("read tells all that the user must mend at once", async () => {
  const world = simulated(identities);
  world.provider.setZoneSetting(world.zone, "ssl", "flexible");
  world.provider.addDnsRecord(world.zone, "shop.elsewhere.net", { proxied: false });
  expect(await read(world, "shop.elsewhere.net")).toEqual([
    "blocker hostname-not-in-zone",
    "blocker ssl-mode-too-weak",
    "blocker dns-not-proxied",
  ]);
});

test("read says who must do what about a hostname of another zone and a weak SSL mode", async () => {
  const world = simulated(identities);
  world.provider.setZoneSetting(world.zone, "ssl", "off");
  const { findings } = await world.read(world.target("shop.example.org"));
  expect(findings).toMatchObject([
    {
      message: expect.stringContaining("not in the zone example.com"),
      mend: expect.stringContaining("customHostnames: true"),
    },
    {
      message: expect.stringContaining('"off"'),
      mend: expect.stringMatching(/the zone's owner sets .* "full \(strict\)"/),
    },
  ]);
});

test("read takes the word of the spec for a custom hostname, and a name that only ends alike for a foreign one", async () => {
  const world = simulated(identities);
  const custom = { ...world.target("shop.customer.net"), customHostnames: true };
  expect((await world.read(custom)).findings).toEqual([]);
  expect(await read(world, "badexample.com")).toEqual(["blocker hostname-not-in-zone"]);
  expect(await read(world, "example.com")).toEqual([]);
});

const rules: [
  string,
  "flexible" | "full" | "strict",
  [string, "off" | "flexible" | "full" | "strict", boolean?][],
  string[],
][] = [
  ["full alone", "full", [], ["info origin-not-verified"]],
  ["a rule that mends a weak zone", "flexible", [['http.host eq "shop.example.com"', "strict"]], []],
  [
    "a rule that weakens the hostname",
    "strict",
    [['http.host in {"shop.example.com"}', "flexible"]],
    ["blocker ssl-mode-too-weak"],
  ],
  ["a rule for another hostname", "strict", [['http.host eq "api.example.com"', "off"]], []],
  ["a rule that is turned off", "strict", [["true", "off", false]], []],
  [
    "a weak rule that can't be judged",
    "strict",
    [["ip.src eq 192.0.2.1", "off"]],
    ["warning ssl-rule-unjudged"],
  ],
  [
    "a strong rule that can't be judged on a weak zone",
    "flexible",
    [["ip.src eq 192.0.2.1", "strict"]],
    ["warning ssl-rule-unjudged"],
  ],
  ["a strong rule that can't be judged on a strong zone", "strict", [["ip.src eq 192.0.2.1", "full"]], []],
];

test.each(rules)("read judges the SSL mode of %s", async (_, sslMode, added, expected) => {
  const world = simulated(identities);
  world.provider.setZoneSetting(world.zone, "ssl", sslMode);
  for (const [expression, ssl, enabled = true] of added)
    world.provider.addConfigurationRule(world.zone, { expression, ssl, enabled });
  expect(await read(world)).toEqual(expected);
});

test("read refuses a tunnel and a record that is not proxied, by the wildcard above where there is no own one", async () => {
  const world = simulated(identities);
  world.provider.addDnsRecord(world.zone, "shop.example.com", { proxied: true });
  world.provider.addDnsRecord(world.zone, "tunnel.example.com", { proxied: true, tunnel: true });
  world.provider.addDnsRecord(world.zone, "*.example.com", { proxied: false });
  expect(await read(world)).toEqual([]);
  expect(await read(world, "tunnel.example.com")).toEqual(["blocker dns-tunnel"]);
  expect(await read(world, "other.example.com")).toEqual(["blocker dns-not-proxied"]);
});

test("read tells of zone-level and global origin pulls behind the hostname", async () => {
  const world = simulated(identities);
  world.provider.setZoneSetting(world.zone, "tls_client_auth", "on");
  const seen = await world.read();
  expect(brief(seen.findings)).toEqual(["info global-origin-pull-active"]);
  expect(world.definition.face(world.target(), seen.now)).toMatchObject({
    shows: { unknown: "Cloudflare's shared certificate" },
  });
});

test("read warns of a certificate that expires, and of one that has", async () => {
  const world = simulated(identities);
  await world.move(edge);
  expect(await read(world)).toEqual([]);
  await world.clock.sleep(340 * 24 * 3_600_000);
  expect(await read(world)).toEqual(["warning certificate-expires"]);
  await world.clock.sleep(30 * 24 * 3_600_000);
  expect(await read(world)).toEqual(["warning certificate-expired"]);
});

test("read does without what the credential may not see, and says what it may miss", async () => {
  const world = simulated(identities, { permissions: permissions.slice(0, 3) });
  expect(await read(world)).toEqual(["warning ssl-rules-unread"]);
});

const missing: [string, RegExp][] = [
  ["SSL and Certificates Write", /permission "SSL and Certificates Read"/],
  ["Zone Read", /permission "Zone Read"/],
  ["Zone Settings Read", /permission "Zone Settings Read"/],
];

test.each(missing)("read names the permission when %s is missing", async (permission, message) => {
  const world = simulated(identities, { permissions: permissions.filter((name) => name !== permission) });
  const error = await errorOf(world.read());
  expect(error).toMatchObject({
    code: "REMOTE_UNAUTHORIZED",
    who: "operator",
    details: { adapter: "cloudflare.hostname" },
  });
  expect(error.message).toMatch(message);
});

test("read refuses a wrong token and a zone that the token does not cover, without repeating the token", async () => {
  const token = "wrong-token-wrong-token-wrong-token-wrong";
  const wrong = await errorOf(simulated(identities, { token }).read());
  expect(wrong).toMatchObject({
    code: "REMOTE_UNAUTHORIZED",
    details: { provider: { status: 401, code: "10000" } },
  });
  expect(wrong.message + JSON.stringify(wrong)).not.toContain(token);
  const world = simulated(identities);
  const elsewhere = { ...world.target(), zone: "f".repeat(32) };
  expect((await errorOf(world.read(elsewhere))).code).toBe("REMOTE_UNAUTHORIZED");
});

test("read waits when it is told to slow down, and gives up in the end", async () => {
  const world = simulated(identities);
  world.faults.add({ operation: "GET /zones/{zone_id}", fault: { kind: "throttle", retryAfterSeconds: 7 } });
  await world.read();
  expect(world.clock.slept).toContain(7_000);
  world.faults.add({
    operation: "GET /zones/{zone_id}",
    times: Number.POSITIVE_INFINITY,
    fault: { kind: "throttle", retryAfterSeconds: 7 },
  });
  expect(await errorOf(world.read())).toMatchObject({
    code: "REMOTE_RATE_LIMITED",
    retryable: true,
    details: { retryAfterMs: 7_000 },
  });
});

test("read takes an association whose certificate was lost as unknown, and reads it once", async () => {
  const world = simulated(identities);
  await world.move(old);
  const id = /certificates\/([^/]+)/;
  expect(world.calls.some((call) => id.test(call))).toBe(false);
  const rows: unknown = await (
    await world.provider.service.handle(
      new Request(
        `https://api.cloudflare.com/client/v4/zones/${world.zone}/origin_tls_client_auth/hostnames/certificates`,
        {
          headers: { authorization: `Bearer ${world.provider.addToken({ permissions, zones: "all" })}` },
        },
      ),
    )
  ).json();
  const { result } = rows as { result: { id: string }[] };
  world.provider.loseHostnameCertificate(world.zone, result[0]?.id ?? "");
  const { now } = await world.read();
  expect(now).toMatchObject({
    association: { enabled: true, certificate: { unknown: result[0]?.id } },
    store: [],
  });
  const [step] = world.steps(now, { ...now, association: null });
  if (step === undefined) throw new Error("a step expected");
  expect(await errorOf(world.perform(step))).toMatchObject({
    code: "REMOTE_REJECTED",
    message: expect.stringContaining("show an identity first"),
  });
  await world.move(edge);
  await world.move("inherited");
  expect((await world.read()).now.association).toBeNull();
});
