import type { Adapter, MemoryValue, MemoryWorld } from "@handfast/core";
import { certificates, crls } from "../packages/core/test/fixtures/certificates.ts";
import {
  type CertificateName,
  type CrlName,
  crlDigest,
  digest,
} from "../packages/core/test/fixtures/evidence.ts";
import type { Traffic } from "./oracle.ts";
import type { Nodes } from "./watched-world.ts";

/** A world, what is wanted of it, and what the fault hits. */
export interface Scenario {
  readonly name: string;
  /** What is struck: the run of the spec, the way back from it, or the retiring of it. */
  readonly act: "apply" | "rollback" | "retire";
  readonly nodes: Nodes;
  /** Objects at the start. */
  readonly start: Readonly<Record<string, MemoryValue>>;
  readonly adapters: (world: MemoryWorld) => readonly Adapter[];
  /** What `parseSpec` takes. */
  readonly spec: unknown;
  readonly traffic: readonly Traffic[];
  /** What the way back needs agreement to. */
  readonly consent?: { readonly mayBreak?: readonly string[]; readonly mayUnrevoke?: boolean } | undefined;
}

type Mode = "off" | "request" | "optional" | "required";

/** Two nodes, one of them three quarters of a second late. */
export const fewNodes: Nodes = { count: 2, lagMs: (node) => node * 750 };

/** Three nodes, one of them at once and one nearly as late as a change may be. */
export const slowNodes: Nodes = { count: 3, lagMs: (node) => node * 1_900 };

/** How long a change takes at most in these worlds, in milliseconds. */
export const atMostMs = 4_000;

export function listener(mode: Mode, store: string | null, ignoreExpiry = false): MemoryValue {
  return { kind: "listener", mode, store, ignoreExpiry };
}

export function store(anchors: readonly CertificateName[], lists: readonly CrlName[]): MemoryValue {
  return {
    kind: "store",
    anchors: anchors.map((name) => digest[name]),
    crls: lists.map((name) => crlDigest[name]),
  };
}

export function shown(name: CertificateName): {
  readonly certificate: string;
  readonly chain: readonly string[];
} {
  return { certificate: digest[name], chain: [] };
}

export function association(shows: CertificateName | "nothing"): MemoryValue {
  return { kind: "association", shows: shows === "nothing" ? shows : shown(shows) };
}

/** A trust of a spec. */
export function trust(anchors: readonly CertificateName[], lists: readonly CrlName[]) {
  return { anchors: anchors.map((name) => certificates[name]), crls: lists.map((name) => crls[name]) };
}

/** The identities whose keys are at hand. */
export const identities = {
  a1: { chain: certificates.a1, key: { secret: "a1" } },
  b1: { chain: certificates.b1, key: { secret: "b1" } },
} as const;

export const probe = { url: "https://{hostname}/" } as const;
