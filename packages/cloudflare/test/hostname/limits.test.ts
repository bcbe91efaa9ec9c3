import { createHandfast, fromValue, MemoryWorld, memoryJournal, memoryVerifier } from "@handfast/core";
import { cloudflare } from "@handfast/testing";
import { expect, test } from "vitest";
import { cloudflareHostname } from "../../src/hostname/adapter.ts";
import { jumpingClock } from "../jumping-clock.ts";
import { makeIdentities } from "../make-identities.ts";
import { permissions } from "./simulated.ts";

const { edge, old, root } = await makeIdentities();

/** An instance over a zone, and its writes so far. */
function setUp() {
  const clock = jumpingClock();
  const provider = cloudflare({ clock });
  const { id: zone } = provider.addZone({ name: "example.com", sslMode: "strict" });
  const world = new MemoryWorld({ clock });
  world.set("listener/shop", { kind: "listener", mode: "off", store: null, ignoreExpiry: false });
  const token = provider.addToken({ permissions, zones: [zone] });
  const writes: string[] = [];
  const handfast = createHandfast({
    adapters: [
      cloudflareHostname({
        token,
        fetch: (input, init) => {
          const request = new Request(input, init);
          if (request.method !== "GET") writes.push(request.method);
          return provider.service.handle(request);
        },
      }),
      memoryVerifier(world),
    ],
    journal: memoryJournal({ clock }),
    clock,
    secrets: { "edge-key": fromValue(edge.key), "old-key": fromValue(old.key) },
  });
  const planFor = (hostnames: readonly string[], others: readonly string[] = []) =>
    handfast.plan(
      handfast.spec({
        trust: { edge: { anchors: root.pem } },
        identities: {
          edge: { chain: edge.certificate.pem, key: { secret: "edge-key" } },
          old: { chain: old.certificate.pem, key: { secret: "old-key" } },
        },
        verifiers: {
          shop: { adapter: "memory.verifier", listener: "shop", mode: "required", trust: "edge" },
        },
        presenters: {
          edge: { adapter: "cloudflare.hostname", zone, hostnames, shows: "edge" },
          ...(others.length === 0
            ? {}
            : { old: { adapter: "cloudflare.hostname", zone, hostnames: others, shows: "old" } as const }),
        },
        links: [{ from: "edge", to: "shop" }],
      }),
    );
  return { handfast, planFor, writes };
}

const names = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from }, (_, at) => `h${from + at}.example.com`);

test("plan tells beforehand, and once, of more hostnames than a certificate takes", async () => {
  const { planFor, writes } = setUp();
  const refused = await planFor(names(0, 101)).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: "PLAN_BLOCKED", details: { issues: [expect.anything()] } });
  expect(String(refused)).toContain("[certificate-hostnames-full]");
  expect(String(refused)).toContain("show other identities at 1 of them");
  expect(writes).toEqual([]);
});

test("plan counts hostnames of earlier runs that it does not name, and lets as many in as fit", async () => {
  const { handfast, planFor, writes } = setUp();
  expect((await handfast.apply(await planFor(names(0, 60)))).status).toBe("done");
  await expect(planFor(names(60, 101))).rejects.toThrow(
    /for 101 hostnames .* \(60 of them not in this plan\)/,
  );
  expect((await handfast.apply(await planFor(names(60, 100), names(100, 200)))).status).toBe("done");
  expect(writes.filter((method) => method === "PUT")).toHaveLength(3);
});
