import { describe, expect, test } from "vitest";
import type { CloudflarePermission } from "../../src/index.ts";
import { everything, refused, send, setting } from "./api.ts";

const key = "0123456789abcdef0123456789abcdef01234";
const email = "owner@example.com";

describe("cloudflare credentials", () => {
  const { provider, token, zone } = setting();
  provider.addKey({ email, key });
  const bearer = `Bearer ${token}`;

  test.each<[string, Record<string, string>, number, number]>([
    ["no header at all", {}, 400, 9106],
    ["another scheme", { authorization: `Basic ${token}` }, 400, 6003],
    ["a token of a wrong form", { authorization: "Bearer short" }, 400, 6003],
    ["an unknown token", { authorization: `Bearer ${"x".repeat(40)}` }, 401, 10000],
    ["a key without an e-mail address", { "x-auth-key": key }, 400, 6003],
    ["an e-mail address without a key", { "x-auth-email": email }, 400, 6003],
    ["a key of a wrong form", { "x-auth-email": email, "x-auth-key": "nope" }, 400, 6003],
    ["a wrong key", { "x-auth-email": email, "x-auth-key": `f${key.slice(1)}` }, 403, 10000],
    ["token and key at once", { authorization: bearer, "x-auth-email": email, "x-auth-key": key }, 400, 6003],
    ["the key of another service", { "x-auth-user-service-key": "v1.0-x" }, 400, 6003],
  ])("cloudflare refuses %s", async (_, headers, status, code) => {
    const answer = await send(provider, "GET", `/zones/${zone}`, { headers });
    expect(refused(answer)).toEqual([status, code]);
    expect(answer.body).toMatchObject({ success: false, messages: [], result: null });
  });

  test("cloudflare accepts each style alone", async () => {
    const byToken = await send(provider, "GET", `/zones/${zone}`, { headers: { authorization: bearer } });
    const byKey = await send(provider, "GET", `/zones/${zone}`, {
      headers: { "x-auth-email": email, "x-auth-key": key },
    });
    expect([byToken.status, byKey.status]).toEqual([200, 200]);
    expect(byKey.body.result.id).toBe(zone);
  });

  test.each<[CloudflarePermission, string, string, string, number]>([
    ["SSL and Certificates Read", "GET", "/origin_tls_client_auth", "allowed", 200],
    ["SSL and Certificates Read", "PUT", "/origin_tls_client_auth/settings", "10000", 403],
    ["SSL and Certificates Write", "GET", "/origin_tls_client_auth/hostnames", "allowed", 200],
    ["Zone Read", "GET", "/origin_tls_client_auth", "10000", 403],
    ["Zone Read", "GET", "/settings/ssl", "9109", 403],
    ["Zone Settings Read", "GET", "/settings/ssl", "allowed", 200],
    ["Zone Settings Read", "PATCH", "/settings/ssl", "9109", 403],
    ["Config Settings Read", "GET", "/rulesets", "allowed", 200],
    ["Config Settings Read", "POST", "/rulesets", "10000", 403],
    ["Zone Read", "GET", "/dns_records", "10000", 403],
    ["DNS Read", "GET", "/dns_records", "allowed", 200],
    ["DNS Read", "GET", "", "10000", 403],
  ])("cloudflare with %s: %s %s is %s", async (permission, method, path, outcome, status) => {
    const small = provider.addToken({
      permissions: [permission],
      zones: [zone],
    });
    const answer = await send(provider, method, `/zones/${zone}${path}`, {
      headers: { authorization: `Bearer ${small}` },
      ...(method === "GET" ? {} : { body: { enabled: true, value: "full" } }),
    });
    expect(answer.status).toBe(status);
    if (outcome !== "allowed") expect(String(answer.body.errors[0]?.code)).toBe(outcome);
  });

  test("cloudflare tells a zone outside the token's scope and an unknown zone alike", async () => {
    const other = provider.addZone({ name: "other.example" }).id;
    const scoped = provider.addToken({ permissions: everything, zones: [other] });
    const headers = { authorization: `Bearer ${scoped}` };
    const outside = await send(provider, "GET", `/zones/${zone}/settings/ssl`, { headers });
    const unknown = await send(provider, "GET", `/zones/${"0".repeat(32)}/settings/ssl`, { headers });
    expect(refused(outside)).toEqual([403, 9109]);
    expect(refused(unknown)).toEqual([403, 9109]);
    const list = await send(provider, "GET", "/zones", { headers });
    expect(list.body.result.map(({ name }: { name: string }) => name)).toEqual(["other.example"]);
  });

  test("cloudflare does not know a new token everywhere while it propagates", async () => {
    const fresh = setting();
    const late = fresh.provider.addToken({ permissions: ["Zone Read"], zones: "all", propagationMs: 3000 });
    const get = () =>
      send(fresh.provider, "GET", `/zones/${fresh.zone}`, { headers: { authorization: `Bearer ${late}` } });
    expect((await get()).status).toBe(403);
    await fresh.clock.advance(3000);
    expect((await get()).status).toBe(200);
  });
});
