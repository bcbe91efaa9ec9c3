import { cloudflare } from "@handfast/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { type CloudflareRequest, cloudflareHttp } from "../../src/cloudflare-http.ts";
import { rateGovernors } from "../../src/index.ts";
import { type EventClock, eventClock } from "./event-clock.ts";

const { signal } = new AbortController();

/** A simulated Cloudflare on the clock, each call of which takes a while there; and how often it answered 429. */
function simulated(
  clock: EventClock,
  options: Pick<Parameters<typeof cloudflare>[0] & object, "rateLimit"> = {},
) {
  const provider = cloudflare({ clock, ...options });
  const { id: zone } = provider.addZone({ name: "example.com", sslMode: "strict" });
  const seen = { calls: 0, refused: 0 };
  const fetch: typeof globalThis.fetch = async (input, init) => {
    await clock.sleep(40);
    clock.busy += 1;
    try {
      const response = await provider.service.handle(new Request(input, init));
      seen.calls += 1;
      if (response.status === 429) seen.refused += 1;
      return response;
    } finally {
      // ky and zod go on by themselves before anybody sleeps again
      setImmediate(() => setImmediate(() => (clock.busy -= 1)));
    }
  };
  const token = (user?: string) =>
    provider.addToken({ permissions: ["Zone Read"], zones: [zone], ...(user === undefined ? {} : { user }) });
  const request: CloudflareRequest = { adapter: "a.b", operation: "readZone", zone, path: `zones/${zone}` };
  return { provider, seen, fetch, token, request };
}

/** So many calls by several callers at a time; how long they took, in seconds. */
async function send(
  clock: EventClock,
  { fetch, token, request }: ReturnType<typeof simulated>,
  given: {
    readonly calls: number;
    readonly callers: number;
    readonly tokens: number;
    readonly users?: readonly string[];
  },
): Promise<number> {
  const { calls, callers, tokens, users = [] } = given;
  const from = clock.now();
  const governors = rateGovernors();
  const clients = Array.from({ length: tokens }, (_, index) =>
    cloudflareHttp({ credentials: { token: token(users[index]) }, fetch, governors }),
  );
  let left = calls;
  const working = Array.from({ length: callers }, async (_, index) => {
    const client = clients[index % tokens];
    while (left > 0 && client !== undefined) {
      left -= 1;
      await client.send(request, z.unknown(), { clock, signal });
    }
  });
  await clock.run();
  await Promise.all(working);
  return (clock.now() - from) / 1000;
}

/** What four fifths of the quota take at the very least: 960 calls at the beginning of each five minutes. */
const leastSeconds = (calls: number): number => (Math.ceil(calls / 960) - 1) * 300;

test.each([
  [20_000, "fixed"],
  [4_000, "sliding"],
] as const)(
  "%i calls over the simulated Cloudflare meet no 429, in less than 1.3 times the least time (%s window)",
  async (calls, window) => {
    const clock = eventClock();
    const one = simulated(clock, { rateLimit: { window } });
    const seconds = await send(clock, one, { calls, callers: 60, tokens: 1 });
    expect(one.seen).toEqual({ calls, refused: 0 });
    expect(seconds / leastSeconds(calls)).toBeLessThan(1.3);
  },
  120_000,
);

test("calls meet no 429 while people spend a third of the user's quota in the dashboard, now and then", async () => {
  const clock = eventClock();
  const one = simulated(clock);
  const people = (async () => {
    for (let minute = 0; minute < 20; minute += 1) {
      await clock.sleep(60_000);
      one.provider.spend(80);
    }
  })();
  await send(clock, one, { calls: 3_000, callers: 60, tokens: 1 });
  await people;
  expect(one.seen).toEqual({ calls: 3_000, refused: 0 });
});

test("twelve credentials of one process stay below the rate of its address", async () => {
  const clock = eventClock();
  const one = simulated(clock);
  const users = Array.from({ length: 12 }, (_, index) => `user-${index}@example.com`);
  await send(clock, one, { calls: 1_200, callers: 240, tokens: 12, users });
  expect(one.seen).toEqual({ calls: 1_200, refused: 0 });
});

test("two tokens of one user meet no 429 together, though neither knows of the other", async () => {
  const clock = eventClock();
  const one = simulated(clock);
  await send(clock, one, { calls: 3_000, callers: 60, tokens: 2 });
  expect(one.seen).toEqual({ calls: 3_000, refused: 0 });
});

test("a block that others bring about is waited out, and costs one refused call for each that was under way", async () => {
  const clock = eventClock();
  const one = simulated(clock);
  const meddling = clock.sleep(20_000).then(() => one.provider.spend(1_300));
  const seconds = await send(clock, one, { calls: 400, callers: 10, tokens: 1 });
  await meddling;
  expect(one.seen.calls).toBe(400 + one.seen.refused);
  expect(one.seen.refused).toBeGreaterThanOrEqual(1);
  expect(one.seen.refused).toBeLessThanOrEqual(2);
  expect(seconds).toBeGreaterThan(320);
});
