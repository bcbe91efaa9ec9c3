/** Several providers, each with its own way of settling, in one rollout. */
import { type Adapter, memoryPresenter, memoryVerifier, memoryZone } from "@handfast/core";
import {
  association,
  atMostMs,
  fewNodes,
  identities,
  listener,
  probe,
  type Scenario,
  shown,
  slowNodes,
  store,
  trust,
} from "../scenario.ts";

/** The same provider under another name: a second account, say. */
function named<A extends Adapter>(name: string, adapter: A): Adapter {
  return { ...adapter, facts: { ...adapter.facts, name } } as Adapter;
}

/** One hostname in front of the verifiers of two providers. */
const two: Scenario = {
  name: "two-providers",
  act: "apply",
  nodes: fewNodes,
  start: {
    "store/here": store(["a"], []),
    "listener/here": listener("required", "here"),
    "store/there": store(["a"], []),
    "listener/there": listener("required", "there"),
    "association/edge": association("a1"),
  },
  adapters: (world) => [
    memoryVerifier(world, { atMostMs }),
    named("second.verifier", memoryVerifier(world, { atMostMs, inPlace: true, room: 3 })),
    memoryPresenter(world, { atMostMs }),
  ],
  spec: {
    // what each provider holds differs, so that their stores do
    trust: { edge: trust(["b"], []), beside: trust(["c"], []) },
    identities,
    verifiers: {
      here: { adapter: "memory.verifier", listener: "here", mode: "required", trust: "edge" },
      there: { adapter: "second.verifier", listener: "there", mode: "required", trust: ["edge", "beside"] },
    },
    presenters: { edge: { adapter: "memory.presenter", hostnames: ["edge"], shows: "b1" } },
    links: [
      { from: "edge", to: "here", probe },
      { from: "edge", to: "there", probe },
    ],
  },
  traffic: ["here", "there"].map((name) => ({
    link: `edge/edge -> ${name}`,
    association: "edge",
    listener: name,
  })),
};

/** A hostname and a zone in front of a verifier that tells when it has settled and one of which only time tells. */
const three: Scenario = {
  name: "three-providers",
  act: "apply",
  nodes: slowNodes,
  start: {
    "store/here": store(["a"], []),
    "listener/here": listener("required", "here"),
    "listener/there": listener("off", null),
    "association/edge": association("a1"),
    "zone/z": { kind: "zone", certificates: [shown("a1")] },
  },
  adapters: (world) => [
    memoryVerifier(world, { atMostMs }),
    named("second.verifier", memoryVerifier(world, { atMostMs, silent: true, modes: ["off", "required"] })),
    memoryPresenter(world, { atMostMs }),
    memoryZone(world, { atMostMs }),
  ],
  spec: {
    // what each provider holds differs, so that their stores do
    trust: { edge: trust(["b"], []), beside: trust(["c"], []) },
    identities,
    verifiers: {
      here: { adapter: "memory.verifier", listener: "here", mode: "required", trust: "edge" },
      there: { adapter: "second.verifier", listener: "there", mode: "required", trust: ["edge", "beside"] },
    },
    presenters: {
      edge: { adapter: "memory.presenter", hostnames: ["edge"], shows: "b1" },
      z: { adapter: "memory.zone", zone: "z", shows: "b1" },
    },
    links: [
      { from: "edge", to: "here", probe },
      { from: "z", to: "there", probe: { url: "https://z.example.com/" } },
    ],
  },
  traffic: [
    { link: "edge/edge -> here", association: "edge", listener: "here" },
    { link: "z -> there", zone: "z", listener: "there" },
  ],
};

const hostnames = ["one", "two", "three"] as const;

/** Hostnames whose associations go two in one call, then one: a leaf and its CA are rotated. */
const together: Scenario = {
  name: "together-in-one-call",
  act: "apply",
  nodes: fewNodes,
  start: {
    "store/here": store(["a"], []),
    "listener/here": listener("required", "here"),
    ...Object.fromEntries(hostnames.map((name) => [`association/${name}`, association("a1")])),
  },
  adapters: (world) => [memoryVerifier(world, { atMostMs }), memoryPresenter(world, { atMostMs, batch: 2 })],
  spec: {
    trust: { edge: trust(["b"], []) },
    identities,
    verifiers: { here: { adapter: "memory.verifier", listener: "here", mode: "required", trust: "edge" } },
    presenters: { edge: { adapter: "memory.presenter", hostnames, shows: "b1" } },
    links: [{ from: "edge", to: "here", probe }],
  },
  traffic: hostnames.map((name) => ({
    link: `edge/${name} -> here`,
    association: name,
    listener: "here",
  })),
};

export const providers: readonly Scenario[] = [two, three, together];
