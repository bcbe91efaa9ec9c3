import { X509Certificate } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import type { CloudflareEdgeView } from "../../src/index.ts";
import { type Setting, setting, type TestOptions } from "./api.ts";
import { hasOpenssl, type Identity, Openssl } from "./openssl.ts";

const zoneStore = "/origin_tls_client_auth";
const hosts = `${zoneStore}/hostnames`;
const shop = "shop.example.com";

describe("cloudflare edgeSource", () => {
  const nobody = { certificate: "", key: "" };
  const openssl = hasOpenssl ? new Openssl() : undefined;
  const names = ["a", "b", "first", "second", "shared"] as const;
  const identities = Object.fromEntries(
    names.map((name) => [name, openssl?.selfSigned(name) ?? nobody]),
  ) as Record<(typeof names)[number], Identity>;
  afterAll(() => openssl?.[Symbol.dispose]());

  function shown({ shows }: CloudflareEdgeView): string {
    if (shows === "nothing") return shows;
    expect(shows.key).toContain("PRIVATE KEY");
    return new X509Certificate(shows.certificate).subject.split("CN=")[1] ?? "";
  }

  function edge(options: TestOptions = {}) {
    const ready = setting({ sharedCertificate: identities.shared, ...options });
    const source = ready.provider.edgeSource(shop);
    return {
      ...ready,
      source,
      shows: () => shown(source.current()),
      upload: async (path: string, name: keyof typeof identities): Promise<string> => {
        const { certificate, key } = identities[name];
        const answer = await ready.call("POST", path, { certificate, private_key: key });
        return answer.body.result.id;
      },
      put: (cert_id: string, enabled: boolean | null, hostname = shop) =>
        ready.call("PUT", hosts, { config: [{ hostname, cert_id, enabled }] }),
    };
  }

  const on = (call: Setting["call"]) => call("PATCH", "/settings/tls_client_auth", { value: "on" });

  test("edgeSource shows nothing at first, and refuses a hostname of no zone", () => {
    const { provider, source } = edge();
    expect(source.current()).toEqual({ shows: "nothing", sslMode: "strict", doubts: [] });
    expect(() => provider.edgeSource("shop.example.org")).toThrow(TypeError);
  });

  test("edgeSource says that there is no shared certificate to show", async () => {
    const { call, provider } = setting();
    await on(call);
    const view = provider.edgeSource(shop).current();
    expect(view.shows).toBe("nothing");
    expect(view.doubts).toEqual([expect.stringContaining("no sharedCertificate")]);
  });

  test.skipIf(!hasOpenssl)("edgeSource follows the precedence of the three flavours", async () => {
    const { call, clock, put, shows, upload } = edge();
    await on(call);
    expect(shows()).toBe("shared");
    await call("PUT", `${zoneStore}/settings`, { enabled: true });
    expect(shows()).toBe("shared");
    await upload(zoneStore, "first");
    await clock.advance(19_999);
    expect(shows()).toBe("shared");
    await clock.advance(1);
    expect(shows()).toBe("first");
    const a = await upload(`${hosts}/certificates`, "a");
    await clock.advance(20_000);
    await put(a, true);
    await clock.advance(7999);
    expect(shows()).toBe("first");
    await clock.advance(1);
    expect(shows()).toBe("a");
    await put(a, false);
    await clock.advance(7999);
    expect(shows()).toBe("a");
    await clock.advance(1);
    expect(shows()).toBe("nothing");
    await put(a, null);
    await clock.advance(8000);
    expect(shows()).toBe("first");
    await call("PUT", `${zoneStore}/settings`, { enabled: false });
    expect(shows()).toBe("shared");
    await call("PATCH", "/settings/tls_client_auth", { value: "off" });
    expect(shows()).toBe("nothing");
  });

  test.skipIf(!hasOpenssl)(
    "edgeSource cuts over on a zone-level upload, and falls back on its deletion",
    async () => {
      const { call, clock, shows, upload } = edge();
      await call("PUT", `${zoneStore}/settings`, { enabled: true });
      const first = await upload(zoneStore, "first");
      await clock.advance(20_000);
      const second = await upload(zoneStore, "second");
      await clock.advance(19_999);
      expect(shows()).toBe("first");
      await clock.advance(1);
      expect(shows()).toBe("second");
      await call("DELETE", `${zoneStore}/${second}`);
      expect(shows()).toBe("first");
      await clock.advance(1000);
      await call("DELETE", `${zoneStore}/${first}`);
      expect(shows()).toBe("nothing");
    },
  );

  test.skipIf(!hasOpenssl)(
    "edgeSource keeps the previous association until the next one and its certificate are active",
    async () => {
      const { clock, put, shows, upload } = edge();
      const a = await upload(`${hosts}/certificates`, "a");
      await clock.advance(20_000);
      await put(a, true);
      await clock.advance(8000);
      const b = await upload(`${hosts}/certificates`, "b");
      await put(b, true);
      await clock.advance(8000);
      expect(shows()).toBe("a");
      await clock.advance(11_999);
      expect(shows()).toBe("a");
      await clock.advance(1);
      expect(shows()).toBe("b");
    },
  );

  test.skipIf(!hasOpenssl)("edgeSource suppresses without waiting for the certificate", async () => {
    const { call, clock, put, shows, upload } = edge();
    await on(call);
    await put(await upload(`${hosts}/certificates`, "a"), false);
    await clock.advance(7999);
    expect(shows()).toBe("shared");
    await clock.advance(1);
    expect(shows()).toBe("nothing");
  });

  test.skipIf(!hasOpenssl)(
    "edgeSource shows nothing for an association whose certificate vanished",
    async () => {
      const { call, clock, provider, put, shows, upload, zone } = edge();
      await on(call);
      const a = await upload(`${hosts}/certificates`, "a");
      await clock.advance(20_000);
      await put(a, true);
      await clock.advance(8000);
      expect(shows()).toBe("a");
      provider.loseHostnameCertificate(zone, a);
      expect(shows()).toBe("nothing");
    },
  );

  test.skipIf(!hasOpenssl)(
    "edgeSource tells its subscribers that a certificate reached the edge",
    async () => {
      const { call, clock, shows, source, upload } = edge();
      await call("PUT", `${zoneStore}/settings`, { enabled: true });
      const seen: string[] = [];
      source.subscribe(() => seen.push(shows()));
      await upload(zoneStore, "first");
      await clock.advance(20_000);
      expect(seen).toEqual(["first"]);
      expect(clock.pending()).toBe(0);
    },
  );

  test.skipIf(!hasOpenssl)("edgeSource goes through every write that was on its way", async () => {
    const { clock, put, shows, upload } = edge();
    const a = await upload(`${hosts}/certificates`, "a");
    await clock.advance(20_000);
    await put(a, true);
    await clock.advance(5000);
    await put(a, false);
    const seen: string[] = [shows()];
    for (const ms of [3000, 4999, 1]) {
      await clock.advance(ms);
      seen.push(shows());
    }
    expect(seen).toEqual(["nothing", "a", "a", "nothing"]);
  });

  test.skipIf(!hasOpenssl)(
    "edgeSource keeps what is in effect behind several writes on their way",
    async () => {
      const { clock, put, shows, upload } = edge();
      const a = await upload(`${hosts}/certificates`, "a");
      await clock.advance(20_000);
      await put(a, true);
      await clock.advance(8000);
      await put(a, false);
      await put(a, true);
      expect(shows()).toBe("a");
      await clock.advance(7999);
      expect(shows()).toBe("a");
    },
  );

  test.skipIf(!hasOpenssl)("edgeSource stays as it was when a write times out", async () => {
    const { clock, provider, put, shows, upload, zone } = edge();
    const a = await upload(`${hosts}/certificates`, "a");
    await clock.advance(20_000);
    await put(a, true);
    await clock.advance(8000);
    provider.setDeployments(zone, "time-out");
    await put(a, null);
    await clock.advance(300_000);
    expect(shows()).toBe("a");
  });

  test.skipIf(!hasOpenssl)(
    "edgeSource loses a re-pointed certificate that is deleted before the new one is there",
    async () => {
      const { call, clock, put, shows, upload } = edge();
      const a = await upload(`${hosts}/certificates`, "a");
      await clock.advance(1000);
      const b = await upload(`${hosts}/certificates`, "b");
      await clock.advance(20_000);
      await put(a, true);
      await clock.advance(8000);
      await put(b, true);
      expect((await call("DELETE", `${hosts}/certificates/${a}`)).status).toBe(200);
      expect(shows()).toBe("nothing");
      await clock.advance(8000);
      expect(shows()).toBe("b");
    },
  );

  test.each<[string, { proxied: boolean; tunnel?: boolean }, string]>([
    ["a proxied record", { proxied: true }, "shared"],
    ["a record that is not proxied", { proxied: false }, "nothing"],
    ["a Tunnel", { proxied: true, tunnel: true }, "nothing"],
  ])("edgeSource behind %s", async (_, record, expected) => {
    const { call, provider, source, zone } = edge();
    await on(call);
    provider.addDnsRecord(zone, shop, record);
    const { shows } = source.current();
    expect(shows === "nothing" ? shows : "shared").toBe(expected);
  });

  test.each(["off", "flexible", "full", "strict", "origin_pull"] as const)(
    "edgeSource in the mode %s",
    async (mode) => {
      const { call, source } = edge();
      await on(call);
      await call("PATCH", "/settings/ssl", { value: mode });
      const { shows, sslMode } = source.current();
      expect(sslMode).toBe(mode);
      expect(shows === "nothing").toBe(mode === "off" || mode === "flexible");
    },
  );

  test("edgeSource takes the SSL mode of the last Configuration Rule that applies", () => {
    const { provider, source, zone } = edge();
    const add = (expression: string, ssl: "full" | "flexible" | "off", enabled = true) =>
      provider.addConfigurationRule(zone, { expression, ssl, enabled });
    add(`(http.host eq "${shop}")`, "full");
    expect(source.current().sslMode).toBe("full");
    add('http.host eq "other.example.com"', "off");
    add("true", "off", false);
    expect(source.current().sslMode).toBe("full");
    add('ends_with(http.host, ".example.com")', "flexible");
    expect(source.current()).toEqual({ shows: "nothing", sslMode: "flexible", doubts: [] });
  });

  test("edgeSource marks a rule that it cannot evaluate, unless a later one decides", () => {
    const { provider, source, zone } = edge();
    provider.addConfigurationRule(zone, { expression: 'ip.src.country eq "GB"', ssl: "flexible" });
    const view = source.current();
    expect(view.sslMode).toBe("strict");
    expect(view.doubts).toEqual([expect.stringContaining('flexible: ip.src.country eq "GB"')]);
    provider.addConfigurationRule(zone, { expression: "true", ssl: "full" });
    expect(source.current()).toMatchObject({ sslMode: "full", doubts: [] });
  });

  test("edgeSource belongs to the zone with the longest name", () => {
    const { provider, zone } = edge();
    const child = provider.addZone({ name: "eu.example.com", sslMode: "flexible" }).id;
    expect(child).not.toBe(zone);
    expect(provider.edgeSource("shop.eu.example.com").current().sslMode).toBe("flexible");
    expect(provider.edgeSource("eu.example.com").current().sslMode).toBe("flexible");
    expect(provider.edgeSource("example.com").current().sslMode).toBe("strict");
  });

  test.skipIf(!hasOpenssl)(
    "edgeSource tells its subscribers of changes by calls and by the clock, and of no others",
    async () => {
      const { call, clock, put, source, shows, upload } = edge();
      const seen: string[] = [];
      const stop = source.subscribe(() => seen.push(`${shows()} ${source.current().sslMode}`));
      const a = await upload(`${hosts}/certificates`, "a");
      await clock.advance(20_000);
      await put(a, true, "other.example.com");
      await clock.advance(10_000);
      expect(seen).toEqual([]);
      await put(a, true);
      expect(seen).toEqual([]);
      await clock.advance(8000);
      expect(seen).toEqual(["a strict"]);
      await call("PATCH", "/settings/ssl", { value: "full" });
      expect(seen).toEqual(["a strict", "a full"]);
      await put(a, null);
      expect(clock.pending()).toBe(1);
      stop();
      expect(clock.pending()).toBe(0);
      await clock.advance(8000);
      expect(seen).toHaveLength(2);
      expect(shows()).toBe("nothing");
    },
  );
});
