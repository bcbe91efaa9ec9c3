import type { Behaviour, DistributionConfig, Origin } from "./config.ts";
import { cachePolicies, originRequestPolicies, responseHeadersPolicies } from "./managed-policies.ts";
import type { CloudfrontState } from "./models.ts";
import { refuse } from "./refusals.ts";

/**
 * Holds what a configuration names by id inside CloudFront against what there is.
 *
 * @throws AwsRefused NoSuchOrigin, NoSuchCachePolicy, NoSuchOriginRequestPolicy, NoSuchResponseHeadersPolicy,
 *   InvalidOriginAccessControl, InvalidArgument
 */
export function checkReferences(config: DistributionConfig, state: CloudfrontState): void {
  const ids = config.origins.map(({ id }) => id);
  if (new Set(ids).size < ids.length) {
    throw refuse("InvalidArgument", "Origin ids must be unique within the distribution.");
  }
  for (const behaviour of config.behaviours) {
    if (!ids.includes(behaviour.originId)) {
      throw refuse("NoSuchOrigin", "One or more of your origins or origin groups do not exist.");
    }
    checkPolicies(behaviour, state);
  }
  for (const origin of config.origins) checkAccessControl(origin, state);
}

function checkPolicies(behaviour: Behaviour, state: CloudfrontState): void {
  const { cachePolicy, originRequestPolicy, responseHeadersPolicy } = behaviour;
  if (cachePolicy !== undefined && !cachePolicies.has(cachePolicy)) {
    throw refuse("NoSuchCachePolicy", `The specified cache policy does not exist: ${cachePolicy}`);
  }
  if (
    originRequestPolicy !== undefined &&
    !originRequestPolicies.has(originRequestPolicy) &&
    !state.originRequestPolicies.has(originRequestPolicy)
  ) {
    throw refuse(
      "NoSuchOriginRequestPolicy",
      `The specified origin request policy does not exist: ${originRequestPolicy}`,
    );
  }
  if (
    responseHeadersPolicy !== undefined &&
    !responseHeadersPolicies.has(responseHeadersPolicy) &&
    !state.responseHeadersPolicies.has(responseHeadersPolicy)
  ) {
    throw refuse(
      "NoSuchResponseHeadersPolicy",
      `The specified response headers policy does not exist: ${responseHeadersPolicy}`,
    );
  }
  if (originRequestPolicy !== undefined && cachePolicy === undefined) {
    throw refuse("InvalidArgument", "An origin request policy takes a cache policy beside it.");
  }
}

function checkAccessControl({ id, accessControl }: Origin, { accessControls }: CloudfrontState): void {
  if (accessControl !== undefined && !accessControls.has(accessControl)) {
    throw refuse(
      "InvalidOriginAccessControl",
      `The origin access control of the origin ${id} does not exist.`,
    );
  }
}
