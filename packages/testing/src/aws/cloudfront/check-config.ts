import { checkCertificates } from "./check-certificates.ts";
import { checkReferences } from "./check-references.ts";
import { checkViewer } from "./check-viewer.ts";
import type { DistributionConfig } from "./config.ts";
import type { CloudfrontState, Distribution } from "./models.ts";
import { refuse } from "./refusals.ts";
import type { CloudfrontWorld } from "./world.ts";

/**
 * Everything that the service holds a configuration against, once it could be read.
 *
 * @param before the distribution that it is for, if it is there already
 * @throws AwsRefused
 */
export function checkConfig(
  world: CloudfrontWorld,
  config: DistributionConfig,
  { before, now }: { readonly before: Distribution | undefined; readonly now: number },
): void {
  const state = world.models.now();
  if (before !== undefined) checkUpdate(before, config, now);
  if (/^\/|\/$/.test(config.defaultRootObject)) {
    throw refuse("InvalidDefaultRootObject", "The default root object must not begin or end with a slash.");
  }
  checkReferences(config, state);
  checkAliases(config, state, before?.id);
  checkCertificates(config, world.certificates);
  checkViewer(world, config, { own: before?.id, now });
}

function checkUpdate(before: Distribution, config: DistributionConfig, now: number): void {
  if (config.callerReference !== before.config.callerReference) {
    throw refuse("IllegalUpdate", "The caller reference can't be changed.");
  }
  const isOther = (one: DistributionConfig, other: DistributionConfig): boolean =>
    JSON.stringify(one.viewerCertificate) !== JSON.stringify(other.viewerCertificate);
  const isUnderWay = now < before.deployedAt && before.superseded.some((old) => isOther(old, before.config));
  if (isUnderWay && isOther(before.config, config)) {
    throw refuse("IllegalUpdate", "Only one viewer certificate change may be in progress at a time.");
  }
}

function checkAliases(config: DistributionConfig, state: CloudfrontState, own: string | undefined): void {
  if (new Set(config.aliases).size < config.aliases.length) {
    throw refuse("InvalidArgument", "An alternate domain name (CNAME) was specified more than once.");
  }
  for (const other of state.distributions.values()) {
    const taken = config.aliases.find((alias) => other.id !== own && other.config.aliases.includes(alias));
    if (taken !== undefined) {
      throw refuse(
        "CNAMEAlreadyExists",
        `One or more of the CNAMEs that you provided are already associated with a different resource: ${taken}`,
      );
    }
  }
}
