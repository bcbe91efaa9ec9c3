import { describe, expect, test } from "vitest";
import { faults } from "../../src/faults.ts";
import { cloudflare } from "../../src/index.ts";
import { refused, send, setting } from "./api.ts";

describe("cloudflare platform", () => {
  test.each<[string, string, boolean]>([
    ["the API", "https://api.cloudflare.com/client/v4/zones", true],
    ["another path of its host", "https://api.cloudflare.com/other", false],
    ["a path that only begins alike", "https://api.cloudflare.com/client/v40/zones", false],
    ["another host", "https://cloudflare.com/client/v4/zones", false],
    ["plain HTTP", "http://api.cloudflare.com/client/v4/zones", false],
  ])("service.owns %s", (_, url, owned) => {
    expect(cloudflare().service.owns(new URL(url))).toBe(owned);
  });

  test("cloudflare serves the path on any host, as a plain HTTP server passes it on", async () => {
    const { provider, token } = setting();
    const request = new Request("http://127.0.0.1:4010/client/v4/zones", {
      headers: { authorization: `Bearer ${token}` },
    });
    expect((await provider.service.handle(request)).status).toBe(200);
  });

  test.each<[string, string, string, number, number]>([
    ["an unknown route", "GET", "/nothing", 404, 7003],
    ["a method that the route has not", "PUT", "/dns_records", 405, 7001],
    ["a body that is no JSON", "PATCH", "/settings/ssl", 400, 6007],
  ])("cloudflare refuses %s", async (_, method, path, status, code) => {
    const { call } = setting();
    expect(refused(await call(method, path, method === "GET" ? undefined : "{oops"))).toEqual([status, code]);
  });

  test("cloudflare refuses a zone id of a wrong form as no route", async () => {
    const { provider, token } = setting();
    const answer = await send(provider, "GET", "/zones/example.com", {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.status).toBe(404);
    expect(answer.body.errors.map(({ code }) => code)).toEqual([7003, 7000]);
  });

  test("cloudflare tells the rate limit on every answer, refused ones too", async () => {
    const { call, clock } = setting();
    const first = await call("GET", "/settings/ssl");
    expect(first.headers.get("ratelimit")).toBe('"default";r=1199;t=300');
    expect(first.headers.get("ratelimit-policy")).toBe('"default";q=1200;w=300');
    await clock.advance(60_000);
    const second = await call("GET", "/settings/nonsense");
    expect(second.headers.get("ratelimit")).toBe('"default";r=1198;t=240');
    expect(second.headers.get("retry-after")).toBeNull();
  });

  test("cloudflare blocks every call of a user for the window after an excess, and no other user's", async () => {
    const { call, clock, provider, zone } = setting({ rateLimit: { calls: 3 } });
    const other = provider.addToken({ permissions: ["Zone Read"], zones: "all", user: "other@example.com" });
    for (let index = 0; index < 3; index += 1) await call("GET", "/settings/ssl");
    await clock.advance(200_000);
    const excess = await call("GET", "/settings/ssl");
    expect(refused(excess)).toEqual([429, 971]);
    expect(excess.headers.get("retry-after")).toBe("300");
    await clock.advance(299_000);
    const still = await call("GET", "/settings/ssl");
    expect([still.status, still.headers.get("retry-after")]).toEqual([429, "1"]);
    const others = await send(provider, "GET", `/zones/${zone}`, {
      headers: { authorization: `Bearer ${other}` },
    });
    expect(others.status).toBe(200);
    await clock.advance(1000);
    expect((await call("GET", "/settings/ssl")).status).toBe(200);
  });

  test("cloudflare adds the calls of all tokens of a user up", async () => {
    const { call, provider, zone } = setting({ rateLimit: { calls: 1 } });
    await call("GET", "/settings/ssl");
    const second = provider.addToken({ permissions: ["Zone Read"], zones: "all" });
    const answer = await send(provider, "GET", `/zones/${zone}`, {
      headers: { authorization: `Bearer ${second}` },
    });
    expect(answer.status).toBe(429);
  });
});

describe("cloudflare under faults", () => {
  const operation = "PATCH /zones/{zone_id}/settings/{setting_id}";

  test("cloudflare answers an outage with a page that is no JSON, before the effect", async () => {
    const storm = faults();
    const { call, provider, token, zone } = setting({ faults: storm });
    storm.add({
      service: "cloudflare",
      operation,
      fault: { kind: "refuse", status: 502, code: "Bad Gateway" },
    });
    const response = await provider.service.handle(
      new Request(`https://api.cloudflare.com/client/v4/zones/${zone}/settings/ssl`, {
        method: "PATCH",
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify({ value: "full" }),
      }),
    );
    expect(response.status).toBe(502);
    expect(response.headers.get("content-type")).toMatch(/^text\/html/);
    expect(await response.text()).toContain("<h1>502 Bad Gateway</h1>");
    expect((await call("GET", "/settings/ssl")).body.result.value).toBe("strict");
  });

  test("cloudflare cuts the connection after the effect", async () => {
    const storm = faults();
    const { call, provider, token, zone } = setting({ faults: storm });
    storm.add({ operation, moment: "after", fault: { kind: "cut" } });
    const response = await provider.service.handle(
      new Request(`https://api.cloudflare.com/client/v4/zones/${zone}/settings/ssl`, {
        method: "PATCH",
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify({ value: "full" }),
      }),
    );
    expect(response.type).toBe("error");
    expect((await call("GET", "/settings/ssl")).body.result.value).toBe("full");
  });

  test.each([
    ["a throttle", { kind: "throttle", retryAfterSeconds: 7 }, 429, 971],
    ["a refusal with a code", { kind: "refuse", status: 400, code: "1434" }, 400, 1434],
    ["a refusal with a name", { kind: "refuse", status: 409, code: "Conflict" }, 409, 1000],
  ] as const)("cloudflare writes %s into its envelope", async (_, fault, status, code) => {
    const storm = faults();
    const { call } = setting({ faults: storm });
    storm.add({ fault });
    const answer = await call("GET", "/settings/ssl");
    expect(refused(answer)).toEqual([status, code]);
    if (status === 429) expect(answer.headers.get("retry-after")).toBe("7");
  });
});
