import type { Settling } from "@handfast/core";

/**
 * How a change of a distribution settles: its status is `InProgress` until every edge has it. It takes 5 to 15 minutes as
 * a rule; no bound is documented, and Terraform waits for 90 minutes (terraform-provider-aws, cloudfront/distribution.go).
 */
export function deploymentWithin(atMostMs = 5_400_000): Settling {
  return { by: "status", typicalMs: Math.min(300_000, atMostMs), atMostMs };
}

/** The credential's budget that calls on CloudFront draw on. */
export const cloudfrontBudget = "aws.cloudfront";
