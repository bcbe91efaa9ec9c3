import { describe, expect, test } from "vitest";
import { refused, send, setting } from "./api.ts";

describe("cloudflare zones", () => {
  test("cloudflare finds a zone by name, case apart, and answers an empty list for another name", async () => {
    const { provider, token, zone } = setting();
    provider.addZone({ name: "other.example" });
    const headers = { authorization: `Bearer ${token}` };
    const found = await send(provider, "GET", "/zones?name=Example.com", { headers });
    expect(found.body.result).toMatchObject([{ id: zone, name: "example.com", status: "active" }]);
    expect(zone).toMatch(/^[0-9a-f]{32}$/);
    expect(found.body.result_info).toEqual({ page: 1, per_page: 20, count: 1, total_count: 1 });
    const missing = await send(provider, "GET", "/zones?name=example.org", { headers });
    expect([missing.status, missing.body.result]).toEqual([200, []]);
  });

  test("cloudflare pages the zones", async () => {
    const { provider, token } = setting();
    for (let index = 0; index < 6; index += 1) provider.addZone({ name: `z${index}.example` });
    const headers = { authorization: `Bearer ${token}` };
    const second = await send(provider, "GET", "/zones?page=2&per_page=5", { headers });
    expect(second.body.result.map(({ name }: { name: string }) => name)).toEqual([
      "z4.example",
      "z5.example",
    ]);
    expect(refused(await send(provider, "GET", "/zones?per_page=4", { headers }))).toEqual([400, 1000]);
  });

  test("cloudflare changes a setting, and dates the change", async () => {
    const { call, clock } = setting();
    const before = await call("GET", "/settings/tls_client_auth");
    expect(before.body.result).toEqual({
      id: "tls_client_auth",
      value: "off",
      editable: true,
      modified_on: null,
    });
    await clock.advance(1000);
    const changed = await call("PATCH", "/settings/tls_client_auth", { value: "on" });
    expect(changed.body).toEqual({
      success: true,
      errors: [],
      messages: [],
      result: { id: "tls_client_auth", value: "on", editable: true, modified_on: "2026-01-01T00:00:01Z" },
    });
  });

  test.each<[string, string, unknown, number, number]>([
    ["a value of another setting", "/settings/tls_client_auth", { value: "full" }, 400, 1007],
    ["an unknown SSL mode", "/settings/ssl", { value: "full_strict" }, 400, 1007],
    ["a body without a value", "/settings/ssl", { enabled: true }, 400, 1007],
    ["no body", "/settings/ssl", undefined, 400, 1007],
    ["an unknown setting", "/settings/nonsense", { value: "on" }, 400, 1006],
  ])("cloudflare refuses to set %s", async (_, path, body, status, code) => {
    const { call } = setting();
    const answer = await call("PATCH", path, body);
    expect(refused(answer)).toEqual([status, code]);
    expect(answer.body.result).toBeNull();
    expect((await call("GET", "/settings/ssl")).body.result.value).toBe("strict");
  });

  test("cloudflare refuses to change a setting that is not editable, and says so on reading", async () => {
    const { call, provider, zone } = setting();
    provider.setZoneSetting(zone, "tls_client_auth", "off", { editable: false });
    expect((await call("GET", "/settings/tls_client_auth")).body.result.editable).toBe(false);
    expect((await call("PATCH", "/settings/tls_client_auth", { value: "on" })).status).toBe(403);
    expect((await call("GET", "/settings/tls_client_auth")).body.result.value).toBe("off");
  });

  test("cloudflare lists DNS records by name", async () => {
    const { call, provider, zone } = setting();
    provider.addDnsRecord(zone, "a.example.com", { proxied: true });
    provider.addDnsRecord(zone, "b.example.com", { proxied: false });
    provider.addDnsRecord(zone, "t.example.com", { proxied: true, tunnel: true });
    const [a, b, tunnel, none] = await Promise.all(
      ["A.example.com", "b.example.com", "t.example.com", "c.example.com"].map((name) =>
        call("GET", `/dns_records?name=${name}`),
      ),
    );
    expect(a?.body.result).toMatchObject([
      { name: "a.example.com", type: "A", proxied: true, zone_id: zone },
    ]);
    expect(b?.body.result).toMatchObject([{ proxied: false }]);
    expect(tunnel?.body.result[0].content).toMatch(/\.cfargotunnel\.com$/);
    expect(none?.body.result).toEqual([]);
  });
});
