import type { Right } from "../iam/authorise.ts";
import type { CloudfrontSettings } from "./settings.ts";

/**
 * What a caller must be allowed for an operation ("Actions, resources, and condition keys for Amazon CloudFront"): what
 * lists, and what makes something other than a distribution, knows no resource; tags at creation take TagResource as well.
 *
 * @param resource the path in the ARN of what the operation is about: `distribution/E1`
 */
export function rightTo(operation: string, settings: CloudfrontSettings, resource?: string): Right {
  return {
    action: `cloudfront:${operation}`,
    resource: resource === undefined ? "*" : arnOf(settings, resource),
  };
}

/** The ARN of something of ours. */
export function arnOf({ accountId }: Pick<CloudfrontSettings, "accountId">, path: string): string {
  return `arn:aws:cloudfront::${accountId}:${path}`;
}
