import { sha256, type Wanted, type WantedVerifier } from "@handfast/core";
import { listNameFor, listPlace, storeName } from "../../src/cloudfront/names.ts";
import type {
  CloudFrontState,
  Front,
  ListState,
  Obstacles,
  StoreState,
  Viewer,
} from "../../src/cloudfront/state.ts";
import type { StepOptions } from "../../src/cloudfront/step.ts";
import type { CloudFrontTarget } from "../../src/cloudfront/target.ts";
import { sortDigests } from "../../src/digest-sets.ts";
import { functionName } from "../../src/revocation/names.ts";

export const account = "111122223333";
export const distribution = `arn:aws:cloudfront::${account}:distribution/E1EXAMPLE`;
export const target: CloudFrontTarget = { distribution };
export const options: StepOptions = {
  bucket: "bundles",
  prefix: "handfast",
  listSettleMs: 60_000,
  deployAtMostMs: 5_400_000,
};
export const policy = { storesPerTrust: 1, storeQuota: 20 };

/** Digests for tables: `digest("a")`. */
export const digest = (name: string): string => sha256(name);

export const nothingInTheWay: Obstacles = {
  tenantOnly: false,
  http3: false,
  plainHttp: [],
  passthrough: { cached: [], unforwarded: [], lambdaAtEdge: [], shielded: [] },
};

/** A store as it is read. */
export function store(anchors: readonly string[], rest: Partial<StoreState> = {}): StoreState {
  return {
    ready: true,
    ours: true,
    taken: false,
    full: false,
    anchors: { known: sortDigests(anchors) },
    ocsp: false,
    ...rest,
  };
}

/** A list as it is read. */
export function list(crls: readonly string[], rest: Partial<ListState> = {}): ListState {
  return { ready: true, crls: { known: sortDigests(crls) }, halfway: false, ...rest };
}

/** What a state is made of. */
interface Parts extends Partial<Omit<CloudFrontState, "distribution" | "stores">> {
  /** By name; those in an array are named by content. */
  readonly stores?: Readonly<Record<string, StoreState>> | readonly StoreState[];
  readonly obstacles?: Partial<Obstacles>;
  readonly connectionFunction?: string | null;
}

/** A state by what viewers are asked for, and what there is. */
export function state(viewer: Viewer, parts: Parts = {}): CloudFrontState {
  const { stores = {}, obstacles, connectionFunction = null, ...rest } = parts;
  const named = Array.isArray(stores)
    ? Object.fromEntries((stores as readonly StoreState[]).map((one) => [nameOf(one), one]))
    : (stores as Readonly<Record<string, StoreState>>);
  return {
    distribution: { viewer, connectionFunction, obstacles: { ...nothingInTheWay, ...obstacles } },
    stores: named,
    otherStores: 0,
    lists: {},
    functions: {},
    ...rest,
  };
}

/** The name by content of a store. */
export function nameOf({ anchors, ocsp }: Pick<StoreState, "anchors" | "ocsp">): string {
  if ("unknown" in anchors) throw new Error("no name without content");
  return storeName(anchors.known, ocsp);
}

export const off: Viewer = { mode: "off" };
export const passthrough: Viewer = { mode: "passthrough" };

/** A mode that checks, with a store. */
export function checking(
  name: string,
  rest: Partial<Extract<Viewer, { store: string }>> = {},
): Extract<Viewer, { store: string }> {
  return { mode: "required", store: name, ignoreExpiry: false, advertiseNames: false, ...rest };
}

export const front = (viewer: Viewer, connectionFunction: string | null = null): Front => ({
  viewer,
  connectionFunction,
});

/** The list that is made for these CRLs, with its connection function, as they stand once they are made. */
export function revoking(crls: readonly string[], ocsp = false) {
  const name = listNameFor(distribution, crls);
  const connectionFunction = functionName(listPlace(distribution, name), { ocsp });
  return {
    name,
    connectionFunction,
    parts: {
      connectionFunction,
      lists: { [name]: list(crls) },
      functions: { [connectionFunction]: "live" as const },
    },
  };
}

export const required = (
  anchors: readonly string[],
  crls: readonly string[] = [],
  rest: Partial<WantedVerifier> = {},
): Wanted => ({ role: "verifier", mode: "required", anchors, crls, ...rest });

export const mode = (name: "off" | "request"): Wanted => ({
  role: "verifier",
  mode: name,
  anchors: [],
  crls: [],
});
