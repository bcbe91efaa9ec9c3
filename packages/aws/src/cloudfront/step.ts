import type { Finding, Move, Settling, Step } from "@handfast/core";
import type { CloudFrontAction } from "./actions.ts";

/** What the pure functions must know of the adapter's options. */
export interface StepOptions {
  readonly bucket: string;
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string;
  /** How long until every edge has a change of a revocation list, in milliseconds. */
  readonly listSettleMs: number;
  /** How long a deployment may take, in milliseconds. */
  readonly deployAtMostMs: number;
}

export type CloudFrontStep = Step<CloudFrontAction>;

/** Steps that come before the switch, and what it needs of them; or why there can be none. */
export type Prepared<T> = (T & { readonly steps: readonly CloudFrontStep[] }) | Move<CloudFrontAction>;

/** How a change of a revocation list settles: nothing tells when an edge has it, nor how long that takes. */
export function listSettling({ listSettleMs }: StepOptions): Settling {
  return { by: "time", typicalMs: listSettleMs, atMostMs: listSettleMs };
}

/** A move that can't be made. */
export function stopped(finding: Finding): Move<CloudFrontAction> {
  return { steps: [], findings: [finding] };
}
