import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import {
  type CloudflareHttpOptions,
  type CloudflareRequest,
  cloudflareHttp,
} from "../src/cloudflare-http.ts";
import { jumpingClock } from "./jumping-clock.ts";

const zone = "0123456789abcdef0123456789abcdef";
const read: CloudflareRequest = { adapter: "a.b", operation: "readZone", zone, path: `zones/${zone}` };
const write: CloudflareRequest = {
  adapter: "a.b",
  operation: "uploadCertificate",
  zone,
  path: "x",
  body: { private_key: "k" },
};
const anything = z.unknown();
const ok = (result: unknown, info?: unknown): Response =>
  Response.json({
    success: true,
    errors: [],
    messages: [],
    result,
    ...(info === undefined ? {} : { result_info: info }),
  });
const bad = (status: number, code: number, headers: Record<string, string> = {}): Response =>
  Response.json({ success: false, errors: [{ code, message: "no" }], messages: [] }, { status, headers });

/** The API answering from a list; what is thrown there is a broken connection. */
function scripted(answers: (Response | Error)[], options: Partial<CloudflareHttpOptions> = {}) {
  const requests: Request[] = [];
  const clock = jumpingClock();
  const http = cloudflareHttp({
    credentials: { token: "token-1" },
    fetch: async (input, init) => {
      requests.push(new Request(input, init));
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer instanceof Error) throw answer;
      return (answer as Response).clone();
    },
    ...options,
  });
  return { http, requests, clock, call: { clock, signal: new AbortController().signal } };
}
const down = new TypeError("fetch failed");

test("cloudflareHttp sends exactly one style of credentials", async () => {
  const byToken = scripted([ok({})], { credentials: { token: async () => " token-2\n" } });
  await byToken.http.send(read, anything, byToken.call);
  const [first] = byToken.requests;
  expect(first?.headers.get("authorization")).toBe("Bearer token-2");
  expect(first?.headers.get("x-auth-key")).toBeNull();
  expect(first?.url).toBe(`https://api.cloudflare.com/client/v4/zones/${zone}`);
  const byKey = scripted([ok({})], { credentials: { email: "ops@example.com", key: "key-1" } });
  await byKey.http.send(read, anything, byKey.call);
  const [second] = byKey.requests;
  expect(second?.headers.get("authorization")).toBeNull();
  expect(second?.headers.get("x-auth-email")).toBe("ops@example.com");
  expect(second?.headers.get("x-auth-key")).toBe("key-1");
});

test("cloudflareHttp refuses unclear credentials and a base URL in the clear", () => {
  const make = (options: object) => () =>
    cloudflareHttp({ credentials: { token: "t" }, ...options } as CloudflareHttpOptions);
  expect(make({ credentials: {} })).toThrow(TypeError);
  expect(make({ credentials: { token: "t", email: "e", key: "k" } })).toThrow(TypeError);
  expect(make({ credentials: { email: "e" } })).toThrow(TypeError);
  expect(make({ baseUrl: "http://api.example.com" })).toThrow(/https/);
  expect(make({ baseUrl: "api" })).toThrow(TypeError);
  expect(make({ baseUrl: "http://127.0.0.1:1/v4" })).not.toThrow();
});

test("cloudflareHttp refuses a token that no header can hold, without repeating it", async () => {
  for (const token of ["tok\nen", "", "tökén", () => Promise.reject(new Error("vault says s3cr3t"))]) {
    const { http, call, requests } = scripted([ok({})], { credentials: { token } });
    const error = await http.send(read, anything, call).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "SECRET_MISSING" });
    expect(JSON.stringify(error) + String((error as Error).cause)).not.toMatch(/tok\\nen|tökén|s3cr3t/);
    expect(requests).toHaveLength(0);
  }
});

test("cloudflareHttp takes success: false for a refusal, whatever the status, also without a result", async () => {
  const { http, call } = scripted([bad(200, 1415)]);
  await expect(http.send(read, anything, call)).rejects.toMatchObject({
    code: "REMOTE_REJECTED",
    details: { provider: { code: "1415", status: 200 } },
  });
});

test("cloudflareHttp takes a list that is null, or missing, for an empty one", async () => {
  for (const answer of [ok(null), Response.json({ success: true })]) {
    const { http, call } = scripted([answer]);
    expect(await http.list(read, anything, call)).toEqual([]);
  }
});

test("cloudflareHttp says what is wrong with an answer of another shape", async () => {
  const { http, call } = scripted([ok({ name: 7 })]);
  await expect(http.send(read, z.object({ name: z.string() }), call)).rejects.toMatchObject({
    code: "REMOTE_UNEXPECTED",
    message: expect.stringContaining("name:"),
  });
  const html = scripted([new Response("<html>", { status: 200 })]);
  await expect(html.http.send(read, anything, html.call)).rejects.toMatchObject({
    code: "REMOTE_UNEXPECTED",
  });
});

test("cloudflareHttp reads all pages, by the total where there is one", async () => {
  const info = { total_count: 3 };
  const counted = scripted([ok([1, 2], info), ok([3], info)]);
  expect(await counted.http.listPages(read, z.number(), counted.call, 1000)).toEqual([1, 2, 3]);
  expect(counted.requests.map(({ url }) => new URL(url).search)).toEqual([
    "?page=1&per_page=1000",
    "?page=2&per_page=1000",
  ]);
  const bare = scripted([ok([1, 2]), ok([3])]);
  expect(await bare.http.listPages(read, z.number(), bare.call, 2)).toEqual([1, 2, 3]);
  const long = scripted(Array.from({ length: 60 }, (_, page) => ok([page], { total_count: 60 })));
  expect(await long.http.listPages(read, z.number(), long.call, 1)).toHaveLength(60);
  const endless = scripted([ok([1, 2])]);
  await expect(endless.http.listPages(read, z.number(), endless.call, 2)).rejects.toMatchObject({
    code: "REMOTE_UNEXPECTED",
  });
});

test("cloudflareHttp repeats a read after faults, a bounded number of times, on the clock", async () => {
  const html = new Response("<html>bad gateway</html>", { status: 502 });
  const { http, call, clock, requests } = scripted([down, html, ok({ name: "x" })]);
  expect(await http.send(read, anything, call)).toEqual({ name: "x" });
  expect(clock.slept).toEqual([1000, 2000]);
  expect(requests).toHaveLength(3);
  const dead = scripted([down]);
  await expect(dead.http.send(read, anything, dead.call)).rejects.toMatchObject({
    code: "REMOTE_UNAVAILABLE",
  });
  expect(dead.requests).toHaveLength(4);
});

test("cloudflareHttp never repeats a write whose outcome is unknown", async () => {
  for (const answer of [
    down,
    new Response("<html>", { status: 500 }),
    new Response("<html>", { status: 200 }),
  ]) {
    const { http, call, requests } = scripted([answer]);
    await expect(http.send(write, anything, call)).rejects.toMatchObject({
      details: { outcomeUnknown: true },
    });
    expect(requests).toHaveLength(1);
  }
});

test("cloudflareHttp waits as long as a 429 says, for a write too, and gives up on what is too long", async () => {
  const { http, call, clock, requests } = scripted([bad(429, 971, { "retry-after": "42" }), ok({})]);
  await http.send(write, anything, call);
  expect(clock.slept).toEqual([42_000]);
  expect(requests).toHaveLength(2);
  const long = scripted([bad(429, 971, { "retry-after": "3600" })]);
  await expect(long.http.send(read, anything, long.call)).rejects.toMatchObject({
    code: "REMOTE_RATE_LIMITED",
    details: { retryAfterMs: 3_600_000 },
  });
  expect(long.requests).toHaveLength(1);
  const stubborn = scripted([bad(429, 971, { "retry-after": "1" })]);
  await expect(stubborn.http.send(read, anything, stubborn.call)).rejects.toMatchObject({
    code: "REMOTE_RATE_LIMITED",
  });
  expect(stubborn.requests).toHaveLength(2);
});

test("cloudflareHttp stops before a call when it is aborted", async () => {
  const { http, clock, requests } = scripted([ok({})]);
  await expect(http.send(read, anything, { clock, signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: "ABORTED",
  });
  expect(requests).toHaveLength(0);
});

const closers: (() => void)[] = [];
afterAll(() => {
  for (const close of closers) close();
});

/** A real server; the path tells it what to do. */
async function serve(): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url?.includes("hang")) return;
    if (request.url?.includes("cut")) {
      response.destroy();
      return;
    }
    response.writeHead(302, { location: "/elsewhere" }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(
    () => server.close(),
    () => server.closeAllConnections(),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v4`;
}

test("cloudflareHttp gives up on a server that does not answer, hangs up, or redirects", async () => {
  const http = cloudflareHttp({ credentials: { token: "token-1" }, baseUrl: await serve(), timeoutMs: 100 });
  const call = { clock: jumpingClock(), signal: new AbortController().signal };
  const ask = (path: string) => http.send({ ...write, path }, anything, call);
  await expect(ask("hang")).rejects.toMatchObject({
    code: "REMOTE_UNAVAILABLE",
    message: expect.stringContaining("in time"),
    details: { outcomeUnknown: true },
  });
  await expect(ask("cut")).rejects.toMatchObject({
    code: "REMOTE_UNAVAILABLE",
    details: { outcomeUnknown: true },
  });
  await expect(ask("redirect")).rejects.toMatchObject({ code: "REMOTE_UNEXPECTED" });
});

test("cloudflareHttp ends a read that is under way when it is aborted", async () => {
  const http = cloudflareHttp({
    credentials: { token: "token-1" },
    baseUrl: await serve(),
    timeoutMs: 20_000,
  });
  const controller = new AbortController();
  const reading = http.send({ ...read, path: "hang" }, anything, {
    clock: jumpingClock(),
    signal: controller.signal,
  });
  setTimeout(() => controller.abort(), 20);
  await expect(reading).rejects.toMatchObject({ code: "ABORTED" });
});
