import { listOf } from "../iam/decide.ts";
import type { ResourcePolicy, ResourceStatement } from "../iam/resource-policy.ts";

/** A bucket's public access block. The two about ACLs are kept and told; the simulation has no ACLs. */
export interface PublicAccessBlock {
  readonly BlockPublicAcls: boolean;
  readonly IgnorePublicAcls: boolean;
  /** Refuses policies that are public. */
  readonly BlockPublicPolicy: boolean;
  /** While the policy is public, only services and the owner's own account get in. */
  readonly RestrictPublicBuckets: boolean;
}

/** Its settings, in the order in which they are told. */
export const publicAccessSettings = [
  "BlockPublicAcls",
  "IgnorePublicAcls",
  "BlockPublicPolicy",
  "RestrictPublicBuckets",
] as const satisfies readonly (keyof PublicAccessBlock)[];

/** Of a new bucket. */
export const allBlocked: PublicAccessBlock = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
};

/**
 * Whether a policy counts as public (Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage", "The
 * meaning of public"): whether any statement of it allows something to more than fixed principals or fixed sources.
 */
export function isPublic({ Statement }: ResourcePolicy): boolean {
  return Statement.some(({ Effect, ...statement }) => Effect === "Allow" && !isFixed(statement));
}

function isFixed({ Principal, Condition = {} }: Pick<ResourceStatement, "Principal" | "Condition">): boolean {
  if (Principal !== "*" && !listOf(Principal.AWS).includes("*")) return true;
  return Object.entries(Condition).some(
    ([operator, keys]) =>
      narrowing.has(operator) &&
      Object.entries(keys).some(
        ([key, values]) =>
          sources.has(key.toLowerCase()) && listOf(values).every((value) => !/[*?]|\$\{/.test(value)),
      ),
  );
}

const narrowing = new Set(["ArnEquals", "ArnLike", "StringEquals", "StringEqualsIgnoreCase", "StringLike"]);

const sources = new Set([
  "aws:principalaccount",
  "aws:principalarn",
  "aws:principalorgid",
  "aws:sourceaccount",
  "aws:sourcearn",
  "aws:sourceowner",
  "aws:sourcevpc",
  "aws:sourcevpce",
  "aws:userid",
]);
