import type { Caller } from "../access.ts";
import type { Authorise } from "../iam/authorise.ts";
import { type Asking, judgeResource } from "../iam/resource-policy.ts";
import type { Bucket } from "./models.ts";
import { isPublic } from "./public-access.ts";

/** Who sends a request to S3. */
export type Sender =
  | { readonly kind: "caller"; readonly caller: Caller }
  /** A service of AWS in its own name, for a resource of somebody's. */
  | { readonly kind: "service"; readonly name: string; readonly sourceArn: string }
  | { readonly kind: "anyone" };

/** What is to be done. */
export interface BucketRight {
  /** `s3:GetObject`. */
  readonly action: string;
  /** Undefined for what is done to the bucket itself. */
  readonly key?: string | undefined;
  /** Whether accounts that may only read may do it. */
  readonly kind: "read" | "write";
}

/** Why somebody may not do something in a bucket, in S3's words; undefined when they may. */
export type Rights = (sender: Sender, bucket: Bucket, right: BucketRight) => string | undefined;

/** The rights that identities, the bucket's policy and its public access block add up to. */
export function bucketRights(authorise: Authorise): Rights {
  return (sender, bucket, { action, key, kind }) => {
    const arn = `arn:aws:s3:::${bucket.name}`;
    const right = { action, resource: key === undefined ? arn : `${arn}/${key}` };
    const isOwner = sender.kind === "caller" && sender.caller.accountId === bucket.owner;
    const isShut =
      bucket.publicAccess?.RestrictPublicBuckets === true &&
      bucket.policy !== undefined &&
      isPublic(bucket.policy);
    if (isShut && !isOwner && sender.kind !== "service") return "Access Denied";
    if (sender.kind === "caller") {
      const { caller } = sender;
      // Whatever a policy says, the owner's root can get rid of it.
      const isFree = isOwner && caller.principal.kind === "root" && action.endsWith("BucketPolicy");
      const lends = kind === "read" && bucket.readers.has(caller.accountId);
      const policy = isFree ? undefined : bucket.policy;
      return authorise(caller, right, bucket.region, { owner: bucket.owner, policy, lends });
    }
    if (bucket.policy === undefined) return "Access Denied";
    const asking: Asking = sender;
    const context = new Map([
      ["aws:securetransport", ["true"]],
      ...(sender.kind === "service" ? sourceOf(sender.sourceArn) : []),
    ]);
    const { decision } = judgeResource(bucket.policy, asking, right, { owner: bucket.owner, context });
    return decision === "allowed" ? undefined : "Access Denied";
  };
}

function sourceOf(arn: string): [string, string[]][] {
  return [
    ["aws:sourcearn", [arn]],
    ["aws:sourceaccount", [arn.split(":")[4] ?? ""]],
  ];
}
