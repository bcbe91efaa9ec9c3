import { hostname } from "../../providers.ts";
import type { Materials } from "./materials.ts";

/** What a spec of the samples is about. */
export type Wish = "off" | "request" | "first" | "next leaf" | "next CA" | "with CRL";

/** A change under test. */
export interface Scenario {
  readonly name: string;
  /** What was rolled out before. */
  readonly base: Wish | undefined;
  /** What is applied; the call under test is this apply, or the way back from it. */
  readonly goal: Wish;
  readonly tested: "apply" | "rollback";
  /** Whether strangers are outside before and after. */
  readonly closed: boolean;
}

/** The scenarios of both samples. */
export const scenarios: readonly Scenario[] = [
  { name: "first rollout", base: undefined, goal: "first", tested: "apply", closed: false },
  { name: "CA rotation", base: "first", goal: "next CA", tested: "apply", closed: true },
  { name: "leaf rotation", base: "first", goal: "next leaf", tested: "apply", closed: true },
  { name: "CRL added", base: "first", goal: "with CRL", tested: "apply", closed: true },
  { name: "mode change", base: "request", goal: "first", tested: "apply", closed: false },
  { name: "teardown", base: "first", goal: "off", tested: "apply", closed: false },
  { name: "rollback", base: "first", goal: "next CA", tested: "rollback", closed: true },
];

/** The spec of a wish, as data. */
export function specOf(
  wish: Wish,
  { pki, nextCa, nextLeaf, otherLeaf, crl }: Materials,
  place: { readonly listener: string; readonly zone: string },
): unknown {
  const trust = wish === "next CA" ? nextCa.trust : pki.root.trust;
  const identity =
    wish === "next CA"
      ? otherLeaf.identity("other-leaf")
      : wish === "next leaf"
        ? nextLeaf.identity("next-leaf")
        : pki.leaf.identity("leaf");
  const mode = wish === "off" || wish === "request" ? wish : "required";
  return {
    trust: { edge: wish === "with CRL" ? { ...trust, crls: crl } : trust },
    identities: { edge: identity },
    verifiers: {
      shop: {
        adapter: "aws.alb",
        listener: place.listener,
        mode,
        ...(mode === "required" ? { trust: "edge" } : {}),
      },
    },
    presenters: {
      "shop-edge": {
        adapter: "cloudflare.hostname",
        zone: place.zone,
        hostnames: [hostname],
        shows: wish === "off" ? "nothing" : "edge",
      },
    },
    links: [
      { from: "shop-edge", to: "shop", probe: { url: "https://{hostname}/", echo: "x-seen-client-cert" } },
    ],
  };
}
