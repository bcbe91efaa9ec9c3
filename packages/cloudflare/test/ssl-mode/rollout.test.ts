import { createHandfast, fromValue, MemoryWorld, memoryJournal, memoryVerifier } from "@handfast/core";
import { createAuthority, createCsr, generateKey } from "@handfast/pki";
import {
  type CloudflarePermission,
  cloudflare,
  edge as edgePlane,
  type ListenerView,
  loadBalancerNodes,
  originServer,
  requestDirectly,
  type SslMode,
} from "@handfast/testing";
import { afterEach, expect, test } from "vitest";
import { cloudflareHostname } from "../../src/hostname/adapter.ts";
import { jumpingClock } from "../jumping-clock.ts";
import { makeIdentities } from "../make-identities.ts";

const { edge, old, root } = await makeIdentities();
const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const { close } of running.splice(0).reverse()) await close();
});

const permissions: readonly CloudflarePermission[] = [
  "SSL and Certificates Write",
  "Zone Settings Write",
  "Zone Read",
  "Config Settings Write",
  "DNS Read",
];

interface Asked {
  readonly ssl?: "full" | "strict" | "origin_pull";
  readonly sslBy?: "rule" | "zone";
  readonly hostnames?: readonly string[];
}

/** A zone with this mode, a listener in memory, and handfast between them. */
function start(sslMode: SslMode, mode: "off" | "required" = "off") {
  const clock = jumpingClock();
  const provider = cloudflare({ clock });
  const { id: zone } = provider.addZone({ name: "example.com", sslMode });
  const world = new MemoryWorld({ clock });
  world.set("listener/shop", { kind: "listener", mode, store: null, ignoreExpiry: false });
  const calls: string[] = [];
  const handfast = createHandfast({
    adapters: [
      cloudflareHostname({
        token: provider.addToken({ permissions, zones: [zone] }),
        fetch: (input, init) => {
          const request = new Request(input, init);
          calls.push(`${request.method} ${new URL(request.url).pathname.split(zone)[1]}`);
          return provider.service.handle(request);
        },
      }),
      memoryVerifier(world, { atMostMs: 600_000 }),
    ],
    journal: memoryJournal({ clock }),
    clock,
    secrets: { "edge-key": fromValue(edge.key), "old-key": fromValue(old.key) },
  });
  const spec = (asked: Asked, shows: "edge" | "old" = "edge") =>
    handfast.spec({
      trust: { edge: { anchors: root.pem } },
      identities: {
        edge: { chain: edge.certificate.pem, key: { secret: "edge-key" } },
        old: { chain: old.certificate.pem, key: { secret: "old-key" } },
      },
      verifiers: { shop: { adapter: "memory.verifier", listener: "shop", mode: "required", trust: "edge" } },
      presenters: {
        edge: { adapter: "cloudflare.hostname", zone, hostnames: ["shop.example.com"], shows, ...asked },
      },
      links: [{ from: "edge", to: "shop" }],
    });
  const view = (hostname = "shop.example.com") => provider.edgeSource(hostname).current();
  const reader = provider.addToken({ permissions: ["Config Settings Read"], zones: [zone] });
  /** The rules as the API has them, whole. */
  const rules = async (): Promise<readonly { readonly id: string; readonly ref: string }[]> => {
    const url = `https://api.cloudflare.com/client/v4/zones/${zone}/rulesets/phases/http_config_settings/entrypoint`;
    const headers = { authorization: `Bearer ${reader}` };
    const { result } = (await (await provider.service.handle(new Request(url, { headers }))).json()) as {
      result: { rules: { id: string; ref: string }[] } | null;
    };
    return result?.rules ?? [];
  };
  return { provider, zone, world, handfast, spec, view, calls, rules };
}

const ways: [string, SslMode, Asked, SslMode, SslMode][] = [
  ["off to strict by a rule", "off", { ssl: "strict" }, "strict", "off"],
  ["flexible to full by a rule", "flexible", { ssl: "full" }, "full", "flexible"],
  ["flexible to strict by the zone", "flexible", { ssl: "strict", sslBy: "zone" }, "strict", "strict"],
  ["full to strict by a rule", "full", { ssl: "strict" }, "strict", "full"],
  [
    "full to origin_pull by the zone",
    "full",
    { ssl: "origin_pull", sslBy: "zone" },
    "origin_pull",
    "origin_pull",
  ],
  ["strict, where full is enough", "strict", { ssl: "full" }, "strict", "strict"],
];

test.each(ways)("cloudflareHostname goes from %s, and back", async (_, before, asked, after, zoneAfter) => {
  const set = start(before);
  const image = set.provider.inventory(set.zone);
  const plan = await set.handfast.plan(set.spec(asked));
  const run = await set.handfast.apply(plan);
  expect(run.status).toBe("done");
  expect(set.view()).toMatchObject({
    sslMode: after,
    shows: { certificate: expect.any(String) },
    doubts: [],
  });
  expect(set.provider.inventory(set.zone).settings.ssl).toBe(zoneAfter);
  expect(set.world.get("listener/shop")).toMatchObject({ mode: "required" });
  expect((await set.handfast.plan(set.spec(asked))).steps).toEqual([]);

  const back = await set.handfast.rollback(run.runId);
  expect(back.status).toBe("done");
  const now = set.provider.inventory(set.zone);
  expect([now.settings, now.rules.http_config_settings ?? [], now.associations]).toEqual([
    image.settings,
    [],
    [],
  ]);
  expect(set.view()).toMatchObject({ sslMode: before, shows: "nothing" });
  expect(set.world.get("listener/shop")).toMatchObject({ mode: "off" });
});

test("cloudflareHostname goes from flexible to strict and back under real handshakes", async () => {
  const newKey = () => generateKey({ type: "ec", curve: "P-256" });
  const servers = await createAuthority({ subject: "CN=Servers", key: await newKey() });
  const serverOf = async (name: string) => {
    const key = await newKey();
    const csr = await createCsr({ subject: `CN=${name}`, key });
    const { pem } = await servers.issue(csr, { profile: "server", names: [name], days: 30 });
    return { certificate: pem, key: key.export() };
  };
  const set = start("flexible", "off");
  const origin = await originServer();
  const verifies: ListenerView = {
    mode: "verify",
    anchors: [root.pem],
    crls: [],
    ignoreExpiry: false,
    advertiseNames: false,
    storeRemoved: false,
  };
  const balancer = await loadBalancerNodes({
    source: { current: () => verifies, subscribe: () => () => undefined },
    server: await serverOf("origin.example.com"),
    target: origin.url,
    nodes: 1,
  });
  const front = await edgePlane({
    hostnames: {
      "shop.example.com": {
        source: set.provider.edgeSource("shop.example.com"),
        origin: { ...balancer.front, plain: origin, servername: "origin.example.com" },
      },
    },
    visitorTls: await serverOf("shop.example.com"),
    originCa: [servers.certificate.pem],
    servers: 1,
    warm: { perServer: 0 },
  });
  running.push(origin, balancer, front);
  const visit = async () => {
    const answer = await requestDirectly({
      ...front.front,
      servername: "shop.example.com",
      ca: servers.certificate.pem,
    });
    if (answer.kind !== "answered") throw new Error(answer.code);
    const seen = answer.headers["x-seen-client-cert"];
    return [answer.status, seen === undefined ? "nothing" : decodeURIComponent(String(seen)).trim()];
  };

  expect(await visit()).toEqual([200, "nothing"]);
  const run = await set.handfast.apply(await set.handfast.plan(set.spec({ ssl: "strict" })));
  expect(run.status).toBe("done");
  expect(await visit()).toEqual([200, edge.certificate.pem.trim()]);
  expect(balancer.connections.length).toBeGreaterThan(0);
  const connected = balancer.connections.length;
  expect((await set.handfast.rollback(run.runId)).status).toBe("done");
  expect(await visit()).toEqual([200, "nothing"]);
  expect(balancer.connections).toHaveLength(connected);
});

const effects = (plan: { readonly steps: readonly object[] }): readonly string[] =>
  plan.steps.flatMap((step) => {
    const { target, step: write } = step as { target?: string; step?: { key: string; effect: string } };
    if (write === undefined || target?.startsWith("edge/") !== true) return [];
    return [`${write.key.replace(/:[0-9a-f]{12}$/, "")} ${write.effect}`];
  });

test("a plan makes the SSL mode the switch while nothing is shown yet, and the last thing on the way in", async () => {
  const set = start("flexible");
  const plan = await set.handfast.plan(set.spec({ ssl: "strict" }));
  expect(effects(plan)).toEqual(["upload none", "associate none", "ssl-rule:strict switch"]);
  expect(plan.findings.map(({ code }) => code)).toEqual(
    expect.arrayContaining(["ssl-origin-needs-tls", "ssl-origin-verified"]),
  );
  expect(plan.permissions["cloudflare.hostname"]?.map(({ allow }) => allow)).toContain(
    "Config Settings Write",
  );
  const run = await set.handfast.apply(plan);
  const back = await set.handfast.plan({ rollback: run.runId });
  expect(effects(back)).toEqual(["ssl-rule:none switch", "void none"]);
});

test("a plan changes full to strict before the association, which stays the switch", async () => {
  const set = start("full");
  const plan = await set.handfast.plan(set.spec({ ssl: "strict" }));
  expect(effects(plan)).toEqual(["upload none", "ssl-rule:strict none", "associate switch"]);
  expect(plan.findings.map(({ code }) => code)).toContain("ssl-origin-verified");
  expect(plan.findings.map(({ code }) => code)).not.toContain("ssl-origin-needs-tls");
});

test("a plan for the whole zone says so, and its hostnames end with the mode that they ask for", async () => {
  const set = start("flexible");
  const asked = { ssl: "full", sslBy: "zone", hostnames: ["shop.example.com", "api.example.com"] } as const;
  const plan = await set.handfast.plan(set.spec(asked));
  expect(plan.findings.map(({ code }) => code)).toContain("ssl-zone-wide");
  expect(effects(plan).filter((step) => step.startsWith("ssl-zone"))).toEqual(["ssl-zone:full switch"]);
  const run = await set.handfast.apply(plan);
  expect(run.status).toBe("done");
  for (const name of asked.hostnames) expect(set.view(name)).toMatchObject({ sslMode: "full", shows: {} });
  expect((await set.handfast.plan(set.spec(asked))).steps).toEqual([]);
  expect((await set.handfast.rollback(run.runId)).status).toBe("done");
  for (const name of asked.hostnames)
    expect(set.view(name)).toMatchObject({ sslMode: "flexible", shows: "nothing" });
  expect(set.provider.inventory(set.zone).associations).toEqual([]);
});

test.each(["full", "flexible"] as const)(
  "a zone that is %s goes to strict for several hostnames in one plan, and back",
  async (before) => {
    const { handfast, spec, view } = start(before);
    const hostnames = ["shop.example.com", "api.example.com", "www.example.com"];
    const asked = { ssl: "strict", sslBy: "zone", hostnames } as const;
    const run = await handfast.apply(await handfast.plan(spec(asked)));
    expect(run.status).toBe("done");
    expect(hostnames.map((hostname) => view(hostname).sslMode)).toEqual(["strict", "strict", "strict"]);
    expect((await handfast.plan(spec(asked))).steps).toEqual([]);
    const back = await handfast.rollback(run.runId);
    expect(back.status).toBe("done");
    expect(hostnames.map((hostname) => view(hostname))).toMatchObject(
      hostnames.map(() => ({ sslMode: before, shows: "nothing" })),
    );
  },
);

test("each of several hostnames gets a rule of its own, and loses it on the way back", async () => {
  const set = start("flexible");
  const hostnames = ["shop.example.com", "api.example.com", "www.example.com"];
  const run = await set.handfast.apply(await set.handfast.plan(set.spec({ ssl: "strict", hostnames })));
  expect(run.status).toBe("done");
  expect((await set.rules()).length).toBe(3);
  for (const name of hostnames) expect(set.view(name)).toMatchObject({ sslMode: "strict", shows: {} });
  expect(set.view("other.example.com")).toMatchObject({ sslMode: "flexible" });
  await set.handfast.rollback(run.runId);
  expect(await set.rules()).toEqual([]);
});

test("rules of others are as they were after a rollout, a rotation and the ways back, byte for byte", async () => {
  const set = start("flexible");
  set.provider.addConfigurationRule(set.zone, { expression: "true", ssl: "flexible", description: "all" });
  set.provider.addConfigurationRule(set.zone, {
    expression: "ip.src in $office",
    ssl: "off",
    enabled: false,
  });
  const before = JSON.stringify(await set.rules());
  const others = async () =>
    JSON.stringify((await set.rules()).filter(({ ref }) => !ref.startsWith("handfast_ssl_")));
  const first = await set.handfast.apply(await set.handfast.plan(set.spec({ ssl: "full" })));
  expect(first.status).toBe("done");
  expect(await others()).toBe(before);
  expect(set.view()).toMatchObject({ sslMode: "full" });
  const second = await set.handfast.apply(await set.handfast.plan(set.spec({ ssl: "strict" }, "old")));
  expect(second.status).toBe("done");
  expect(set.view()).toMatchObject({ sslMode: "strict" });
  expect(await others()).toBe(before);
  await set.handfast.rollback(second.runId);
  expect(set.view()).toMatchObject({ sslMode: "full" });
  expect(await others()).toBe(before);
  await set.handfast.rollback(first.runId);
  expect(JSON.stringify(await set.rules())).toBe(before);
  expect(set.calls.filter((call) => call.startsWith("PUT /rulesets"))).toEqual([]);
});

test("a rule of somebody else behind handfast's wins, and is a blocker that names it", async () => {
  const set = start("flexible");
  await set.handfast.apply(await set.handfast.plan(set.spec({ ssl: "strict" })));
  set.provider.addConfigurationRule(set.zone, {
    expression: 'ends_with(http.host, ".example.com")',
    ssl: "flexible",
    description: "legacy shops",
  });
  expect(set.view()).toMatchObject({ sslMode: "flexible", shows: "nothing" });
  await expect(set.handfast.plan(set.spec({ ssl: "strict" }))).rejects.toMatchObject({
    code: "PLAN_BLOCKED",
    message: expect.stringContaining("legacy shops"),
  });
});

test("a rule of handfast's that somebody changed is a blocker, and is left alone", async () => {
  const set = start("flexible");
  await set.handfast.apply(await set.handfast.plan(set.spec({ ssl: "full" })));
  const [rule] = await set.rules();
  const token = set.provider.addToken({ permissions: ["Config Settings Write"], zones: [set.zone] });
  const url = `https://api.cloudflare.com/client/v4/zones/${set.zone}/rulesets`;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const list = await set.provider.service.handle(new Request(url, { headers }));
  const { result } = (await list.json()) as { result: { id: string }[] };
  const body = JSON.stringify({ ...rule, enabled: false });
  const path = `${url}/${result[0]?.id}/rules/${rule?.id}`;
  const changed = await set.provider.service.handle(new Request(path, { method: "PATCH", headers, body }));
  expect(changed.status).toBe(200);
  const kept = await set.rules();
  await expect(set.handfast.plan(set.spec({ ssl: "strict" }))).rejects.toMatchObject({
    code: "PLAN_BLOCKED",
    message: expect.stringContaining("handfast: SSL mode of shop.example.com"),
  });
  expect(await set.rules()).toEqual(kept);
});

test("hostnames that want different modes of one zone contradict each other", async () => {
  const set = start("flexible");
  const presenter = { adapter: "cloudflare.hostname", zone: set.zone, shows: "edge", sslBy: "zone" } as const;
  const spec = set.handfast.spec({
    trust: { edge: { anchors: root.pem } },
    identities: { edge: { chain: edge.certificate.pem, key: { secret: "edge-key" } } },
    verifiers: { shop: { adapter: "memory.verifier", listener: "shop", mode: "required", trust: "edge" } },
    presenters: {
      one: { ...presenter, hostnames: ["shop.example.com"], ssl: "full" },
      other: { ...presenter, hostnames: ["api.example.com"], ssl: "strict" },
    },
    links: [
      { from: "one", to: "shop" },
      { from: "other", to: "shop" },
    ],
  });
  await expect(set.handfast.plan(spec)).rejects.toMatchObject({
    code: "PLAN_BLOCKED",
    message: expect.stringContaining("share"),
  });
});
