import type { VerifierFace } from "@handfast/core";
import { z } from "zod";
import { type KnownDigests, knownDigestsSchema, sameDigests } from "../digest-sets.ts";
import { type TaggedTool, toolNames } from "../iac-tools.ts";

/** What a distribution does about viewers' certificates. Each mode has only the fields that it may have. */
export type Viewer =
  | { readonly mode: "off" }
  | { readonly mode: "passthrough" }
  | {
      readonly mode: "optional" | "required";
      /** Name of a trust store. */
      readonly store: string;
      readonly ignoreExpiry: boolean;
      readonly advertiseNames: boolean;
    };

/** The part of a distribution's configuration that decides who is refused: it is written as one. */
export interface Front {
  readonly viewer: Viewer;
  /** Name of the associated connection function, ours or somebody's. */
  readonly connectionFunction: string | null;
}

/** What in a distribution's configuration is in the way of mTLS: path patterns of behaviours, or ids of origins. */
export interface Obstacles {
  /** A template for tenants, whose viewers are the tenants' own. */
  readonly tenantOnly: boolean;
  readonly http3: boolean;
  /** Behaviours that answer plain HTTP. */
  readonly plainHttp: readonly string[];
  /** What stands in the way of passing certificates through unchecked. */
  readonly passthrough: {
    /** Behaviours with another cache policy than the managed one that caches nothing. */
    readonly cached: readonly string[];
    /** Behaviours whose origin is not sent the certificate. */
    readonly unforwarded: readonly string[];
    /** Behaviours with a Lambda@Edge function. */
    readonly lambdaAtEdge: readonly string[];
    /** Origins behind Origin Shield. */
    readonly shielded: readonly string[];
  };
}

/** What is in a trust store. */
export interface StoreContent {
  /** Sorted. */
  readonly anchors: KnownDigests;
  /** Asks OCSP responders. */
  readonly ocsp: boolean;
}

/** A trust store by name. */
export interface StoreState extends StoreContent {
  /** Seen active twice; it can't be attached before. */
  readonly ready: boolean;
  /** Why the service could not make it. */
  readonly failed?: string | undefined;
  /** Has a name of handfast's, and its bundle is in the adapter's bucket. */
  readonly ours: boolean;
  /** Whether another distribution than the target's refers to it. */
  readonly taken: boolean;
  /** Serves as many other distributions as a store may. */
  readonly full: boolean;
}

/** A revocation list of the target's distribution: a key value store by name. */
export interface ListState {
  /** False while it is provisioned. */
  readonly ready: boolean;
  /** Sorted. The CRLs that its entries are made from. */
  readonly crls: KnownDigests;
  /** A write stopped halfway: some entries are of other CRLs. */
  readonly halfway: boolean;
}

/** Published as its name says; made and not published; or published with another source, or on another list. */
const functionStates = ["live", "unpublished", "edited"] as const;
export type FunctionState = (typeof functionStates)[number];

/** What the adapter sees of one target. */
export interface CloudFrontState {
  /** Null when there is no such distribution. */
  readonly distribution: (Front & { readonly obstacles: Obstacles }) | null;
  /** The store that it refers to, and those that handfast made. */
  readonly stores: Readonly<Record<string, StoreState>>;
  /** How many trust stores the account has beside these. */
  readonly otherStores: number;
  readonly lists: Readonly<Record<string, ListState>>;
  /** Connection functions that handfast made for this distribution. */
  readonly functions: Readonly<Record<string, FunctionState>>;
  /** The tool that the distribution belongs to as well, by its tags. For findings alone. */
  readonly manager?: TaggedTool | undefined;
}

const viewerSchema: z.ZodType<Viewer> = z.discriminatedUnion("mode", [
  z.strictObject({ mode: z.literal("off") }),
  z.strictObject({ mode: z.literal("passthrough") }),
  z.strictObject({
    mode: z.enum(["optional", "required"]),
    store: z.string(),
    ignoreExpiry: z.boolean(),
    advertiseNames: z.boolean(),
  }),
]);
const front = z.strictObject({ viewer: viewerSchema, connectionFunction: z.string().nullable() });

/** Schema of {@link Front}. */
export const frontSchema: z.ZodType<Front> = front;

const content = z.strictObject({ anchors: knownDigestsSchema, ocsp: z.boolean() });

/** Schema of {@link StoreContent}. */
export const storeContentSchema: z.ZodType<StoreContent> = content;

const names = z.array(z.string());

/** Schema of {@link CloudFrontState}. */
export const cloudFrontStateSchema: z.ZodType<CloudFrontState> = z.strictObject({
  distribution: front
    .extend({
      obstacles: z.strictObject({
        tenantOnly: z.boolean(),
        http3: z.boolean(),
        plainHttp: names,
        passthrough: z.strictObject({
          cached: names,
          unforwarded: names,
          lambdaAtEdge: names,
          shielded: names,
        }),
      }),
    })
    .nullable(),
  stores: z.record(
    z.string(),
    content.extend({
      ready: z.boolean(),
      failed: z.string().optional(),
      ours: z.boolean(),
      taken: z.boolean(),
      full: z.boolean(),
    }),
  ),
  otherStores: z.int(),
  lists: z.record(
    z.string(),
    z.strictObject({ ready: z.boolean(), crls: knownDigestsSchema, halfway: z.boolean() }),
  ),
  functions: z.record(z.string(), z.enum(functionStates)),
  manager: z.strictObject({ tool: z.enum(toolNames), name: z.string().optional() }).optional(),
});

/** The part of a distribution's state that is written as one. */
export function frontOf({ viewer, connectionFunction }: Front): Front {
  return { viewer, connectionFunction };
}

/** The store that a viewer setting refers to. */
export function storeOf(viewer: Viewer | undefined): string | undefined {
  return viewer !== undefined && "store" in viewer ? viewer.store : undefined;
}

/** Whether two readings of a store agree; what was unreadable twice agrees. */
export function sameContent(a: StoreContent, b: StoreContent): boolean {
  return a.ocsp === b.ocsp && sameDigests(a.anchors, b.anchors);
}

/** The list behind the associated connection function; undefined when that is none of ours. */
export function listInUse({ distribution, lists }: CloudFrontState): string | undefined {
  const name = distribution?.connectionFunction ?? "";
  const list = name.replace(/-[0-9a-f]{8}$/, "");
  return list !== name && lists[list] !== undefined ? list : undefined;
}

/**
 * The neutral view of a state. Modes that check nothing have no anchors. What a connection function of somebody else
 * refuses beyond that can't be told, and counts as nothing: a finding speaks of it.
 */
export function cloudFrontFace(state: CloudFrontState): VerifierFace {
  const viewer = state.distribution?.viewer ?? { mode: "off" };
  const nothing = { known: [] };
  const face = { role: "verifier", ignoreExpiry: false, advertiseNames: false, crls: nothing } as const;
  if (!("store" in viewer)) {
    return { ...face, mode: viewer.mode === "off" ? "off" : "request", anchors: nothing };
  }
  const { mode, store, ignoreExpiry, advertiseNames } = viewer;
  const { anchors, ocsp } = state.stores[store] ?? {
    anchors: { unknown: `trust store ${store} was not seen` },
    ocsp: false,
  };
  return { ...face, mode, anchors, crls: crlsInUse(state) ?? nothing, ignoreExpiry, advertiseNames, ocsp };
}

/** The CRLs that the associated connection function goes by; undefined when that is none of ours. */
function crlsInUse(state: CloudFrontState): KnownDigests | undefined {
  const list = listInUse(state);
  const name = state.distribution?.connectionFunction ?? "";
  if (list === undefined) return undefined;
  if (state.functions[name] === "live") return state.lists[list]?.crls;
  return { unknown: `connection function ${name} is not what its name says` };
}
