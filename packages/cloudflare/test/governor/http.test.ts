import { expect, test } from "vitest";
import { z } from "zod";
import {
  type CloudflareHttpOptions,
  type CloudflareRequest,
  cloudflareHttp,
} from "../../src/cloudflare-http.ts";
import { type GovernedCredential, rateGovernor, rateGovernors } from "../../src/index.ts";
import { type EventClock, eventClock } from "./event-clock.ts";

const zone = "0123456789abcdef0123456789abcdef";
const read: CloudflareRequest = { adapter: "a.b", operation: "readZone", zone, path: `zones/${zone}` };
const { signal } = new AbortController();
const ok = (headers: Record<string, string> = {}): Response =>
  Response.json({ success: true, result: {} }, { headers });
const tooMany = (retryAfter?: string): Response =>
  Response.json(
    { success: false, errors: [{ code: 971, message: "Please wait" }] },
    { status: 429, headers: retryAfter === undefined ? {} : { "retry-after": retryAfter } },
  );

/** An API that answers by a function, and when it was called. */
function api(clock: EventClock, answer: (count: number, request: Request) => Response) {
  const times: number[] = [];
  const start = clock.now();
  const make = (options: Partial<CloudflareHttpOptions> = {}) => {
    const http = cloudflareHttp({
      credentials: { token: "token-1" },
      fetch: async (input, init) => {
        const request = new Request(input, init);
        times.push((clock.now() - start) / 1000);
        return answer(times.length, request);
      },
      ...options,
    });
    return (call: { signal?: AbortSignal; patienceMs?: number } = {}) =>
      http.send(read, z.unknown(), { clock, signal, ...call });
  };
  return { times, make };
}

/** Runs the clock until the work is over. */
async function through<T>(clock: EventClock, work: Promise<T>): Promise<T> {
  let over = false;
  const noted = work.finally(() => {
    over = true;
  });
  noted.catch(() => undefined);
  for (let turns = 0; !over && turns < 10_000; turns += 1) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    await clock.run(clock.now());
    if (!over && clock.pending() > 0) await clock.run();
  }
  return noted;
}

test("cloudflareHttp shares the rate of one credential and base URL, and of no other", async () => {
  const clock = eventClock();
  const { times, make } = api(clock, () => tooMany("60"));
  const governors = rateGovernors();
  const impatient = { patienceMs: 0 };
  const [one, other] = [make({ governors }), make({ governors })];
  await expect(through(clock, one(impatient))).rejects.toMatchObject({ code: "REMOTE_RATE_LIMITED" });
  await expect(through(clock, other(impatient))).rejects.toMatchObject({
    code: "REMOTE_RATE_LIMITED",
    message: expect.stringContaining("until 2026-01-01T00:01:00.000Z"),
    details: { adapter: "a.b", retryAfterMs: 60_000 },
  });
  expect(times).toHaveLength(1);
  const strangers = [
    make({ governors, credentials: { token: "token-2" } }),
    make({ governors, baseUrl: "https://api.example.com/client/v4" }),
    make({ governors: rateGovernors() }),
    make({ governor: rateGovernor() }),
    make(),
  ];
  for (const stranger of strangers) await through(clock, stranger(impatient)).catch(() => undefined);
  expect(times).toHaveLength(1 + strangers.length);
});

test("cloudflareHttp that is given no governor shares one for the process", async () => {
  const clock = eventClock();
  const { times, make } = api(clock, () => tooMany());
  for (let adapter = 0; adapter < 3; adapter += 1) {
    await expect(through(clock, make()({ patienceMs: 10_000 }))).rejects.toMatchObject({
      details: { retryAfterMs: 300_000, facts: { blockedUntil: "2026-01-01T00:05:00.000Z" } },
    });
  }
  expect(times).toEqual([0]);
});

test("cloudflareHttp makes the registry know a credential by a name that does not tell it", async () => {
  const clock = eventClock();
  const asked: GovernedCredential[] = [];
  const governors = rateGovernors((credential) => {
    asked.push(credential);
    return rateGovernor();
  });
  const { make } = api(clock, () => ok());
  await through(clock, make({ governors, baseUrl: "https://api.example.com/client/v4/" })());
  await through(
    clock,
    make({ governors, credentials: { email: "ops@example.com", key: "0123456789abcdef" } })(),
  );
  expect(asked.map(({ baseUrl }) => baseUrl)).toEqual([
    "https://api.example.com/client/v4",
    "https://api.cloudflare.com/client/v4",
  ]);
  expect(JSON.stringify(asked)).not.toMatch(/token-1|ops@|0123456789abcdef"/);
});

test("cloudflareHttp tries once more when a block is over, and never within it", async () => {
  const clock = eventClock();
  const passing = api(clock, (count) => (count === 1 ? tooMany("300") : ok()));
  await through(clock, passing.make({ governors: rateGovernors() })());
  expect(passing.times).toEqual([0, 300]);
  const lasting = api(clock, () => tooMany("300"));
  await expect(through(clock, lasting.make({ governors: rateGovernors() })())).rejects.toMatchObject({
    code: "REMOTE_RATE_LIMITED",
    details: { operation: "GET /zones/{zone_id}", retryAfterMs: 300_000 },
  });
  expect(lasting.times).toEqual([0, 300]);
});

test("cloudflareHttp tells at once of a block that outlasts the patience of its options, or of the call", async () => {
  for (const [options, call, times] of [
    [{}, {}, [0, 300]],
    [{ patienceMs: 299_000 }, {}, [0]],
    [{ patienceMs: 299_000 }, { patienceMs: 300_000 }, [0, 300]],
    [{}, { patienceMs: 60_000 }, [0]],
  ] as const) {
    const clock = eventClock();
    const one = api(clock, (count) => (count === 1 ? tooMany() : ok()));
    const sent = through(clock, one.make({ governors: rateGovernors(), ...options })(call));
    await sent.catch(() => undefined);
    expect(one.times).toEqual(times);
  }
});

test("cloudflareHttp ends a wait for the rate when it is aborted, and sends nothing", async () => {
  const clock = eventClock();
  const { times, make } = api(clock, () => tooMany());
  const controller = new AbortController();
  const sent = make({ governors: rateGovernors() })({ signal: controller.signal });
  sent.catch(() => undefined);
  while (clock.pending() === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  controller.abort(new Error("enough"));
  await expect(sent).rejects.toMatchObject({ code: "ABORTED" });
  await new Promise((resolve) => setImmediate(resolve));
  expect(times).toHaveLength(1);
  expect(clock.pending()).toBe(0);
});

test("cloudflareHttp that is aborted while a write is under way says that its outcome is unknown", async () => {
  const clock = eventClock();
  const controller = new AbortController();
  const http = cloudflareHttp({
    credentials: { token: "token-1" },
    governors: rateGovernors(),
    fetch: async () => {
      controller.abort();
      throw new TypeError("fetch failed");
    },
  });
  const write: CloudflareRequest = { ...read, operation: "uploadCertificate", body: {} };
  await expect(http.send(write, z.unknown(), { clock, signal: controller.signal })).rejects.toMatchObject({
    code: "REMOTE_UNAVAILABLE",
    details: { outcomeUnknown: true },
  });
});

test("cloudflareHttp lets the next call go when one was not answered", async () => {
  const clock = eventClock();
  let sent = 0;
  const http = cloudflareHttp({
    credentials: { token: "token-1" },
    governors: rateGovernors(),
    fetch: async () => {
      sent += 1;
      throw new TypeError("fetch failed");
    },
  });
  const write: CloudflareRequest = { ...read, operation: "uploadCertificate", body: {} };
  const calls = [1, 2, 3].map(() => http.send(write, z.unknown(), { clock, signal }));
  const ends = await Promise.allSettled(calls);
  expect(ends.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(sent).toBe(3);
  expect(http.callsMade()).toBe(3);
});

test("cloudflareHttp asks for the secret anew after a long wait, and stands in the line of what it is now", async () => {
  const clock = eventClock();
  const secrets = ["token-1", "token-2"];
  const { times, make } = api(clock, (_count, request) => {
    const isFirst = request.headers.get("authorization") === "Bearer token-1";
    return isFirst ? tooMany("60") : ok();
  });
  const governors = rateGovernors();
  await through(clock, make({ governors })({ patienceMs: 0 })).catch(() => undefined);
  const rotated = make({ governors, credentials: { token: () => secrets.shift() ?? "token-2" } });
  await through(clock, rotated());
  expect(times).toEqual([0, 60]);
  expect(secrets).toEqual([]);
});
