import type { Digest, VerifierFace } from "@handfast/core";
import { z } from "zod";
import { parseArn } from "../arn.ts";
import {
  type KnownDigests,
  knownDigestsSchema,
  nameByContent,
  sameDigests,
  sortDigests,
} from "../digest-sets.ts";
import { type TaggedTool, toolNames } from "../iac-tools.ts";

/** What a listener does about client certificates. A discriminated union: each mode has only the fields it may have. */
export type Authentication =
  | { readonly mode: "off" }
  | { readonly mode: "passthrough" }
  | {
      readonly mode: "verify";
      /** A key of {@link AlbState.stores}. */
      readonly store: string;
      readonly ignoreExpiry: boolean;
      readonly advertiseNames: boolean;
      /** The store's owner has cut it away: every handshake fails until the listener is given another. */
      readonly cut: boolean;
    };

/** What is in a trust store. */
export interface StoreContent {
  /** Sorted. */
  readonly anchors: KnownDigests;
  /** Sorted. */
  readonly crls: KnownDigests;
}

/** A trust store by content. */
export interface StoreState extends StoreContent {
  /** False while the service is creating it; it can't be referred to before. */
  readonly ready: boolean;
  /** Marked by handfast's tag. */
  readonly ours: boolean;
  /** Whether another listener than the target's refers to it. */
  readonly taken: boolean;
}

/** The tool that a listener belongs to as well, by its tags or by those of its load balancer. */
export interface Manager extends TaggedTool {
  /** Whose tags said so. */
  readonly tagged: "listener" | "load balancer";
  /** The listener's port, by which such tools call it. */
  readonly port: number;
}

/** A listener at a target's rehearsal port. */
export interface Rehearsal {
  readonly port: number;
  readonly authentication: Authentication;
  /** Marked by handfast's tag; else it is somebody else's. */
  readonly ours: boolean;
}

/** What the adapter sees of one target: the listener, the store that it refers to, and the stores that handfast made. */
export interface AlbState {
  /** Null when there is no such listener. */
  readonly listener: { readonly protocol: string; readonly authentication: Authentication } | null;
  /** By name; of another account: `<account>/<name>`. */
  readonly stores: Readonly<Record<string, StoreState>>;
  /** What is at the target's rehearsal port; undefined where it has none. */
  readonly rehearsal?: Rehearsal | null | undefined;
  /** For findings alone. */
  readonly manager?: Manager | undefined;
}

/** Schema of {@link Authentication}. */
export const authenticationSchema: z.ZodType<Authentication> = z.discriminatedUnion("mode", [
  z.strictObject({ mode: z.literal("off") }),
  z.strictObject({ mode: z.literal("passthrough") }),
  z.strictObject({
    mode: z.literal("verify"),
    store: z.string(),
    ignoreExpiry: z.boolean(),
    advertiseNames: z.boolean(),
    cut: z.boolean(),
  }),
]);

const content = z.strictObject({ anchors: knownDigestsSchema, crls: knownDigestsSchema });

/** Schema of {@link StoreContent}. */
export const storeContentSchema: z.ZodType<StoreContent> = content;

/** Schema of {@link AlbState}. */
export const albStateSchema: z.ZodType<AlbState> = z.strictObject({
  listener: z.strictObject({ protocol: z.string(), authentication: authenticationSchema }).nullable(),
  stores: z.record(z.string(), content.extend({ ready: z.boolean(), ours: z.boolean(), taken: z.boolean() })),
  rehearsal: z
    .strictObject({ port: z.int(), authentication: authenticationSchema, ours: z.boolean() })
    .nullable()
    .optional(),
  manager: z
    .strictObject({
      tool: z.enum(toolNames),
      name: z.string().optional(),
      tagged: z.enum(["listener", "load balancer"]),
      port: z.int(),
    })
    .optional(),
});

/** The name of a store that handfast makes: by what is in it, so that the same content is never made twice. */
export function storeName(anchors: readonly Digest[], crls: readonly Digest[]): string {
  return nameByContent({ anchors: sortDigests(anchors), crls: sortDigests(crls) });
}

/** The store that a listener refers to. */
export function referredTo(authentication: Authentication | undefined): string[] {
  return authentication?.mode === "verify" ? [authentication.store] : [];
}

/** Whether two readings of a store agree; what was unreadable twice agrees. */
export function sameContent(a: StoreContent, b: StoreContent): boolean {
  return sameDigests(a.anchors, b.anchors) && sameDigests(a.crls, b.crls);
}

/** The natural key of a store for a listener's state: its name, with the account when that is another one. */
export function storeKey(storeArn: string, listenerArn: string): string {
  const { account, resource } = parseArn(storeArn);
  const name = resource.split("/")[1] ?? resource;
  return account === parseArn(listenerArn).account ? name : `${account}/${name}`;
}

/** The name of a store in plans and journals: its ARN without the part that the service adds. */
export function storeObject(key: string, listenerArn: string): string {
  const { partition, service, region, account } = parseArn(listenerArn);
  const [name, owner] = key.split("/").toReversed();
  return `arn:${partition}:${service}:${region}:${owner ?? account}:truststore/${name}`;
}

/** The neutral view of a state. A mode that checks nothing has no anchors; a store that was cut away trusts nobody. */
export function albFace({ listener, stores }: AlbState): VerifierFace {
  const authentication = listener?.authentication ?? { mode: "off" };
  if (authentication.mode !== "verify") {
    const mode = authentication.mode === "off" ? "off" : "request";
    const nothing = { known: [] };
    return {
      role: "verifier",
      mode,
      anchors: nothing,
      crls: nothing,
      ignoreExpiry: false,
      advertiseNames: false,
    };
  }
  const { store, cut, ignoreExpiry, advertiseNames } = authentication;
  const unseen = { unknown: `trust store ${store} was not seen` };
  const content = stores[store] ?? { anchors: unseen, crls: unseen };
  const { anchors, crls } = cut ? { anchors: { known: [] }, crls: { known: [] } } : content;
  return { role: "verifier", mode: "required", anchors, crls, ignoreExpiry, advertiseNames };
}
