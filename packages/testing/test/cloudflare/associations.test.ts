import { afterAll, describe, expect, test } from "vitest";
import { type Answered, refused, type Setting, send, setting } from "./api.ts";
import { hasOpenssl, Openssl } from "./openssl.ts";

const hosts = "/origin_tls_client_auth/hostnames";
const store = `${hosts}/certificates`;
const shop = "shop.example.com";

interface Row {
  readonly hostname: string;
  readonly status: string;
}

describe.skipIf(!hasOpenssl)("cloudflare hostname associations", () => {
  const openssl = hasOpenssl ? new Openssl() : undefined;
  const made = ["a", "b", "zone"].map((name) => openssl?.selfSigned(name) ?? { certificate: "", key: "" });
  afterAll(() => openssl?.[Symbol.dispose]());

  /** A zone whose hostname store holds two active certificates, and whose zone store holds one. */
  async function prepared(): Promise<
    Setting & {
      readonly a: string;
      readonly b: string;
      readonly zoneLevel: string;
      put(...config: readonly unknown[]): Promise<Answered>;
    }
  > {
    const ready = setting();
    const ids: string[] = [];
    for (const [index, { certificate, key }] of made.entries()) {
      const path = index === 2 ? "/origin_tls_client_auth" : store;
      const answer = await ready.call("POST", path, { certificate, private_key: key });
      ids.push(answer.body.result.id);
      await ready.clock.advance(20_000);
    }
    const [a = "", b = "", zoneLevel = ""] = ids;
    return { ...ready, a, b, zoneLevel, put: (...config) => ready.call("PUT", hosts, { config }) };
  }

  test("cloudflare deploys an association over the clock and tells the certificate's state beside it", async () => {
    const { call, clock, put, a } = await prepared();
    const written = await put({ hostname: shop, cert_id: a, enabled: true });
    expect(written.body.result).toMatchObject([
      { hostname: shop, cert_id: a, enabled: true, status: "initializing" },
    ]);
    expect(JSON.stringify(written.body)).not.toContain("PRIVATE");
    const statuses: string[] = [];
    for (const ms of [1000, 6999, 1]) {
      await clock.advance(ms);
      const { status, cert_status } = (await call("GET", `${hosts}/${shop}`)).body.result;
      statuses.push(`${status}/${cert_status}`);
    }
    expect(statuses).toEqual(["pending_deployment/active", "pending_deployment/active", "active/active"]);
  });

  test("cloudflare lists active associations only, unless asked otherwise, and without certificates", async () => {
    const { call, clock, put, a, b } = await prepared();
    await put({ hostname: "a.example.com", cert_id: a, enabled: true });
    await put({ hostname: "v.example.com", cert_id: a, enabled: true });
    await clock.advance(8000);
    await put({ hostname: "v.example.com", cert_id: a, enabled: null });
    await put({ hostname: "b.example.com", cert_id: b, enabled: false });
    await clock.advance(1000);
    const list = async (query: string): Promise<readonly string[] | null> =>
      ((await call("GET", `${hosts}${query}`)).body.result as Row[] | null)?.map(
        ({ hostname, status }) => `${hostname} ${status}`,
      ) ?? null;
    const [active, pending, voiding] = [
      "a.example.com active",
      "b.example.com pending_deployment",
      "v.example.com pending_deletion",
    ];
    expect(await list("")).toEqual([active]);
    expect(await list("?status=pending_deployment")).toEqual([pending]);
    expect(await list("?status=pending_deployment,pending_deletion")).toEqual([voiding, pending]);
    expect(await list("?status=all")).toEqual([active, voiding, pending]);
    expect(await list("?status=deployment_timed_out")).toBeNull();
    const row = (await call("GET", `${hosts}?status=all`)).body.result[0];
    const fields = ["cert_id", "created_at", "enabled", "hostname", "status", "updated_at"];
    expect(Object.keys(row).sort()).toEqual(fields);
  });

  test.each(["initializing", "active,nonsense", ""])(
    "cloudflare refuses the status filter '%s'",
    async (status) => {
      const { call } = setting();
      expect(refused(await call("GET", `${hosts}?status=${status}`))).toEqual([400, 1000]);
    },
  );

  test("cloudflare pages associations by 50, at most by 1000", async () => {
    const { call, put, a } = await prepared();
    await put(
      ...Array.from({ length: 60 }, (_, index) => ({
        hostname: `h${index}.example.com`,
        cert_id: a,
        enabled: true,
      })),
    );
    const first = await call("GET", `${hosts}?status=all`);
    expect(first.body.result).toHaveLength(50);
    expect(first.body.result_info).toEqual({ page: 1, per_page: 50, count: 50, total_count: 60 });
    expect((await call("GET", `${hosts}?status=all&page=2`)).body.result).toHaveLength(10);
    expect((await call("GET", `${hosts}?status=all&per_page=1000`)).body.result).toHaveLength(60);
    expect(refused(await call("GET", `${hosts}?per_page=1001`))).toEqual([400, 1000]);
  });

  test("cloudflare upserts by hostname and answers every association of the zone", async () => {
    const { put, a, b } = await prepared();
    await put({ hostname: "a.example.com", cert_id: a, enabled: true });
    const second = await put({ hostname: "b.example.com", cert_id: b, enabled: false });
    expect(second.body.result.map(({ hostname }: Row) => hostname)).toEqual([
      "a.example.com",
      "b.example.com",
    ]);
    const third = await put({ hostname: "A.example.com", cert_id: b, enabled: true });
    expect(third.body.result).toMatchObject([
      { hostname: "a.example.com", cert_id: b },
      { hostname: "b.example.com" },
    ]);
  });

  test("cloudflare lets a voided association read for a while, and then knows none", async () => {
    const { call, clock, put, a } = await prepared();
    expect(refused(await call("GET", `${hosts}/${shop}`))).toEqual([404, 1553]);
    await put({ hostname: shop, cert_id: a, enabled: true });
    await clock.advance(8000);
    await put({ hostname: shop, cert_id: a, enabled: null });
    await clock.advance(7999);
    const voided = await call("GET", `${hosts}/${shop}`);
    expect(voided.body.result).toMatchObject({ enabled: null, status: "pending_deletion" });
    await clock.advance(1);
    expect(refused(await call("GET", `${hosts}/${shop}`))).toEqual([404, 1553]);
    expect(refused(await put({ hostname: shop, cert_id: a, enabled: null }))).toEqual([404, 1553]);
    expect((await call("GET", `${hosts}?status=deleted`)).body.result).toMatchObject([{ enabled: null }]);
    const again = await put({ hostname: shop, cert_id: a, enabled: true });
    const created_at = new Date(clock.now()).toISOString().replace(".000Z", "Z");
    expect(again.body.result).toMatchObject([{ hostname: shop, status: "initializing", created_at }]);
  });

  test("cloudflare reads a host called certificates as the store", async () => {
    const { call } = await prepared();
    expect((await call("GET", `${hosts}/certificates`)).body.result).toHaveLength(2);
  });

  test.each<[string, (ids: { a: string; b: string; zoneLevel: string }) => unknown, number, number]>([
    ["no certificate id", () => ({ hostname: shop, enabled: true }), 400, 1404],
    ["no certificate id to void with", () => ({ hostname: shop, enabled: null }), 400, 1404],
    [
      "an id of the zone store",
      ({ zoneLevel }) => ({ hostname: shop, cert_id: zoneLevel, enabled: true }),
      400,
      1415,
    ],
    ["an unknown id", () => ({ hostname: shop, cert_id: "nope", enabled: true }), 400, 1415],
    ["no enabled", ({ a }) => ({ hostname: shop, cert_id: a, enabled: undefined }), 400, 1000],
    ["an enabled of another type", ({ a }) => ({ hostname: shop, cert_id: a, enabled: "true" }), 400, 1000],
    ["no hostname", ({ a }) => ({ cert_id: a, enabled: true }), 400, 1000],
    [
      "a foreign hostname",
      ({ a }) => ({ hostname: "shop.example.org", cert_id: a, enabled: true }),
      400,
      1000,
    ],
    [
      "a name that only ends alike",
      ({ a }) => ({ hostname: "badexample.com", cert_id: a, enabled: true }),
      400,
      1000,
    ],
    ["a wildcard", ({ a }) => ({ hostname: "*.example.com", cert_id: a, enabled: true }), 400, 1000],
    ["no object", () => shop, 400, 1000],
    [
      "what was never there, to be voided",
      ({ a }) => ({ hostname: shop, cert_id: a, enabled: null }),
      404,
      1553,
    ],
  ])("cloudflare refuses an association with %s", async (_, item, status, code) => {
    const ready = await prepared();
    const answer = await ready.put(item(ready));
    expect(refused(answer)).toEqual([status, code]);
    expect("result" in answer.body).toBe(false);
    expect((await ready.call("GET", `${hosts}?status=all`)).body.result).toBeNull();
  });

  test.each<[string, unknown]>([
    ["no config", {}],
    ["an empty config", { config: [] }],
    ["a config that is no list", { config: {} }],
    ["more than a hundred items", { config: Array.from({ length: 101 }, () => ({})) }],
  ])("cloudflare refuses a write with %s", async (_, body) => {
    const { call } = setting();
    expect(refused(await call("PUT", hosts, body))).toEqual([400, 1000]);
  });

  test("cloudflare has carried out what stands before a bad item of a batch", async () => {
    const { call, put, a, zoneLevel } = await prepared();
    const answer = await put(
      { hostname: "a.example.com", cert_id: a, enabled: true },
      { hostname: "b.example.com", cert_id: zoneLevel, enabled: true },
      { hostname: "c.example.com", cert_id: a, enabled: true },
    );
    expect(refused(answer)).toEqual([400, 1415]);
    const left = (await call("GET", `${hosts}?status=all`)).body.result;
    expect(left.map(({ hostname }: Row) => hostname)).toEqual(["a.example.com"]);
  });

  test.each([true, false])(
    "cloudflare keeps a certificate in use by enabled: %s until its voiding has ended",
    async (enabled) => {
      const { call, clock, put, a } = await prepared();
      await put({ hostname: shop, cert_id: a, enabled });
      await clock.advance(8000);
      expect(refused(await call("DELETE", `${store}/${a}`))).toEqual([400, 1433]);
      await put({ hostname: shop, cert_id: a, enabled: false });
      await clock.advance(8000);
      expect(refused(await call("DELETE", `${store}/${a}`))).toEqual([400, 1433]);
      await put({ hostname: shop, cert_id: a, enabled: null });
      await clock.advance(7999);
      expect(refused(await call("DELETE", `${store}/${a}`))).toEqual([400, 1433]);
      await clock.advance(1);
      expect((await call("DELETE", `${store}/${a}`)).status).toBe(200);
      expect(refused(await put({ hostname: shop, cert_id: a, enabled: true }))).toEqual([400, 1415]);
    },
  );

  test("cloudflare voids only with the certificate that the hostname has", async () => {
    const { put, a, b } = await prepared();
    await put({ hostname: shop, cert_id: a, enabled: true });
    expect(refused(await put({ hostname: shop, cert_id: b, enabled: null }))).toEqual([400, 1415]);
    expect((await put({ hostname: shop, cert_id: a, enabled: null })).status).toBe(200);
  });

  test("cloudflare locks an association whose certificate vanished, until another takes its place", async () => {
    const { call, clock, provider, put, zone, a, b } = await prepared();
    await put({ hostname: shop, cert_id: a, enabled: true });
    await clock.advance(8000);
    provider.loseHostnameCertificate(zone, a);
    expect(refused(await put({ hostname: shop, cert_id: a, enabled: null }))).toEqual([400, 1415]);
    const row = (await call("GET", `${hosts}/${shop}`)).body.result;
    expect(row).toMatchObject({ cert_id: a, cert_status: "deleted", certificate: null });
    await put({ hostname: shop, cert_id: b, enabled: true });
    expect((await put({ hostname: shop, cert_id: b, enabled: null })).status).toBe(200);
  });

  test("cloudflare associates at most a hundred hostnames with one certificate", async () => {
    const { put, a, b } = await prepared();
    const items = (id: string) =>
      Array.from({ length: 100 }, (_, index) => ({
        hostname: `h${index}.example.com`,
        cert_id: id,
        enabled: true,
      }));
    expect((await put(...items(a))).status).toBe(200);
    expect(refused(await put({ hostname: shop, cert_id: a, enabled: true }))).toEqual([400, 1212]);
    expect((await put({ hostname: "h1.example.com", cert_id: a, enabled: false })).status).toBe(200);
    expect((await put({ hostname: "h1.example.com", cert_id: b, enabled: true })).status).toBe(200);
    expect((await put({ hostname: shop, cert_id: a, enabled: true })).status).toBe(200);
  });

  test("cloudflare ends writes in a time-out when told to", async () => {
    const { call, clock, provider, put, zone, a } = await prepared();
    provider.setDeployments(zone, "time-out");
    await put({ hostname: shop, cert_id: a, enabled: true });
    await clock.advance(300_000);
    expect((await call("GET", `${hosts}/${shop}`)).body.result.status).toBe("deployment_timed_out");
    await put({ hostname: shop, cert_id: a, enabled: null });
    await clock.advance(300_000);
    expect((await call("GET", `${hosts}/${shop}`)).body.result.status).toBe("deletion_timed_out");
    expect(refused(await call("DELETE", `${store}/${a}`))).toEqual([400, 1433]);
  });

  test("cloudflare counts the custom hostnames of a zone as its own", async () => {
    const { clock, provider, token } = setting();
    const zone = provider.addZone({ name: "saas.example", customHostnames: ["Shop.customer.test"] }).id;
    const headers = { authorization: `Bearer ${token}` };
    const [{ certificate, key } = { certificate: "", key: "" }] = made;
    const path = `/zones/${zone}${hosts}`;
    const body = { certificate, private_key: key };
    const cert_id = (await send(provider, "POST", `${path}/certificates`, { headers, body })).body.result.id;
    const config = (hostname: string) => ({ config: [{ hostname, cert_id, enabled: true }] });
    const own = await send(provider, "PUT", path, { headers, body: config("shop.customer.test") });
    const foreign = await send(provider, "PUT", path, { headers, body: config("www.customer.test") });
    expect([own.status, foreign.status]).toEqual([200, 400]);
    await clock.advance(20_000);
    expect(provider.edgeSource("shop.customer.test").current().shows).toMatchObject({ key });
  });
});
