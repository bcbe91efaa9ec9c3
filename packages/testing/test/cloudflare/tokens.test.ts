import { describe, expect, test } from "vitest";
import type { NewToken } from "../../src/index.ts";
import { refused, send, setting } from "./api.ts";

const account = "00000000000000000000000000000001";
const [ofUser, ofAccount] = ["/user/tokens/verify", `/accounts/${account}/tokens/verify`];
const start = Date.UTC(2026, 0, 1);

/** A provider with one token, and its answers. */
function withToken(token: Partial<NewToken> = {}) {
  const { provider, clock, zone } = setting();
  const text = provider.addToken({ permissions: ["Zone Read"], zones: [zone], ...token });
  const headers = { authorization: `Bearer ${text}` };
  return { clock, zone, provider, get: (path: string) => send(provider, "GET", path, { headers }) };
}

describe("cloudflare token verification", () => {
  test("cloudflare tells a token that it is active, and nothing of what it may", async () => {
    const { get } = withToken({ permissions: [] });
    const { status, body } = await get(ofUser);
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      errors: [],
      messages: [{ code: 10000, message: "This API Token is valid and active", type: null }],
      result: { id: expect.stringMatching(/^[0-9a-f]{32}$/), status: "active" },
    });
  });

  test.each<[string, string, Partial<NewToken>]>([
    ["one that is switched off", "disabled", { disabled: true }],
    ["one that has ended", "expired", { expiresAt: start }],
    ["one whose time has not come", "disabled", { notBefore: Date.UTC(2100, 0, 1) }],
  ])("cloudflare tells %s that it is %s, and lets it do nothing else", async (_, status, token) => {
    const { get, zone } = withToken(token);
    const answer = await get(ofUser);
    expect([answer.status, answer.body.result.status, answer.body.messages]).toEqual([200, status, []]);
    expect(refused(await get(`/zones/${zone}`))).toEqual([403, 10000]);
  });

  test("cloudflare has a path for each kind of token, and takes neither for the other", async () => {
    const user = withToken();
    const own = withToken({ owner: "account" });
    expect(refused(await user.get(ofAccount))).toEqual([401, 1000]);
    expect(refused(await own.get(ofUser))).toEqual([401, 1000]);
    expect((await own.get(ofAccount)).body.result.status).toBe("active");
    expect(refused(await own.get(ofAccount.replace("01/", "02/")))).toEqual([401, 1000]);
    expect((await own.get(`/zones/${own.zone}`)).status).toBe(200);
  });

  test("cloudflare ends a token on its date", async () => {
    const { clock, get, zone } = withToken({ expiresAt: setting().clock.now() + 1_000 });
    expect((await get(`/zones/${zone}`)).status).toBe(200);
    expect((await get(ofUser)).body.result.expires_on).toBeDefined();
    await clock.advance(1_000);
    expect((await get(ofUser)).body.result.status).toBe("expired");
    expect((await get(`/zones/${zone}`)).status).toBe(403);
  });

  test("cloudflare verifies no global key, and no token that it does not know", async () => {
    const { provider } = withToken();
    const key = "0123456789abcdef0123456789abcdef01234";
    provider.addKey({ email: "owner@example.com", key });
    const byKey = await send(provider, "GET", ofUser, {
      headers: { "x-auth-email": "owner@example.com", "x-auth-key": key },
    });
    expect(refused(byKey)).toEqual([400, 1001]);
    const headers = { authorization: `Bearer ${"x".repeat(40)}` };
    expect((await send(provider, "GET", ofUser, { headers })).status).toBe(401);
  });
});
