import { createHandfast, fromValue, MemoryWorld, memoryJournal, memoryVerifier } from "@handfast/core";
import { type CloudflarePermission, cloudflare } from "@handfast/testing";
import { expect, test } from "vitest";
import { cloudflareHostname } from "../../src/hostname/adapter.ts";
import { jumpingClock } from "../jumping-clock.ts";
import { makeIdentities } from "../make-identities.ts";

const { edge, old, root } = await makeIdentities();
const everything: readonly CloudflarePermission[] = [
  "SSL and Certificates Write",
  "Zone Settings Write",
  "Zone Read",
  "Config Settings Write",
  "DNS Read",
];

/** A rollout, a rotation and a retirement with these permissions: what was planned, refused, and how it ended. */
async function rollOut(permissions: readonly CloudflarePermission[]) {
  const clock = jumpingClock();
  const provider = cloudflare({ clock });
  const { id: zone } = provider.addZone({ name: "example.com", sslMode: "strict" });
  const world = new MemoryWorld({ clock });
  world.set("listener/shop", { kind: "listener", mode: "off", store: null, ignoreExpiry: false });
  const refused: string[] = [];
  const named = new Set<string>();
  const adapter = cloudflareHostname({
    token: provider.addToken({ permissions, zones: [zone] }),
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const response = await provider.service.handle(request);
      if (response.status === 403) refused.push(new URL(request.url).pathname.split(zone)[1] ?? "");
      return response;
    },
  });
  const handfast = createHandfast({
    adapters: [adapter, memoryVerifier(world, { atMostMs: 600_000 })],
    journal: memoryJournal({ clock }),
    clock,
    secrets: { "edge-key": fromValue(edge.key), "old-key": fromValue(old.key) },
  });
  const statuses: string[] = [];
  const runs: string[] = [];
  for (const shows of ["old", "edge"] as const) {
    const plan = await handfast.plan(
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
          edge: { adapter: "cloudflare.hostname", zone, hostnames: ["shop.example.com"], shows },
        },
        links: [{ from: "edge", to: "shop" }],
      }),
    );
    for (const { allow, on } of plan.permissions["cloudflare.hostname"] ?? []) {
      expect(on).toBe(zone);
      named.add(allow);
    }
    const { status, runId } = await handfast.apply(plan);
    statuses.push(status);
    runs.push(runId);
  }
  for (const run of runs) statuses.push((await handfast.retire(run)).status);
  return { named: [...named] as CloudflarePermission[], refused, statuses };
}

const { named } = await rollOut(everything);

test("permissions of the plans are what a rollout, a rotation and a retirement take", async () => {
  const { refused, statuses } = await rollOut(named);
  expect([refused, statuses]).toEqual([[], ["done", "done", "done", "done"]]);
});

test("permissions of the plans hold no Read beside the Write that covers it but by name", () => {
  expect(named.toSorted()).toEqual([
    "Config Settings Read",
    "DNS Read",
    "SSL and Certificates Read",
    "SSL and Certificates Write",
    "Zone Read",
    "Zone Settings Read",
  ]);
});

test.each(named.filter((name) => name !== "SSL and Certificates Read"))(
  "permissions of the plans are each needed: without %s a call is refused",
  async (left) => {
    const rest = named.filter((name) => name !== left);
    const outcome = await rollOut(rest).catch((error: unknown) => error);
    if (outcome instanceof Error) expect(outcome).toMatchObject({ code: "REMOTE_UNAUTHORIZED" });
    else expect((outcome as Awaited<ReturnType<typeof rollOut>>).refused.length).toBeGreaterThan(0);
  },
);
