/** Worlds that are unlike the plain one: shared objects, zones, verifiers that nobody named. */
import { memoryPresenter, memoryVerifier, memoryZone } from "@handfast/core";
import type { CertificateName } from "../../packages/core/test/fixtures/evidence.ts";
import { faceAt } from "../../packages/core/test/fixtures/node-view.ts";
import {
  association,
  atMostMs,
  fewNodes,
  identities,
  listener,
  probe,
  type Scenario,
  shown,
  store,
  trust,
} from "../scenario.ts";

const required = (name: string) =>
  ({ adapter: "memory.verifier", listener: name, mode: "required", trust: "edge" }) as const;
const zoneOf = (...names: readonly CertificateName[]) =>
  ({ kind: "zone", certificates: names.map(shown) }) as const;

/** Two listeners over one store that can only be changed in place, and that has room for two anchors. */
const sharedStoreInPlace: Scenario = {
  name: "shared-store-in-place",
  act: "apply",
  nodes: fewNodes,
  start: {
    "store/together": store(["a"], []),
    "listener/x": listener("required", "together"),
    "listener/y": listener("required", "together"),
    "association/p": association("a1"),
    "association/q": association("a1"),
  },
  adapters: (world) => [
    memoryVerifier(world, { inPlace: true, room: 2, atMostMs }),
    memoryPresenter(world, { atMostMs }),
  ],
  spec: {
    trust: { edge: trust(["b"], []) },
    identities,
    verifiers: { x: required("x"), y: required("y") },
    presenters: {
      p: { adapter: "memory.presenter", hostnames: ["p"], shows: "b1" },
      q: { adapter: "memory.presenter", hostnames: ["q"], shows: "b1" },
    },
    links: [
      { from: "p", to: "x", probe },
      { from: "q", to: "y", probe },
    ],
  },
  traffic: [
    { link: "p/p -> x", association: "p", listener: "x" },
    { link: "q/q -> y", association: "q", listener: "y" },
  ],
};

/** A zone whose upload is the switch, and whose way back is a delete. */
const zoneUpload: Scenario = {
  name: "zone-upload-is-the-switch",
  act: "apply",
  nodes: fewNodes,
  start: {
    "store/theirs": store(["a"], []),
    "listener/shop": listener("required", "theirs"),
    "zone/z": zoneOf("a1"),
  },
  adapters: (world) => [memoryVerifier(world, { atMostMs }), memoryZone(world, { atMostMs })],
  spec: {
    trust: { edge: trust(["b"], []) },
    identities,
    verifiers: { shop: required("shop") },
    presenters: { z: { adapter: "memory.zone", zone: "z", shows: "b1" } },
    links: [{ from: "z", to: "shop", probe: { url: "https://z.example.com/" } }],
  },
  traffic: [{ link: "z -> shop", zone: "z", listener: "shop" }],
};

/** A hostname with a certificate of its own that is to fall through to its zone, which shows nothing yet. */
const fallThrough: Scenario = {
  name: "falls-through-to-a-zone",
  act: "apply",
  nodes: fewNodes,
  start: {
    "store/theirs": store(["a"], []),
    "listener/shop": listener("required", "theirs"),
    "association/h": association("a1"),
    "zone/z": zoneOf(),
  },
  adapters: (world) => [
    memoryVerifier(world, { atMostMs }),
    memoryPresenter(world, { atMostMs }),
    memoryZone(world, { atMostMs }),
  ],
  spec: {
    trust: { edge: trust(["b"], []) },
    identities,
    verifiers: { shop: required("shop") },
    presenters: {
      h: { adapter: "memory.presenter", hostnames: ["h"], zone: "z", shows: "inherited" },
      z: { adapter: "memory.zone", zone: "z", shows: "b1" },
    },
    links: [{ from: "h", to: "shop", probe }],
  },
  traffic: [{ link: "h/h -> shop", association: "h", zone: "z", listener: "shop" }],
};

/** The hostname also serves a verifier that the spec does not name: it trusts both CAs, and is never written. */
const unnamedVerifier: Scenario = {
  name: "verifier-nobody-named",
  act: "apply",
  nodes: fewNodes,
  start: {
    "store/theirs": store(["a"], []),
    "listener/shop": listener("required", "theirs"),
    "store/billing": store(["a", "b"], []),
    "listener/billing": listener("required", "billing"),
    "association/edge": association("a1"),
  },
  adapters: (world) => [
    memoryVerifier(world, { atMostMs }),
    memoryPresenter(world, {
      atMostMs,
      also: () => [{ name: "billing", face: faceAt(world, "billing", 0) }],
    }),
  ],
  spec: {
    trust: { edge: trust(["b"], []) },
    identities,
    verifiers: { shop: required("shop") },
    presenters: { edge: { adapter: "memory.presenter", hostnames: ["edge"], shows: "b1" } },
    links: [{ from: "edge", to: "shop", probe }],
  },
  traffic: [
    { link: "edge/edge -> shop", association: "edge", listener: "shop" },
    { link: "edge/edge -> billing", association: "edge", listener: "billing" },
  ],
};

/** Clients that nobody configures, some of them without a certificate, beside a hostname that changes its CA. */
const population: Scenario = {
  name: "clients-nobody-configures",
  act: "apply",
  nodes: fewNodes,
  start: {
    "store/theirs": store(["a", "c"], []),
    "listener/shop": listener("optional", "theirs"),
    "association/edge": association("a1"),
  },
  adapters: (world) => [memoryVerifier(world, { atMostMs }), memoryPresenter(world, { atMostMs })],
  spec: {
    trust: { edge: trust(["b"], []), people: trust(["c"], []) },
    identities,
    verifiers: { shop: { ...required("shop"), mode: "optional", trust: ["edge", "people"] } },
    presenters: { edge: { adapter: "memory.presenter", hostnames: ["edge"], shows: "b1" } },
    populations: { laptops: { mayShow: { issuedBy: ["people"], nothing: true } } },
    links: [
      { from: "edge", to: "shop", probe },
      { from: "laptops", to: "shop" },
    ],
  },
  traffic: [
    { link: "edge/edge -> shop", association: "edge", listener: "shop" },
    { link: "laptops -> shop", shows: shown("c1"), listener: "shop" },
    { link: "laptops -> shop", shows: "nothing", listener: "shop" },
  ],
};

/** A canary and the rest, with a bake between them. */
const waves: Scenario = {
  name: "waves-with-a-bake",
  act: "apply",
  nodes: fewNodes,
  start: {
    "store/theirs": store(["a"], []),
    "listener/shop": listener("required", "theirs"),
    "association/canary": association("a1"),
    "association/rest": association("a1"),
  },
  adapters: (world) => [memoryVerifier(world, { atMostMs }), memoryPresenter(world, { atMostMs })],
  spec: {
    trust: { edge: trust(["b"], []) },
    identities,
    verifiers: { shop: required("shop") },
    presenters: {
      canary: { adapter: "memory.presenter", hostnames: ["canary"], shows: "b1" },
      rest: { adapter: "memory.presenter", hostnames: ["rest"], shows: "b1" },
    },
    links: [
      { from: "canary", to: "shop", probe },
      { from: "rest", to: "shop", probe },
    ],
    waves: [{ name: "canary", from: ["canary"], bake: "5m" }, { name: "rest" }],
  },
  traffic: ["canary", "rest"].map((name) => ({
    link: `${name}/${name} -> shop`,
    association: name,
    listener: "shop",
  })),
};

export const oddWorlds: readonly Scenario[] = [
  sharedStoreInPlace,
  zoneUpload,
  fallThrough,
  unnamedVerifier,
  population,
  waves,
];
