import type { Settling } from "@handfast/core";
import { holdsExactly, shortenName, sortDigests } from "../digest-sets.ts";
import { cloudfrontBudget } from "../distribution/deployment.ts";
import { bundleKey, isNamedBy, storeObject } from "./names.ts";
import { blocker } from "./obstacles.ts";
import { type CloudFrontState, type StoreContent, sameContent, storeOf } from "./state.ts";
import { type CloudFrontStep, type Prepared, type StepOptions, stopped } from "./step.ts";
import type { CloudFrontTarget } from "./target.ts";

/** A store becomes active within a minute as a rule; Terraform gives it ten (terraform-provider-aws, cloudfront/trust_store.go). */
const creation: Settling = { by: "status", typicalMs: 30_000, atMostMs: 600_000 };

/** What must be done before a distribution may refer to the wanted store; or what that must hold, where nothing is done to it. */
export function prepareStore(
  { distribution }: CloudFrontTarget,
  from: CloudFrontState,
  to: CloudFrontState,
  { bucket, prefix }: StepOptions,
): Prepared<{ readonly expects?: StoreContent | undefined }> {
  const store = storeOf(to.distribution?.viewer);
  const wanted = store === undefined ? undefined : to.stores[store];
  if (store === undefined || wanted === undefined) return { steps: [] };
  const now = from.stores[store];
  const inUse = storeOf(from.distribution?.viewer) === store;
  // What nothing here makes may be changed by others until it is switched to; the store in use is part of the plan.
  const { anchors, ocsp } = wanted;
  const expects = inUse ? undefined : { anchors, ocsp };
  if (now?.ready === true && sameContent(now, wanted)) return { steps: [], expects };
  if (now?.failed !== undefined) {
    const message = `CloudFront could not make trust store ${store}: ${now.failed}`;
    return stopped(blocker("store-failed", message, "mend what it says, delete the store, and plan again"));
  }
  if ("unknown" in anchors || !isNamedBy(store, anchors.known, ocsp)) {
    // Stores of others are looked at only while the distribution refers to them.
    if (now === undefined && !inUse) return { steps: [], expects };
    const message = `trust store ${store} does not hold what it held, and it is not handfast's to write`;
    const mend = "have its owner undo that, or ask for the trust by a spec: it gets a store of its own";
    return stopped(blocker("store-changed", message, mend));
  }
  if (now?.ready === true && (inUse || "known" in now.anchors)) {
    const message = `trust store ${store} does not hold what its name says`;
    return stopped(
      blocker("store-name-taken", message, `point its distributions elsewhere and delete ${store}`),
    );
  }
  const count = anchors.known.length === 1 ? "1 CA" : `${anchors.known.length} CAs`;
  const asking = ocsp ? ", asking OCSP responders" : "";
  const step: CloudFrontStep = {
    key: `create-store ${store}`,
    object: storeObject(store, distribution),
    action: {
      kind: "create-store",
      store,
      anchors: sortDigests(anchors.known),
      ocsp,
      bundle: bundleKey(store, prefix),
    },
    effect: "none",
    back: "until-retire",
    settles: creation,
    cost: { budget: cloudfrontBudget, calls: 3 },
    summary: `create trust store ${shortenName(store)} with ${count}${asking}, through s3://${bucket}`,
  };
  return { steps: [step] };
}

/** Whether a store holds what it is made for. */
export function isMade(store: StoreContent, anchors: readonly string[], ocsp: boolean): boolean {
  return store.ocsp === ocsp && holdsExactly(store.anchors, anchors);
}
