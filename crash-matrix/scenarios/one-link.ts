/** One verifier, one hostname, one link: the plain changes. */
import {
  type MemoryPresenterOptions,
  type MemoryVerifierOptions,
  memoryPresenter,
  memoryVerifier,
} from "@handfast/core";
import type { CertificateName, CrlName } from "../../packages/core/test/fixtures/evidence.ts";
import {
  association,
  atMostMs,
  fewNodes,
  identities,
  listener,
  probe,
  type Scenario,
  slowNodes,
  store,
  trust,
} from "../scenario.ts";

type Mode = "off" | "request" | "optional" | "required";

/** One end of a change. */
interface End {
  readonly mode: Mode;
  readonly anchors: readonly CertificateName[];
  readonly crls?: readonly CrlName[] | undefined;
  readonly shows: CertificateName | "nothing" | "inherited";
}

/** A rollout between two ends of one link. */
function oneLink(
  name: string,
  from: End,
  to: End & { readonly shows: "a1" | "b1" | "nothing" | "inherited" },
  more: Partial<Scenario> & {
    readonly verifier?: MemoryVerifierOptions;
    readonly presenter?: MemoryPresenterOptions;
  } = {},
): Scenario {
  const { verifier = {}, presenter = {}, ...rest } = more;
  const checks = from.mode === "optional" || from.mode === "required";
  return {
    name,
    act: "apply",
    nodes: fewNodes,
    start: {
      ...(checks ? { "store/theirs": store(from.anchors, from.crls ?? []) } : {}),
      "listener/shop": listener(from.mode, checks ? "theirs" : null),
      ...(from.shows === "inherited" ? {} : { "association/edge": association(from.shows) }),
    },
    adapters: (world) => [
      memoryVerifier(world, { atMostMs, ...verifier }),
      memoryPresenter(world, { atMostMs, ...presenter }),
    ],
    spec: {
      trust: to.anchors.length === 0 ? {} : { edge: trust(to.anchors, to.crls ?? []) },
      identities,
      verifiers: {
        shop: {
          adapter: "memory.verifier",
          listener: "shop",
          mode: to.mode,
          ...(to.anchors.length === 0 ? {} : { trust: "edge" }),
        },
      },
      presenters: { edge: { adapter: "memory.presenter", hostnames: ["edge"], shows: to.shows } },
      links: [{ from: "edge", to: "shop", probe }],
    },
    traffic: [{ link: "edge/edge -> shop", association: "edge", listener: "shop" }],
    ...rest,
  };
}

/** The plain ones, the way they are told of in the documents. */
export const changes: readonly Scenario[] = [
  oneLink(
    "first-rollout",
    { mode: "off", anchors: [], shows: "inherited" },
    { mode: "required", anchors: ["a"], shows: "a1" },
  ),
  oneLink("ca-rotation", rooted("a", "a1"), rooted("b", "b1")),
  oneLink("leaf-rotation", rooted("a", "a2"), rooted("a", "a1")),
  oneLink(
    "crl-added",
    rooted("a", "a1"),
    { ...rooted("a", "a1"), crls: ["a-a2"] },
    { consent: { mayUnrevoke: true } },
  ),
  oneLink("mode-change", { ...rooted("a", "a1"), mode: "optional" }, rooted("a", "a1")),
  oneLink("teardown", rooted("a", "a1"), { mode: "off", anchors: [], shows: "inherited" }),
  oneLink("repair-expired-leaf", rooted("a", "aexp"), rooted("a", "a1"), {
    consent: { mayBreak: ["edge/edge -> shop"] },
  }),
  oneLink("repair-untrusted-leaf", rooted("b", "a2"), rooted("a", "a1"), {
    consent: { mayBreak: ["edge/edge -> shop"] },
  }),
];

/** One link whose provider is odd. */
export const oddLinks: readonly Scenario[] = [
  oneLink("no-request-mode", { mode: "off", anchors: [], shows: "inherited" }, rooted("b", "b1"), {
    verifier: { modes: ["off", "required"] },
  }),
  oneLink("lagging-nodes", rooted("a", "a1"), rooted("b", "b1"), { nodes: slowNodes }),
  oneLink("only-time-settles", rooted("a", "a1"), rooted("b", "b1"), {
    nodes: slowNodes,
    verifier: { silent: true },
    presenter: { silent: true },
  }),
  oneLink(
    "unreadable-store",
    rooted("a", "a1"),
    { ...rooted("b", "b1"), anchors: ["a", "b"] },
    {
      verifier: { blind: true },
    },
  ),
];

function rooted<const S extends CertificateName>(root: CertificateName, shows: S) {
  return { mode: "required", anchors: [root], shows } as const;
}
