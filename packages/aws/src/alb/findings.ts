import { type Finding, isHandfastError } from "@handfast/core";
import type { BundleBucket } from "../s3/port.ts";
import type { ListenerRecord } from "./port.ts";
import type { StoreSeen } from "./read-store.ts";

/** What was noticed about the listener itself. */
export function listenerFindings(listener: ListenerRecord | undefined, crowded: boolean): Finding[] {
  if (listener === undefined || !crowded) return [];
  return [
    {
      code: "no-room-to-verify",
      severity: "warning",
      message: `two listeners of ${listener.loadBalancerArn} verify clients already; a third is refused`,
      mend: "move a listener to another load balancer, or turn verification off on one",
    },
  ];
}

/** What was noticed about the store that the listener refers to. */
export function storeFindings(
  listener: ListenerRecord | undefined,
  store: StoreSeen | undefined,
  others: readonly string[],
): Finding[] {
  const block = listener?.authentication;
  if (block?.mode !== "verify") return [];
  const found: Finding[] = [];
  const name = store?.record.name ?? block.storeArn;
  if (block.removed) {
    found.push({
      code: "store-cut-away",
      severity: "warning",
      message: `the owner of trust store ${name} has cut it away: the listener refuses every client`,
      mend: "a plan that asks for certificates gives the listener a store of its own",
    });
  }
  if (store === undefined) {
    found.push({
      code: "store-not-visible",
      severity: "warning",
      message: `trust store ${name} is not among those that this account sees; what it trusts is unknown`,
      mend: "ask its owner whether it is still shared with this account",
    });
    return found;
  }
  if (store.users === undefined) {
    found.push({
      code: "store-of-other-account",
      severity: "info",
      message: `trust store ${name} belongs to another account, which can change it or cut it away`,
    });
  }
  if ("unknown" in store.anchors && store.record.active) {
    found.push({
      code: "store-unreadable",
      severity: "warning",
      message: `trust store ${name} can't be read: ${store.anchors.unknown}`,
      mend: "allow elasticloadbalancing:GetTrustStoreCaCertificatesBundle on it",
    });
  }
  if (others.length > 0) {
    found.push({
      code: "store-shared",
      severity: "info",
      message: `trust store ${name} also serves ${others.join(", ")}; it is left as it is, and this listener gets another`,
    });
  }
  return found;
}

/** Whether bundles can be put into the bucket. */
export async function bucketFindings(bucket: BundleBucket, signal: AbortSignal): Promise<Finding[]> {
  try {
    const { versioned } = await bucket.describe(signal);
    if (versioned === true) return [];
    const why = versioned === false ? "keeps no versions" : "may not be asked whether it keeps versions";
    return [
      {
        code: "bucket-not-versioned",
        severity: "info",
        message: `bucket ${bucket.name} ${why}, so a bundle is pinned by its content alone`,
        mend: "turn versioning on to pin the version that a store is made of",
      },
    ];
  } catch (error) {
    if (!isHandfastError(error)) throw error;
    const { code, details } = error;
    if (code !== "REMOTE_NOT_FOUND" && code !== "REMOTE_UNAUTHORIZED" && code !== "REMOTE_REJECTED")
      throw error;
    const status = details.provider?.status;
    // A HEAD has no body: without a status of the bucket's own, the credentials themselves are at fault.
    if (status === undefined) throw error;
    const why = code === "REMOTE_UNAUTHORIZED" ? "may not be used with these credentials" : "is not there";
    return [
      {
        code: "bucket-not-found",
        severity: "blocker",
        message: `bucket ${bucket.name} ${why} (HTTP ${status})`,
        mend:
          code === "REMOTE_UNAUTHORIZED"
            ? "allow s3:ListBucket, s3:GetObject and s3:PutObject on it, and look whether it belongs to the account that `expectedOwner` names"
            : "create it in the region that alb() names, or name another",
      },
    ];
  }
}
