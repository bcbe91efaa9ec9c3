import { expect, test } from "vitest";
import { refused, send, setting } from "./api.ts";

type Setting = ReturnType<typeof setting>;

/** One call with a token of its own. */
const callWith = (provider: Setting["provider"], token: string): ReturnType<typeof send> =>
  send(provider, "GET", "/zones", { headers: { authorization: `Bearer ${token}` } });

test("cloudflare counts what was spent elsewhere, in what is left and towards the block", async () => {
  const { call, provider } = setting();
  await call("GET", "/settings/ssl");
  provider.spend(1000);
  const seen = await call("GET", "/settings/ssl");
  expect(seen.headers.get("ratelimit")).toBe('"default";r=198;t=300');
  provider.spend(500, "other@example.com");
  expect((await call("GET", "/settings/ssl")).status).toBe(200);
  provider.spend(198);
  expect(refused(await call("GET", "/settings/ssl"))).toEqual([429, 971]);
});

test("cloudflare counts a token of the account by itself, and refuses no other when it is blocked", async () => {
  const { call, provider } = setting({ rateLimit: { calls: 2 } });
  const token = { permissions: ["Zone Read"], zones: "all", owner: "account" } as const;
  const [first, second] = [provider.addToken(token), provider.addToken(token)];
  const statuses: number[] = [];
  for (let index = 0; index < 3; index += 1) statuses.push((await callWith(provider, first)).status);
  expect(statuses).toEqual([200, 200, 429]);
  expect((await callWith(provider, second)).status).toBe(200);
  expect((await call("GET", "/settings/ssl")).status).toBe(200);
  provider.spend(5, second);
  expect((await callWith(provider, second)).status).toBe(429);
});

test("cloudflare blocks more than two hundred calls in one second, whoever makes them, for five minutes", async () => {
  const { call, clock, provider } = setting();
  const other = provider.addToken({ permissions: ["Zone Read"], zones: "all", user: "other@example.com" });
  for (let index = 0; index < 200; index += 1) {
    if (index === 100) await clock.advance(990);
    expect((await call("GET", "/settings/ssl")).status).toBe(200);
  }
  const excess = await callWith(provider, other);
  expect([excess.status, excess.headers.get("retry-after")]).toEqual([429, "300"]);
  expect(excess.headers.get("ratelimit")).toBe('"default";r=0;t=300');
  await clock.advance(299_000);
  expect((await call("GET", "/settings/ssl")).status).toBe(429);
  await clock.advance(1_000);
  expect((await call("GET", "/settings/ssl")).status).toBe(200);
});

test("cloudflare allows two hundred calls in each second", async () => {
  const { call, clock } = setting({ rateLimit: { calls: 1000 } });
  for (let second = 0; second < 3; second += 1) {
    for (let index = 0; index < 200; index += 1) {
      expect((await call("GET", "/settings/ssl")).status).toBe(200);
    }
    await clock.advance(1_000);
  }
});

test("cloudflare counts by a sliding window where that is wished: room comes back call by call", async () => {
  const { call, clock } = setting({ rateLimit: { calls: 3, window: "sliding" } });
  const left: (string | null)[] = [];
  for (let index = 0; index < 6; index += 1) {
    left.push((await call("GET", "/settings/ssl")).headers.get("ratelimit"));
    await clock.advance(150_000);
  }
  expect(left).toEqual([
    '"default";r=2;t=300',
    '"default";r=1;t=150',
    ...Array.from({ length: 4 }, () => '"default";r=1;t=150'),
  ]);
  await call("GET", "/settings/ssl");
  await call("GET", "/settings/ssl");
  const excess = await call("GET", "/settings/ssl");
  expect([excess.status, excess.headers.get("retry-after")]).toEqual([429, "300"]);
});
