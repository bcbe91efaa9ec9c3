import type { Digest, Finding } from "@handfast/core";
import { holdsExactly } from "../digest-sets.ts";
import { storeName, turnOf } from "./names.ts";
import { blocker } from "./obstacles.ts";
import { type CloudFrontState, type StoreState, storeOf } from "./state.ts";

/** How stores are dealt out. */
export interface StorePolicy {
  /** Over how many stores distributions with the same trust are spread. */
  readonly storesPerTrust: number;
  /** Trust stores that the account may have. */
  readonly storeQuota: number;
}

/** A store for these anchors: the one in use, then one that handfast made, then a new one; or why there is none. */
export function chooseStore(
  distribution: string,
  wanted: { readonly anchors: readonly Digest[]; readonly ocsp: boolean },
  base: CloudFrontState,
  { storesPerTrust, storeQuota }: StorePolicy,
): { readonly store: string; readonly made?: StoreState | undefined } | Finding {
  const { anchors, ocsp } = wanted;
  const fits = (one: StoreState): boolean => one.ocsp === ocsp && holdsExactly(one.anchors, anchors);
  const used = storeOf(base.distribution?.viewer);
  const now = used === undefined ? undefined : base.stores[used];
  if (used !== undefined && now?.ready === true && fits(now)) return { store: used };
  for (let turn = turnOf(distribution, storesPerTrust); ; turn += storesPerTrust) {
    const store = storeName(anchors, ocsp, turn);
    const there = base.stores[store];
    if (there?.failed !== undefined) {
      return blocker(
        "store-failed",
        `CloudFront could not make trust store ${store}: ${there.failed}`,
        "mend what it says, then retire the run that made the store, or delete the store, and plan again",
      );
    }
    const made = { ready: true, ours: true, taken: false, full: false, anchors: { known: anchors }, ocsp };
    if (there !== undefined) {
      // what is in the way under that name is passed by: somebody's, one whose bundle is gone, one that serves enough
      if (there.full || !there.ours || !fits(there)) continue;
      return there.ready ? { store } : { store, made: { ...there, ready: true } };
    }
    const count = base.otherStores + Object.keys(base.stores).length;
    if (count < storeQuota) return { store, made };
    return blocker(
      "no-room-for-store",
      `the account has ${count} trust stores, and its quota is ${storeQuota}`,
      "retire finished runs, delete unused stores, or raise the quota in Service Quotas and name it: storeQuota",
    );
  }
}
