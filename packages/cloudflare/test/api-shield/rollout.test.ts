import { createHandfast, type Journal, memoryJournal } from "@handfast/core";
import { cloudflare, turnableClock } from "@handfast/testing";
import { afterEach, expect, test } from "vitest";
import { cloudflareApiShield } from "../../src/index.ts";
import { makeAuthorities } from "./authorities.ts";
import { account, permissions } from "./simulated.ts";

const authorities = await makeAuthorities();
const { a, b } = authorities;
const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

function open() {
  const clock = turnableClock(Date.UTC(2026, 0, 2));
  stops.push(clock.autoAdvance());
  const provider = cloudflare({ clock });
  const { id: zone } = provider.addZone({ name: "example.com", plan: "enterprise" });
  const token = provider.addToken({ permissions, zones: [zone] });
  const journal: Journal = memoryJournal({ clock });
  /** A process of its own, with the same journal. */
  const connect = (crls: readonly string[] = []) =>
    createHandfast({
      adapters: [
        cloudflareApiShield({
          token,
          crls,
          fetch: (input, init) => provider.service.handle(new Request(input, init)),
        }),
      ],
      journal,
      clock,
    });
  const specOf = (
    handfast: ReturnType<typeof connect>,
    mode: "off" | "request" | "required",
    of: readonly (typeof a)[],
    lists: readonly string[] = [],
  ) =>
    handfast.spec({
      trust: {
        devices: { anchors: of.map(({ authority }) => authority.certificate.pem).join(""), crls: lists },
      },
      verifiers: {
        shop: {
          adapter: "cloudflare.api-shield",
          zone,
          account,
          hostname: "shop.example.com",
          mode,
          trust: "devices",
        },
      },
      populations: { devices: { mayShow: { issuedBy: ["devices"], identities: [], nothing: true } } },
      links: [{ from: "devices", to: "shop", mayRefuse: ["nothing", "devices"] }],
    });
  return { clock, provider, zone, connect, specOf };
}

const ruleIn = ({ provider, zone }: ReturnType<typeof open>) =>
  provider.inventory(zone).rules.http_request_firewall_custom?.[0];

test("a list is renewed by another process, which was given neither of the two, and taken back by it", async () => {
  const shop = open();
  const first = shop.connect();
  const toFirst = shop.specOf(first, "required", [a], [a.crl.pem]);
  expect((await first.apply(await first.plan(toFirst))).status).toBe("done");
  expect((await first.plan(toFirst)).steps).toEqual([]);
  const before = ruleIn(shop);

  const second = shop.connect();
  expect((await second.plan(shop.specOf(second, "required", [a], [a.crl.pem]))).steps).toEqual([]);
  const next = await a.authority.createCrl({
    revoked: [{ serial: a.client.certificate.facts.serial, at: Date.UTC(2026, 0, 1) }],
    previous: a.crl.pem,
  });
  const renewed = await second.apply(await second.plan(shop.specOf(second, "required", [a], [next.pem])));
  expect(renewed.status).toBe("done");
  expect(ruleIn(shop)?.description).toContain(next.sha256);
  expect(ruleIn(shop)?.expression).toContain(a.client.certificate.facts.serial.toUpperCase());

  const back = await second.rollback(renewed.runId, { mayUnrevoke: true });
  expect(back.status).toBe("done");
  expect(ruleIn(shop)).toEqual(before);
});

test("a CA is rotated over both, and what was uploaded is retired", async () => {
  const shop = open();
  const handfast = shop.connect();
  const runs: string[] = [];
  for (const [mode, of] of [
    ["required", [a]],
    ["required", [a, b]],
    ["required", [b]],
    ["off", [b]],
  ] as const) {
    const report = await handfast.apply(await handfast.plan(shop.specOf(handfast, mode, of)));
    expect(report.status).toBe("done");
    runs.push(report.runId);
  }
  expect(shop.provider.inventory(shop.zone).visitors.certificates).toHaveLength(2);
  for (const run of runs.toReversed()) expect((await handfast.retire(run)).status).toBe("done");
  expect(shop.provider.inventory(shop.zone).visitors).toMatchObject({ certificates: [], asking: {} });
  expect(ruleIn(shop)).toBeUndefined();
});

test("from off, clients are asked first and refused only then", async () => {
  const shop = open();
  const handfast = shop.connect();
  const { steps } = await handfast.plan(shop.specOf(handfast, "required", [a]));
  const writes = steps.flatMap((one) => (one.kind === "write" ? [one.step.summary] : []));
  expect(writes).toEqual([
    expect.stringMatching(/^upload CA /),
    expect.stringMatching(/^set shop.example.com to request /),
    expect.stringMatching(/^set shop.example.com to required /),
  ]);
});
