import type { Right } from "../iam/authorise.ts";
import type { RestXmlAnswer, RestXmlCall, RestXmlRoute } from "../rest-xml/route.ts";
import { listByConnectionFunction, listByTrustStore, listDistributions } from "./distribution-lists.ts";
import {
  createDistribution,
  createDistributionWithTags,
  deleteDistribution,
  getDistribution,
  getDistributionConfig,
  updateDistribution,
} from "./distributions.ts";
import { createNamed, deleteNamed, getNamed, type NamedKind } from "./named-configs.ts";
import {
  listOriginAccessControls,
  listResponseHeadersPolicies,
  originAccessControl,
  originRequestPolicy,
  responseHeadersPolicy,
} from "./named-kinds.ts";
import { rightTo } from "./rights.ts";
import { listTags, tagResource, untagResource } from "./tags.ts";
import {
  createTrustStore,
  deleteTrustStore,
  getTrustStore,
  listTrustStores,
  updateTrustStore,
} from "./trust-stores.ts";
import { version } from "./wire.ts";
import type { CloudfrontWorld } from "./world.ts";

type Method = RestXmlRoute["method"];
type Handle = (world: CloudfrontWorld, call: RestXmlCall) => RestXmlAnswer;

/** The operations on distributions, trust stores, tags, origin access controls and policies. */
export function cloudfrontRoutes(world: CloudfrontWorld): readonly RestXmlRoute[] {
  const { settings } = world;

  const route = (
    method: Method,
    path: string,
    operation: string,
    handle: Handle,
    rights: (call: RestXmlCall) => readonly Right[],
  ): RestXmlRoute => ({
    method,
    path: `${version}/${path}`,
    operation,
    rights,
    handle: (call) => handle(world, call),
  });

  /** On something that is there, by the path of its ARN; on no resource where there is none. */
  const on = (
    method: Method,
    path: string,
    operation: string,
    handle: Handle,
    resourceOf?: (call: RestXmlCall) => string,
  ) => route(method, path, operation, handle, (call) => [rightTo(operation, settings, resourceOf?.(call))]);

  const distribution = (call: RestXmlCall): string => `distribution/${call.label("Id")}`;
  const trustStore = (call: RestXmlCall): string => `trust-store/${call.label("Id")}`;
  const tagged = (operation: string) => (call: RestXmlCall) => [
    { action: `cloudfront:${operation}`, resource: call.query.get("Resource") ?? "" },
  ];
  const named = (kind: NamedKind): readonly RestXmlRoute[] => {
    const { path, element } = kind;
    const resource = (call: RestXmlCall): string => `${path}/${call.label("Id")}`;
    return [
      on("POST", path, `Create${element}`, (...args) => createNamed(kind, ...args)),
      on("GET", `${path}/{Id}`, `Get${element}`, (...args) => getNamed(kind, ...args), resource),
      on("DELETE", `${path}/{Id}`, `Delete${element}`, (...args) => deleteNamed(kind, ...args), resource),
    ];
  };

  return [
    on("POST", "distribution", "CreateDistribution", createDistribution, () => "distribution/*"),
    route("POST", "distribution?WithTags", "CreateDistributionWithTags", createDistributionWithTags, () => [
      rightTo("CreateDistribution", settings, "distribution/*"),
      rightTo("TagResource", settings, "distribution/*"),
    ]),
    on("GET", "distribution", "ListDistributions", listDistributions),
    on("GET", "distribution/{Id}", "GetDistribution", getDistribution, distribution),
    on("GET", "distribution/{Id}/config", "GetDistributionConfig", getDistributionConfig, distribution),
    on("PUT", "distribution/{Id}/config", "UpdateDistribution", updateDistribution, distribution),
    on("DELETE", "distribution/{Id}", "DeleteDistribution", deleteDistribution, distribution),
    on("GET", "distributionsByTrustStore", "ListDistributionsByTrustStore", listByTrustStore),
    on(
      "GET",
      "distributionsByConnectionFunction",
      "ListDistributionsByConnectionFunction",
      listByConnectionFunction,
    ),
    route("POST", "trust-store", "CreateTrustStore", createTrustStore, (call) => [
      rightTo("CreateTrustStore", settings),
      ...(call.hasBody && call.root("CreateTrustStoreRequest").child("Tags/Items/Tag") !== undefined
        ? [rightTo("TagResource", settings, "trust-store/*")]
        : []),
    ]),
    on("GET", "trust-store/{Identifier}", "GetTrustStore", getTrustStore, (call) => {
      return `trust-store/${call.label("Identifier")}`;
    }),
    on("PUT", "trust-store/{Id}", "UpdateTrustStore", updateTrustStore, trustStore),
    on("DELETE", "trust-store/{Id}", "DeleteTrustStore", deleteTrustStore, trustStore),
    on("POST", "trust-stores", "ListTrustStores", listTrustStores),
    route("POST", "tagging?Operation=Tag", "TagResource", tagResource, tagged("TagResource")),
    route("POST", "tagging?Operation=Untag", "UntagResource", untagResource, tagged("UntagResource")),
    route("GET", "tagging", "ListTagsForResource", listTags, tagged("ListTagsForResource")),
    ...named(originAccessControl),
    on("GET", "origin-access-control", "ListOriginAccessControls", listOriginAccessControls),
    ...named(originRequestPolicy),
    ...named(responseHeadersPolicy),
    on("GET", "response-headers-policy", "ListResponseHeadersPolicies", listResponseHeadersPolicies),
  ];
}
