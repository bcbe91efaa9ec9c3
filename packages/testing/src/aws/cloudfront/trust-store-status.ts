import type { StoreContent, TrustStore } from "./models.ts";
import type { CloudfrontWorld } from "./world.ts";

/** Where a trust store stands. */
export interface StoreStatus {
  readonly status: "pending" | "active" | "failed";
  /** Why it failed. */
  readonly reason: string | undefined;
  readonly etag: string;
}

/**
 * The status of a store. A change takes its time; whoever then sees it through for the first time finds the store
 * `pending` once more for a while, with the ETag that it had. (Terraform's provider wants to see `active` twice in a row.)
 *
 * @param seen whether somebody looks: the service itself, when it attaches the store, does not count
 */
export function statusOf(
  { models, settings }: Pick<CloudfrontWorld, "models" | "settings">,
  { change }: TrustStore,
  { now, seen }: { readonly now: number; readonly seen: boolean },
): StoreStatus {
  const { before, after } = change.etags;
  const pending: StoreStatus = { status: "pending", reason: undefined, etag: before };
  if (now < change.settledAt) return pending;
  if (change.failure !== undefined) return { status: "failed", reason: change.failure, etag: after };
  const active: StoreStatus = { status: "active", reason: undefined, etag: after };
  if (settings.lags.flap === 0) return active;
  const sighted = models.sightings.get(change);
  if (sighted !== undefined) return now < sighted + settings.lags.flap ? pending : active;
  if (!seen) return active;
  models.sightings.set(change, now);
  return { ...active, etag: before };
}

/** What the edges go by: what the store held before, until a change is through, and for good when it fails. */
export function contentOf({ settled, change }: TrustStore, now: number): StoreContent {
  return now < change.settledAt || change.failure !== undefined ? settled : change;
}

/** Whether reads still find it. */
export function isReadable(
  { settings }: Pick<CloudfrontWorld, "settings">,
  store: TrustStore,
  now: number,
): boolean {
  return store.deletedAt === undefined || now < store.deletedAt + settings.lags.deleted;
}
