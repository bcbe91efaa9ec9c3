import type { RestXmlAnswer, RestXmlCall } from "../rest-xml/route.ts";
import { withEntry, withoutEntry } from "../state.ts";
import { renderXml } from "../xml.ts";
import { checkConfig } from "./check-config.ts";
import type { DistributionConfig } from "./config.ts";
import type { CloudfrontModels, CloudfrontState, Distribution, Tags } from "./models.ts";
import { readConfig } from "./read-config.ts";
import { checkIfMatch, refuse } from "./refusals.ts";
import { readTags } from "./tags.ts";
import { host, time, version } from "./wire.ts";
import { type CloudfrontWorld, viewOf } from "./world.ts";

/** CreateDistribution. */
export function createDistribution(world: CloudfrontWorld, call: RestXmlCall): RestXmlAnswer {
  return create(world, call, readConfig(call.root("DistributionConfig")), {});
}

/** CreateDistributionWithTags. */
export function createDistributionWithTags(world: CloudfrontWorld, call: RestXmlCall): RestXmlAnswer {
  const body = call.root("DistributionConfigWithTags");
  const config = body.child("DistributionConfig");
  if (config === undefined)
    throw refuse("MalformedXML", "DistributionConfigWithTags has no DistributionConfig.");
  const tags = readTags(body.child("Tags"), world.settings.quotas.tags);
  return create(world, call, readConfig(config), tags);
}

function create(
  world: CloudfrontWorld,
  call: RestXmlCall,
  config: DistributionConfig,
  tags: Tags,
): RestXmlAnswer {
  const { models, settings } = world;
  const existing = [...models.now().distributions.values()];
  if (existing.some((other) => other.config.callerReference === config.callerReference)) {
    throw refuse(
      "DistributionAlreadyExists",
      "The caller reference that you are using to create a distribution is associated with another distribution.",
    );
  }
  if (existing.length >= settings.quotas.distributions) {
    throw refuse("TooManyDistributions", "The maximum number of distributions has been reached.");
  }
  checkConfig(world, config, { before: undefined, now: call.now });
  const distribution = makeDistribution(models, {
    accountId: settings.accountId,
    config,
    tags,
    now: call.now,
    deployedAt: call.now + settings.lags.deployed,
  });
  return describe(distribution, call.now, {
    status: 201,
    location: `https://${host}${version}/distribution/${distribution.id}`,
  });
}

/** Adds a distribution to the state. */
export function makeDistribution(
  models: CloudfrontModels,
  made: {
    readonly accountId: string;
    readonly config: DistributionConfig;
    readonly tags: Tags;
    readonly now: number;
    readonly deployedAt: number;
  },
): Distribution {
  const id = models.nextToken();
  const distribution: Distribution = {
    id,
    arn: `arn:aws:cloudfront::${made.accountId}:distribution/${id}`,
    domainName: `d${models.nextToken().toLowerCase()}.cloudfront.net`,
    etag: models.nextToken(),
    modifiedAt: made.now,
    deployedAt: made.deployedAt,
    config: made.config,
    superseded: [],
    tags: made.tags,
  };
  models.write({ distributions: withEntry(models.now().distributions, id, distribution) });
  return distribution;
}

/** GetDistribution. */
export function getDistribution(world: CloudfrontWorld, call: RestXmlCall): RestXmlAnswer {
  return describe(findDistribution(viewOf(world, call), call), call.now);
}

/** GetDistributionConfig. */
export function getDistributionConfig(world: CloudfrontWorld, call: RestXmlCall): RestXmlAnswer {
  const { config, etag } = findDistribution(viewOf(world, call), call);
  return { headers: { etag }, body: config.xml };
}

/** UpdateDistribution: the configuration that is sent takes the place of the one before, whole. */
export function updateDistribution(world: CloudfrontWorld, call: RestXmlCall): RestXmlAnswer {
  const { models, settings } = world;
  const before = findDistribution(models.now(), call);
  checkIfMatch(call, before.etag);
  const config = readConfig(call.root("DistributionConfig"));
  checkConfig(world, config, { before, now: call.now });
  const isSettled = before.deployedAt + settings.lags.held <= call.now;
  const updated: Distribution = {
    ...before,
    config,
    etag: models.nextToken(),
    modifiedAt: call.now,
    deployedAt: call.now + settings.lags.deployed,
    superseded: [...(isSettled ? [] : before.superseded), before.config],
  };
  models.write({ distributions: withEntry(models.now().distributions, before.id, updated) });
  return describe(updated, call.now);
}

/** DeleteDistribution: one that is disabled, everywhere. */
export function deleteDistribution(world: CloudfrontWorld, call: RestXmlCall): RestXmlAnswer {
  const { models } = world;
  const distribution = findDistribution(models.now(), call);
  checkIfMatch(call, distribution.etag);
  if (distribution.config.enabled || call.now < distribution.deployedAt) {
    throw refuse(
      "DistributionNotDisabled",
      "The distribution you are trying to delete has not been disabled.",
    );
  }
  models.write({ distributions: withoutEntry(models.now().distributions, distribution.id) });
  return { status: 204 };
}

function findDistribution(state: CloudfrontState, call: RestXmlCall): Distribution {
  const distribution = state.distributions.get(call.label("Id"));
  if (distribution === undefined)
    throw refuse("NoSuchDistribution", "The specified distribution does not exist.");
  return distribution;
}

/** `Deployed` once every edge has it. */
export function deploymentStatus({ deployedAt }: Distribution, now: number): "InProgress" | "Deployed" {
  return now < deployedAt ? "InProgress" : "Deployed";
}

function describe(
  distribution: Distribution,
  now: number,
  { status = 200, location }: { readonly status?: number; readonly location?: string } = {},
): RestXmlAnswer {
  const fields = renderXml(
    "Distribution",
    {
      Id: distribution.id,
      ARN: distribution.arn,
      Status: deploymentStatus(distribution, now),
      LastModifiedTime: time(distribution.modifiedAt),
      InProgressInvalidationBatches: 0,
      DomainName: distribution.domainName,
      ActiveTrustedSigners: { Enabled: false, Quantity: 0 },
      ActiveTrustedKeyGroups: { Enabled: false, Quantity: 0 },
    },
    "flat",
  );
  return {
    status,
    headers: { etag: distribution.etag, ...(location === undefined ? {} : { location }) },
    body: fields.replace("</Distribution>", () => `${distribution.config.xml}</Distribution>`),
  };
}
