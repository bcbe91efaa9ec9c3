import type { Spec } from "../../src/spec/spec.ts";
import type { SpecDoor } from "../../src/spec/spec-door.ts";
import type { secretNames, toyAdapters } from "./toy-adapters.ts";

export type ToyDoor = SpecDoor<(typeof toyAdapters)[number], (typeof secretNames)[number]>;

export interface NamedCase {
  readonly name: string;
  readonly write: (handfast: ToyDoor) => Spec;
}

const LISTENER = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:listener/app/shop/1/2";
const probe = { url: "https://{hostname}/healthz" };
const hostnames = (region: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `shop-${index}.${region}.example.com`);
const eu = hostnames("eu", 66);
const us = hostnames("us", 66);
const asia = hostnames("asia", 66);

/** The four cases that the spec's shape was tried on. */
export const cases: readonly NamedCase[] = [
  {
    name: "a Cloudflare hostname in front of an ALB",
    write: (handfast) =>
      handfast.spec({
        trust: { edge: { anchors: { file: "ca/edge-root.pem" } } },
        identities: { edge: { chain: { file: "pki/edge.pem" }, key: { secret: "edge-key" } } },
        verifiers: { shop: { adapter: "aws.alb", listener: LISTENER, mode: "required", trust: "edge" } },
        presenters: {
          "shop-edge": {
            adapter: "cloudflare.hostname",
            zone: "zone-eu",
            hostnames: ["shop.example.com"],
            shows: "edge",
          },
        },
        links: [
          {
            from: "shop-edge",
            to: "shop",
            probe: { url: "https://shop.example.com/healthz", echo: "x-seen-client-cert" },
          },
        ],
      }),
  },
  {
    name: "viewers in front of CloudFront",
    write: (handfast) =>
      handfast.spec({
        trust: { staff: { anchors: { file: "ca/staff-bundle.pem" }, crls: [{ file: "ca/staff.crl" }] } },
        identities: { probe: { chain: { file: "pki/probe.pem" }, key: { secret: "probe-key" } } },
        verifiers: {
          web: {
            adapter: "aws.cloudfront-viewer",
            distribution: "E2QWRUHAPOMQZL",
            mode: "required",
            trust: "staff",
            withoutCrls: "agreed",
          },
        },
        populations: { viewers: { mayShow: { issuedBy: ["staff"], nothing: true } } },
        links: [
          {
            from: "viewers",
            to: "web",
            mayRefuse: ["nothing"],
            probe: { url: "https://web.apps.example.com/", show: "probe" },
          },
        ],
      }),
  },
  {
    name: "viewers in front of CloudFront in front of an ALB",
    write: (handfast) =>
      handfast.spec({
        trust: {
          staff: { anchors: { file: "ca/staff.pem" } },
          origin: { anchors: { file: "ca/origin.pem" } },
        },
        identities: {
          probe: { chain: { file: "pki/probe.pem" }, key: { secret: "probe-key" } },
          cdn: { chain: { file: "pki/cdn.pem" }, key: { secret: "cdn-key" } },
        },
        verifiers: {
          web: {
            adapter: "aws.cloudfront-viewer",
            distribution: "E2QWRUHAPOMQZL",
            mode: "required",
            trust: "staff",
          },
          api: { adapter: "aws.alb", listener: LISTENER, mode: "required", trust: "origin" },
        },
        presenters: {
          cdn: {
            adapter: "aws.cloudfront-origin",
            distribution: "E2QWRUHAPOMQZL",
            origin: "api-alb",
            shows: "cdn",
          },
        },
        populations: { viewers: { mayShow: { issuedBy: ["staff"], nothing: true } } },
        links: [
          {
            from: "viewers",
            to: "web",
            mayRefuse: ["nothing"],
            probe: { url: "https://web.example.com/", show: "probe" },
          },
          {
            from: "cdn",
            to: "api",
            probe: {
              url: "https://web.example.com/api/healthz",
              show: "probe",
              echo: "X-Seen-Client-Cert",
            },
          },
        ],
      }),
  },
  {
    name: "200 hostnames over 3 zones in front of one ALB, canary first",
    write: (handfast) =>
      handfast.spec({
        trust: { edge: { anchors: { file: "ca/edge-root.pem" } } },
        identities: { edge: { chain: { file: "pki/edge.pem" }, key: { secret: "edge-key" } } },
        verifiers: { shop: { adapter: "aws.alb", listener: LISTENER, mode: "required", trust: "edge" } },
        presenters: {
          canary: {
            adapter: "cloudflare.hostname",
            zone: "zone-eu",
            hostnames: ["canary.eu.example.com", "status.eu.example.com"],
            shows: "edge",
          },
          eu: { adapter: "cloudflare.hostname", zone: "zone-eu", hostnames: eu, shows: "edge" },
          us: { adapter: "cloudflare.hostname", zone: "zone-us", hostnames: us, shows: "edge" },
          asia: { adapter: "cloudflare.hostname", zone: "zone-asia", hostnames: asia, shows: "edge" },
        },
        links: [
          { from: "canary", to: "shop", probe },
          { from: "eu", to: "shop", probe },
          { from: "us", to: "shop", probe },
          { from: "asia", to: "shop", probe },
        ],
        waves: [
          { name: "canary", from: ["canary"], bake: "1h", maxFailures: 0 },
          { name: "europe", from: ["eu"], bake: "30m", maxFailures: 2 },
          { name: "rest", maxFailures: 2 },
        ],
      }),
  },
];
