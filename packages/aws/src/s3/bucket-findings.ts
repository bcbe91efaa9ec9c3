import { type Finding, isHandfastError } from "@handfast/core";
import type { BundleBucket } from "./port.ts";

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
            : "create it in the region that the adapter names for it, or name another",
      },
    ];
  }
}

/** Whether what was found may be remembered: what is in the way is looked at again. */
export function hasNoBlocker(findings: readonly Finding[]): boolean {
  return findings.every(({ severity }) => severity !== "blocker");
}
