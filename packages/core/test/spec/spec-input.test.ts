import { expect, expectTypeOf, test } from "vitest";
import type { Adapter } from "../../src/adapter/define-adapter.ts";
import { type SpecDoor, specDoor } from "../../src/spec/spec-door.ts";
import type { DistinctNames } from "../../src/spec/spec-input.ts";
import {
  alb,
  cloudflareHostname,
  cloudfrontViewer,
  type secretNames,
  type toyAdapters,
} from "./toy-adapters.ts";

/** Takes adapters as `createHandfast` does. */
function doorOf<
  const L extends readonly Adapter[],
  const S extends Readonly<Record<string, string>>,
>(options: {
  readonly adapters: L & DistinctNames<L>;
  readonly secrets: S;
}): SpecDoor<L[number], keyof S & string> {
  const adapters: readonly L[number][] = options.adapters;
  return specDoor(adapters, Object.keys(options.secrets) as (keyof S & string)[]);
}

const trust = { edge: { anchors: { file: "ca/edge.pem" } } } as const;

test("specDoor keeps the names of adapters and secrets literal", () => {
  const handfast = doorOf({ adapters: [alb(), alb({ as: "aws.alb-us" })], secrets: { "edge-key": "file" } });
  expectTypeOf(handfast).toExtend<SpecDoor<(typeof toyAdapters)[0], "edge-key">>();
  expectTypeOf<(typeof secretNames)[number]>().toEqualTypeOf<"edge-key" | "cdn-key" | "probe-key">();
  const spec = handfast.spec({
    trust,
    identities: { leaf: { chain: { file: "leaf.pem" }, key: { secret: "edge-key" } } },
    verifiers: {
      eu: { adapter: "aws.alb", listener: "eu", mode: "off" },
      us: { adapter: "aws.alb-us", listener: "us", mode: "required", trust: ["edge"] },
    },
    links: [],
  });
  expect(Object.keys(spec.verifiers)).toEqual(["eu", "us"]);
});

test("createHandfast's list of adapters refuses two of one name", () => {
  expect(() =>
    doorOf({
      adapters: [
        // @ts-expect-error two of one name
        alb(),
        cloudfrontViewer,
        // @ts-expect-error two of one name
        alb(),
      ],
      secrets: {},
    }),
  ).toThrow(new TypeError("adapters: two are named aws.alb"));
});

test("spec takes parts built with as const, optional fields that are undefined, and no secret at all", () => {
  const handfast = doorOf({ adapters: [alb(), cloudflareHostname], secrets: {} });
  const edge = {
    adapter: "cloudflare.hostname",
    zone: "z",
    hostnames: ["a.example.com"],
    shows: "nothing",
  } as const;
  const none = (): undefined => undefined;
  const spec = handfast.spec({
    $schema: "./handfast.schema.json",
    links: [{ from: "edge", to: "shop", mayRefuse: none(), probe: none() }],
    trust: { edge: { anchors: ["-----BEGIN CERTIFICATE-----\n"], crls: none() } },
    identities: none(),
    verifiers: {
      shop: { adapter: "aws.alb", listener: "a", ignoreExpiry: none(), mode: "request", trust: none() },
    },
    presenters: { edge },
    populations: none(),
    waves: none(),
  });
  expect(spec.links).toEqual([
    { key: "edge/a.example.com -> shop", from: "edge/a.example.com", to: "shop", mayRefuse: [] },
  ]);
  expect(spec.verifiers.shop?.target).toEqual({ listener: "a" });
});

test("spec has a hint where no secret was given", () => {
  const handfast = doorOf({ adapters: [alb()], secrets: {} });
  expect(() =>
    handfast.spec({
      trust,
      identities: {
        leaf: {
          chain: { file: "leaf.pem" },
          // @ts-expect-error no secret at all
          key: { secret: "edge-key" },
        },
      },
      verifiers: {},
      links: [],
    }),
  ).toThrow(/no secret is named "edge-key"; declared: none/);
});
