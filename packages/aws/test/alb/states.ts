import { sha256, type Wanted, type WantedVerifier } from "@handfast/core";
import { type AlbState, type Authentication, type StoreState, storeName } from "../../src/alb/state.ts";
import type { StepOptions } from "../../src/alb/steps.ts";
import type { AlbTarget } from "../../src/alb/target.ts";
import { sortDigests } from "../../src/digest-sets.ts";

const region = "eu-west-1";
const account = "111122223333";
export const listener = `arn:aws:elasticloadbalancing:${region}:${account}:listener/app/front/0123456789abcdef/fedcba9876543210`;
export const target: AlbTarget = { listener };
export const options: StepOptions = { region, bucket: "bundles", prefix: "handfast", settleMs: 60_000 };

/** Digests for tables: `digest("a")`. */
export const digest = (name: string): string => sha256(name);

/** A store as it is read. */
export function store(
  anchors: readonly string[],
  crls: readonly string[] = [],
  rest: Partial<StoreState> = {},
): StoreState {
  return {
    ready: true,
    ours: true,
    taken: false,
    anchors: { known: sortDigests(anchors) },
    crls: { known: sortDigests(crls) },
    ...rest,
  };
}

/** A state by the listener's block and the stores that there are; stores in a list are named by content. */
export function state(
  authentication: Authentication,
  stores: Readonly<Record<string, StoreState>> | readonly StoreState[] = {},
): AlbState {
  const named = Array.isArray(stores)
    ? Object.fromEntries((stores as readonly StoreState[]).map((one) => [nameOf(one), one]))
    : (stores as Readonly<Record<string, StoreState>>);
  return { listener: { protocol: "HTTPS", authentication }, stores: named };
}

/** The name by content of a store. */
export function nameOf({ anchors, crls }: StoreState): string {
  if ("unknown" in anchors || "unknown" in crls) throw new Error("no name without content");
  return storeName(anchors.known, crls.known);
}

export const off: Authentication = { mode: "off" };
export const passthrough: Authentication = { mode: "passthrough" };
export const verify = (
  name: string,
  rest: Partial<Extract<Authentication, { mode: "verify" }>> = {},
): Authentication => ({
  mode: "verify",
  store: name,
  ignoreExpiry: false,
  advertiseNames: false,
  cut: false,
  ...rest,
});

export const required = (
  anchors: readonly string[],
  crls: readonly string[] = [],
  rest: Partial<WantedVerifier> = {},
): Wanted => ({ role: "verifier", mode: "required", anchors, crls, ...rest });

export const mode = (name: "off" | "request" | "optional"): Wanted => ({
  role: "verifier",
  mode: name,
  anchors: [],
  crls: [],
});
