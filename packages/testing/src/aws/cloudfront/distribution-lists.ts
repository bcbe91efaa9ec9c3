import { readOwn } from "../rest-xml/element.ts";
import type { RestXmlAnswer, RestXmlCall } from "../rest-xml/route.ts";
import { renderXml } from "../xml.ts";
import type { DistributionConfig } from "./config.ts";
import { deploymentStatus } from "./distributions.ts";
import { type Distribution, referencesOf } from "./models.ts";
import { refuse } from "./refusals.ts";
import { isReadable } from "./trust-store-status.ts";
import { pageAsked, pageOf, time } from "./wire.ts";
import { type CloudfrontWorld, viewOf } from "./world.ts";

/** ListDistributions. */
export function listDistributions(world: CloudfrontWorld, call: RestXmlCall): RestXmlAnswer {
  return render(call, [...viewOf(world, call).distributions.values()]);
}

/** ListDistributionsByTrustStore. */
export function listByTrustStore(world: CloudfrontWorld, call: RestXmlCall): RestXmlAnswer {
  const id = identifier(call, "TrustStoreIdentifier");
  const state = viewOf(world, call);
  const store = state.trustStores.get(id);
  if (store === undefined || !isReadable(world, store, call.now)) {
    throw refuse("EntityNotFound", `The trust store ${id} does not exist.`);
  }
  return render(
    call,
    [...state.distributions.values()].filter(({ config }) => referencesOf(config, "trustStore").includes(id)),
  );
}

/** ListDistributionsByConnectionFunction. */
export function listByConnectionFunction(world: CloudfrontWorld, call: RestXmlCall): RestXmlAnswer {
  const id = identifier(call, "ConnectionFunctionIdentifier");
  if (world.functions.find(id) === undefined) {
    throw refuse("EntityNotFound", `The connection function ${id} does not exist.`);
  }
  return render(
    call,
    [...viewOf(world, call).distributions.values()].filter(({ config }) => config.connectionFunction === id),
  );
}

function identifier({ query }: RestXmlCall, name: string): string {
  const id = query.get(name) ?? "";
  if (id === "") throw refuse("InvalidArgument", `The parameter ${name} is required.`);
  return id;
}

function render(call: RestXmlCall, distributions: readonly Distribution[]): RestXmlAnswer {
  const { items, marker, next, most } = pageOf(pageAsked(call), distributions, ({ id }) => id);
  const fields = renderXml(
    "DistributionList",
    {
      Marker: marker,
      NextMarker: next,
      MaxItems: most,
      IsTruncated: next !== undefined,
      Quantity: items.length,
    },
    "flat",
  );
  const summaries = items.map((distribution) => summaryOf(distribution, call.now)).join("");
  const list = items.length === 0 ? "" : `<Items>${summaries}</Items>`;
  return { body: fields.replace("</DistributionList>", () => `${list}</DistributionList>`) };
}

/** What a summary takes over from the configuration, and what it says where that has nothing. */
const members: Readonly<Record<string, string>> = {
  Aliases: "<Aliases><Quantity>0</Quantity></Aliases>",
  Origins: "",
  OriginGroups: "<OriginGroups><Quantity>0</Quantity></OriginGroups>",
  DefaultCacheBehavior: "",
  CacheBehaviors: "<CacheBehaviors><Quantity>0</Quantity></CacheBehaviors>",
  CustomErrorResponses: "<CustomErrorResponses><Quantity>0</Quantity></CustomErrorResponses>",
  Comment: "",
  PriceClass: "<PriceClass>PriceClass_All</PriceClass>",
  Enabled: "",
  ViewerCertificate:
    "<ViewerCertificate><CloudFrontDefaultCertificate>true</CloudFrontDefaultCertificate></ViewerCertificate>",
  Restrictions:
    "<Restrictions><GeoRestriction><RestrictionType>none</RestrictionType><Quantity>0</Quantity></GeoRestriction></Restrictions>",
  WebACLId: "<WebACLId/>",
  HttpVersion: "<HttpVersion>http2</HttpVersion>",
  IsIPV6Enabled: "<IsIPV6Enabled>false</IsIPV6Enabled>",
  Staging: "<Staging>false</Staging>",
  ConnectionMode: "",
  AnycastIpListId: "",
  ViewerMtlsConfig: "",
  ConnectionFunctionAssociation: "",
};

const rendered = new WeakMap<DistributionConfig, string>();

function membersOf(config: DistributionConfig): string {
  const known = rendered.get(config);
  if (known !== undefined) return known;
  const element = readOwn(config.xml, "DistributionConfig");
  const text = Object.entries(members)
    .map(([name, fallback]) => element.child(name)?.outer() ?? fallback)
    .join("");
  rendered.set(config, text);
  return text;
}

function summaryOf(distribution: Distribution, now: number): string {
  const own = renderXml(
    "DistributionSummary",
    {
      Id: distribution.id,
      ARN: distribution.arn,
      Status: deploymentStatus(distribution, now),
      LastModifiedTime: time(distribution.modifiedAt),
      DomainName: distribution.domainName,
    },
    "flat",
  );
  return own.replace(
    "</DistributionSummary>",
    () => `${membersOf(distribution.config)}</DistributionSummary>`,
  );
}
