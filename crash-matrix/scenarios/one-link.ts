/** One verifier, one hostname, one link: the plain changes. */
import { memoryPresenter, memoryVerifier } from "@handfast/core";
import type { CertificateName, CrlName } from "../../packages/core/test/fixtures/evidence.ts";
import {
  association,
  atMostMs,
  fewNodes,
  identities,
  listener,
  probe,
  type Scenario,
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
export function oneLink(
  name: string,
  from: End,
  to: End & { readonly shows: "a1" | "b1" | "nothing" | "inherited" },
  more: Partial<Scenario> & { readonly verifier?: Parameters<typeof memoryVerifier>[1] } = {},
): Scenario {
  const { verifier = {}, ...rest } = more;
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
      memoryPresenter(world, { atMostMs }),
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

export const changes: readonly Scenario[] = [
  oneLink(
    "first-rollout",
    { mode: "off", anchors: [], shows: "inherited" },
    { mode: "required", anchors: ["a"], shows: "a1" },
  ),
  oneLink(
    "ca-rotation",
    { mode: "required", anchors: ["a"], shows: "a1" },
    { mode: "required", anchors: ["b"], shows: "b1" },
  ),
  oneLink(
    "leaf-rotation",
    { mode: "required", anchors: ["a"], shows: "a2" },
    { mode: "required", anchors: ["a"], shows: "a1" },
  ),
];
