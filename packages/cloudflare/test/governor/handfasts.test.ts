import {
  createHandfast,
  fromValue,
  MemoryWorld,
  memoryJournal,
  memoryVerifier,
  renderPlan,
  renderReport,
} from "@handfast/core";
import { cloudflare, type TurnableClock, turnableClock } from "@handfast/testing";
import { expect, test } from "vitest";
import { cloudflareHostname } from "../../src/index.ts";
import { permissions } from "../hostname/simulated.ts";
import { madeAt, makeIdentities } from "../make-identities.ts";

const { edge, root } = await makeIdentities();

/** One user of a simulated Cloudflare, with a handfast for each that is asked for. */
function setting(clock: TurnableClock) {
  const provider = cloudflare({ clock });
  const zones = ["example.com", "example.org"].map(
    (name) => provider.addZone({ name, sslMode: "strict" }).id,
  );
  const token = provider.addToken({ permissions, zones });
  const seen = { calls: 0, refused: 0 };
  const handfast = (patienceMs?: number) => {
    const world = new MemoryWorld({ clock });
    world.set("listener/shop", { kind: "listener", mode: "off", store: null, ignoreExpiry: false });
    const one = createHandfast({
      adapters: [
        cloudflareHostname({
          token,
          patienceMs,
          fetch: async (input, init) => {
            seen.calls += 1;
            const response = await provider.service.handle(new Request(input, init));
            if (response.status === 429) seen.refused += 1;
            return response;
          },
        }),
        memoryVerifier(world, { atMostMs: 600_000 }),
      ],
      journal: memoryJournal({ clock }),
      clock,
      secrets: { "edge-key": fromValue(edge.key) },
    });
    const presenters = zones.map((zone, index) => {
      const domain = ["example.com", "example.org"][index];
      const hostnames = ["shop", "api", "www"].map((name) => `${name}.${domain}`);
      return [`edge-${index}`, { adapter: "cloudflare.hostname", zone, hostnames, shows: "edge" }] as const;
    });
    const spec = one.parseSpec({
      trust: { edge: { anchors: root.pem } },
      identities: { edge: { chain: edge.certificate.pem, key: { secret: "edge-key" } } },
      verifiers: { shop: { adapter: "memory.verifier", listener: "shop", mode: "required", trust: "edge" } },
      presenters: Object.fromEntries(presenters),
      links: presenters.map(([from]) => ({ from, to: "shop" })),
    });
    return { one, spec };
  };
  return { provider, seen, handfast };
}

test("two handfasts of one process share the rate of a credential: the second does not call into the first one's block", async () => {
  const clock = turnableClock(madeAt);
  using _ = clock.autoAdvance();
  const { provider, seen, handfast } = setting(clock);
  const [first, second] = [handfast(60_000), handfast(60_000)];
  provider.spend(1_200);
  await expect(first.one.plan(first.spec)).rejects.toMatchObject({ code: "REMOTE_RATE_LIMITED" });
  expect(seen).toEqual({ calls: 1, refused: 1 });
  await expect(second.one.plan(second.spec)).rejects.toMatchObject({
    code: "REMOTE_RATE_LIMITED",
    message: expect.stringMatching(
      /^call Cloudflare failed \[credential=[0-9a-f]{12}\]: .* until 2026-01-01T/,
    ),
  });
  expect(seen).toEqual({ calls: 1, refused: 1 });
  const patient = handfast();
  const before = clock.now();
  await patient.one.plan(patient.spec);
  expect(clock.now() - before).toBeGreaterThanOrEqual(299_000);
  expect(seen.refused).toBe(1);
});

test("a plan tells beforehand how many calls a run takes, reads included, and its report how many it took", async () => {
  const clock = turnableClock(madeAt);
  using _ = clock.autoAdvance();
  const { seen, handfast } = setting(clock);
  const { one, spec } = handfast();
  const plan = await one.plan(spec);
  const planned = plan.estimate.rates?.cloudflare;
  expect(renderPlan(plan)).toMatch(
    /^Rate +about \d+ calls to cloudflare, reads included, which take \d+ (s|min) at its rate$/m,
  );
  const before = seen.calls;
  const report = await one.apply(plan);
  expect(report.status).toBe("done");
  const took = seen.calls - before;
  expect(report.calls).toEqual({ "cloudflare.hostname": took });
  expect(renderReport(report)).toContain(`Calls  ${took} by cloudflare.hostname`);
  expect(took / (planned?.calls ?? 0)).toBeGreaterThan(0.6);
  expect(took / (planned?.calls ?? 0)).toBeLessThan(1.4);
  expect(seen.refused).toBe(0);
});
