import type { Clock } from "@handfast/core";
import type { DistributionView, Source } from "../../data-plane/sources.ts";
import type { Faults } from "../../faults.ts";
import type { SimulatedService } from "../../service.ts";
import type { Access } from "../access.ts";
import type { Authorise } from "../iam/authorise.ts";
import { readOwn } from "../rest-xml/element.ts";
import { restXmlService } from "../rest-xml/rest-xml-service.ts";
import type { RestXmlRoute } from "../rest-xml/route.ts";
import type { ReadObject } from "../s3/read-object.ts";
import { withEntry } from "../state.ts";
import { renderXml } from "../xml.ts";
import { distributionSource } from "./distribution-source.ts";
import { makeDistribution } from "./distributions.ts";
import { type CloudfrontInventory, readCloudfrontInventory } from "./inventory.ts";
import type { CloudfrontModels } from "./models.ts";
import { type NewDistribution, renderNewDistribution } from "./new-distribution.ts";
import { readConfig } from "./read-config.ts";
import type { Certificates, ConnectionFunctions, TaggedResources } from "./relied-on.ts";
import { cloudfrontRoutes } from "./routes.ts";
import { type CloudfrontOptions, cloudfrontSettings } from "./settings.ts";
import { host, namespace } from "./wire.ts";
import type { CloudfrontWorld } from "./world.ts";

/** A distribution that was added. */
export interface AddedDistribution {
  readonly arn: string;
  readonly id: string;
  /** CloudFront's own name for it: `d….cloudfront.net`. */
  readonly domainName: string;
}

/** CloudFront as the rest of the account has to do with it. */
export interface Cloudfront {
  readonly service: SimulatedService;
  add(distribution?: NewDistribution): AddedDistribution;
  source(distributionArn: string): Source<DistributionView>;
  inventory(): CloudfrontInventory;
}

/** CloudFront of one account. */
export function cloudfront(options: {
  readonly accountId: string;
  readonly models: CloudfrontModels;
  readonly access: Access;
  readonly authorise: Authorise;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly options: CloudfrontOptions | undefined;
  readonly certificates: Certificates;
  readonly functions: ConnectionFunctions;
  readonly tagged: readonly TaggedResources[];
  readonly readObject: ReadObject;
  /** Operations at the same endpoint that are simulated elsewhere. */
  readonly routes: readonly RestXmlRoute[];
}): Cloudfront {
  const { accountId, models, clock, access, authorise, faults } = options;
  const world: CloudfrontWorld = { ...options, settings: cloudfrontSettings(accountId, options.options) };
  let added = 0;

  const accessControl = (): string => {
    const name = "simulated-always-signs";
    const known = [...models.now().accessControls.values()].find((control) => control.name === name);
    if (known !== undefined) return known.id;
    const made = {
      id: models.nextToken(),
      name,
      etag: models.nextToken(),
      modifiedAt: clock.now(),
      xml: renderXml(
        "OriginAccessControlConfig",
        {
          Name: name,
          Description: "",
          SigningProtocol: "sigv4",
          SigningBehavior: "always",
          OriginAccessControlOriginType: "s3",
        },
        "flat",
      ),
    };
    models.write({ accessControls: withEntry(models.now().accessControls, made.id, made) });
    return made.id;
  };

  return {
    service: restXmlService({
      name: "cloudfront",
      signedAs: "cloudfront",
      namespace,
      hosts: [host],
      region: "us-east-1",
      accountId,
      routes: [...cloudfrontRoutes(world), ...options.routes],
      access,
      authorise,
      clock,
      faults,
    }),
    add: (wanted = {}) => {
      added += 1;
      const callerReference = `simulated-${added}`;
      const xml = renderNewDistribution(wanted, { callerReference, accessControl: accessControl() });
      const now = clock.now();
      const { arn, id, domainName } = makeDistribution(models, {
        accountId,
        config: readConfig(readOwn(xml, "DistributionConfig")),
        tags: wanted.tags ?? {},
        now,
        deployedAt: wanted.deployed === false ? now + world.settings.lags.deployed : now,
      });
      return { arn, id, domainName };
    },
    source: (arn) => distributionSource(world, clock, arn),
    inventory: () => readCloudfrontInventory(world),
  };
}
