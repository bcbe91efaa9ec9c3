import { expect, test } from "vitest";
import { readSpec } from "../../src/spec/read-spec.ts";
import type { Spec } from "../../src/spec/spec.ts";
import { specDoor } from "../../src/spec/spec-door.ts";
import { cases } from "./cases.ts";
import { secretNames, toyAdapters } from "./toy-adapters.ts";

const handfast = specDoor(toyAdapters, secretNames);
const [hostname, viewers, chain, zones] = cases.map(({ write }) => write(handfast));

test("spec makes the whole value of a hostname in front of an ALB", () => {
  expect(hostname).toEqual({
    format: 1,
    trust: { edge: { anchors: [{ file: "ca/edge-root.pem" }], crls: [], compromised: false } },
    identities: { edge: { chain: { file: "pki/edge.pem" }, key: { secret: "edge-key" } } },
    verifiers: {
      shop: {
        adapter: "aws.alb",
        mode: "required",
        trust: ["edge"],
        withoutCrls: false,
        mayWeaken: false,
        mayDropEarly: false,
        target: {
          listener: "arn:aws:elasticloadbalancing:eu-central-1:111122223333:listener/app/shop/1/2",
        },
      },
    },
    presenters: {
      "shop-edge/shop.example.com": {
        adapter: "cloudflare.hostname",
        entry: "shop-edge",
        shows: "edge",
        target: { zone: "zone-eu", hostnames: ["shop.example.com"] },
      },
    },
    populations: {},
    links: [
      {
        key: "shop-edge/shop.example.com -> shop",
        from: "shop-edge/shop.example.com",
        to: "shop",
        mayRefuse: [],
        probe: { url: "https://shop.example.com/healthz", echo: "x-seen-client-cert" },
      },
    ],
    waves: [{ name: "all", from: ["shop-edge/shop.example.com"], bakeMs: 0, maxFailures: 0 }],
  } satisfies Spec);
});

test("spec keeps consents, CRLs and populations of viewers in front of CloudFront", () => {
  expect(viewers?.trust.staff?.crls).toEqual([{ file: "ca/staff.crl" }]);
  expect(viewers?.verifiers.web).toMatchObject({ withoutCrls: true, mayWeaken: false });
  expect(viewers?.populations).toEqual({
    viewers: { mayShow: { issuedBy: ["staff"], identities: [], nothing: true } },
  });
  expect(viewers?.links[0]).toMatchObject({ key: "viewers -> web", mayRefuse: ["nothing"] });
  expect(viewers?.waves).toEqual([{ name: "all", from: ["viewers"], bakeMs: 0, maxFailures: 0 }]);
});

test("spec names a member without fan-out by its entry, and writes header names in lower case", () => {
  expect(Object.keys(chain?.presenters ?? {})).toEqual(["cdn"]);
  expect(chain?.links.map(({ key }) => key)).toEqual(["viewers -> web", "cdn -> api"]);
  expect(chain?.links[1]?.probe).toMatchObject({ echo: "x-seen-client-cert" });
});

test("spec fans 200 hostnames out to members, links and waves", () => {
  expect(Object.keys(zones?.presenters ?? {})).toHaveLength(200);
  expect(zones?.links).toHaveLength(200);
  expect(zones?.links[2]).toEqual({
    key: "eu/shop-0.eu.example.com -> shop",
    from: "eu/shop-0.eu.example.com",
    to: "shop",
    mayRefuse: [],
    probe: { url: "https://shop-0.eu.example.com/healthz" },
  });
  expect(
    zones?.waves.map(({ name, from, bakeMs, maxFailures }) => [name, from.length, bakeMs, maxFailures]),
  ).toEqual([
    ["canary", 2, 3_600_000, 0],
    ["europe", 66, 1_800_000, 2],
    ["rest", 132, 0, 2],
  ]);
});

test.each(cases)("readSpec reads $name back from JSON, frozen", ({ write }) => {
  const spec = write(handfast);
  const back = readSpec(JSON.parse(JSON.stringify(spec)));
  expect(back).toEqual(spec);
  expect(JSON.stringify(back)).toBe(JSON.stringify(spec));
  for (const value of [spec, back]) {
    expect(Object.isFrozen(value)).toBe(true);
    expect(Object.isFrozen(value.links[0]?.mayRefuse)).toBe(true);
    expect(Object.values(value.verifiers).every(({ target }) => Object.isFrozen(target))).toBe(true);
  }
});
