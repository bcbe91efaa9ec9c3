import { createHash } from "node:crypto";
import type { QueryTree } from "../query/query.ts";

/** A file that a trust store took over from S3: its own copy, which no later change in S3 alters. */
export interface Copied {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A CRL file in a trust store. */
export interface StoredRevocation extends Copied {
  readonly id: number;
  readonly pem: string;
  readonly entries: number;
}

/** A trust store. */
export interface TrustStore {
  readonly arn: string;
  readonly name: string;
  /** The account that owns it: not always the one that may use it. */
  readonly owner: string;
  /** From when on Describe finds it. */
  readonly visibleAt: number;
  /** From when on its status is ACTIVE. */
  readonly activeAt: number;
  readonly bundle: Copied;
  /** PEM of each certificate in the bundle. */
  readonly anchors: readonly string[];
  readonly revocations: readonly StoredRevocation[];
  /** PEM of each CRL. */
  readonly crls: readonly string[];
  readonly nextRevocationId: number;
  /** Until when DeleteTrustStore still says that a listener uses it, after the last one let go. */
  readonly heldUntil: number;
  /** For a store of another account: whether it is shared with us now. */
  readonly shared: boolean;
  readonly tags: Tags;
}

/** Tags by key. */
export type Tags = Readonly<Record<string, string>>;

/** What a listener does about client certificates. */
export interface MutualAuthentication {
  readonly mode: "off" | "passthrough" | "verify";
  readonly trustStoreArn: string | undefined;
  readonly ignoreExpiry: boolean;
  readonly advertise: "on" | "off";
  /** `removed` after the owner of a shared store cut the association. */
  readonly association: "active" | "removed";
}

/** A listener. */
export interface Listener {
  readonly arn: string;
  readonly loadBalancerArn: string;
  readonly port: number;
  readonly protocol: "HTTP" | "HTTPS";
  readonly sslPolicy: string | undefined;
  readonly certificateArn: string | undefined;
  /** Kept, and given back, as they were sent. */
  readonly actions: readonly QueryTree[];
  readonly mutualAuthentication: MutualAuthentication | undefined;
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: Tags;
}

/** An Application Load Balancer. */
export interface LoadBalancer {
  readonly arn: string;
  readonly name: string;
  readonly dnsName: string;
  readonly createdAt: number;
  /** Those that were set. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: Tags;
}

/** The whole state: a value that is never changed, only followed by another. */
export interface Elbv2State {
  readonly stores: ReadonlyMap<string, TrustStore>;
  readonly listeners: ReadonlyMap<string, Listener>;
  readonly loadBalancers: ReadonlyMap<string, LoadBalancer>;
}

/** The state over time. */
export interface Elbv2Models {
  now(): Elbv2State;
  /** The state before the last write: what a stale read sees. */
  before(): Elbv2State;
  write(change: Partial<Elbv2State>): void;
  /** Calls back after every write, with the state before it. Returns the way to stop. */
  subscribe(written: (before: Elbv2State) => void): () => void;
  /** The hex that ends an ARN: the same in every run, never the same twice. */
  nextId(): string;
}

/** ELBv2 without resources. */
export function elbv2Models(): Elbv2Models {
  let now: Elbv2State = { stores: new Map(), listeners: new Map(), loadBalancers: new Map() };
  let before = now;
  let issued = 0;
  const subscribers = new Set<(before: Elbv2State) => void>();
  return {
    now: () => now,
    before: () => before,
    write: (change) => {
      before = now;
      now = { ...now, ...change };
      for (const written of [...subscribers]) written(before);
    },
    subscribe: (written) => {
      const own = (state: Elbv2State): void => written(state);
      subscribers.add(own);
      return () => void subscribers.delete(own);
    },
    nextId: () => {
      issued += 1;
      return createHash("sha256").update(`elbv2 ${issued}`).digest("hex").slice(0, 16);
    },
  };
}

/** A map with one entry set. */
export function withEntry<T>(map: ReadonlyMap<string, T>, key: string, value: T): ReadonlyMap<string, T> {
  return new Map(map).set(key, value);
}

/** A map with one entry gone. */
export function withoutEntry<T>(map: ReadonlyMap<string, T>, key: string): ReadonlyMap<string, T> {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}

/** The listeners that name a trust store, in the order in which they were made. */
export function listenersUsing(state: Elbv2State, storeArn: string): readonly Listener[] {
  return [...state.listeners.values()].filter(
    ({ mutualAuthentication: mutual }) =>
      mutual?.trustStoreArn === storeArn && mutual.association === "active",
  );
}

/** The listeners that show a certificate, in the order in which they were made. */
export function listenersWith(state: Elbv2State, certificateArn: string): readonly Listener[] {
  return [...state.listeners.values()].filter((listener) => listener.certificateArn === certificateArn);
}
