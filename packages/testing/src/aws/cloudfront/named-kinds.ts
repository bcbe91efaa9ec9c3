import { readOwn } from "../rest-xml/element.ts";
import type { RestXmlAnswer, RestXmlCall } from "../rest-xml/route.ts";
import { renderXml } from "../xml.ts";
import { originRequestPolicies, responseHeadersPolicies } from "./managed-policies.ts";
import type { NamedKind } from "./named-configs.ts";
import { refuse } from "./refusals.ts";
import { answer, pageAsked, pageOf, time } from "./wire.ts";
import { type CloudfrontWorld, viewOf } from "./world.ts";

/** Whether and how CloudFront signs what it asks of an origin. */
export const originAccessControl: NamedKind = {
  collection: "accessControls",
  element: "OriginAccessControl",
  path: "origin-access-control",
  missing: "NoSuchOriginAccessControl",
  taken: "OriginAccessControlAlreadyExists",
  inUse: "OriginAccessControlInUse",
  isDated: false,
  required: ["SigningProtocol", "SigningBehavior", "OriginAccessControlOriginType"],
  usedBy: (part) => ("domainName" in part ? part.accessControl : undefined),
  managed: () => undefined,
};

/** What of a viewer's request reaches the origin. */
export const originRequestPolicy: NamedKind = {
  collection: "originRequestPolicies",
  element: "OriginRequestPolicy",
  path: "origin-request-policy",
  missing: "NoSuchOriginRequestPolicy",
  taken: "OriginRequestPolicyAlreadyExists",
  inUse: "OriginRequestPolicyInUse",
  isDated: true,
  required: ["HeadersConfig", "CookiesConfig", "QueryStringsConfig"],
  usedBy: (part) => ("pathPattern" in part ? part.originRequestPolicy : undefined),
  managed: (id) => originRequestPolicies.get(id),
};

/** Headers that CloudFront adds to what viewers get. */
export const responseHeadersPolicy: NamedKind = {
  collection: "responseHeadersPolicies",
  element: "ResponseHeadersPolicy",
  path: "response-headers-policy",
  missing: "NoSuchResponseHeadersPolicy",
  taken: "ResponseHeadersPolicyAlreadyExists",
  inUse: "ResponseHeadersPolicyInUse",
  isDated: true,
  required: [],
  usedBy: (part) => ("pathPattern" in part ? part.responseHeadersPolicy : undefined),
  managed: (id) => responseHeadersPolicies.get(id),
};

/** ListOriginAccessControls. */
export function listOriginAccessControls(world: CloudfrontWorld, call: RestXmlCall): RestXmlAnswer {
  const all = [...viewOf(world, call).accessControls.values()];
  const { items, marker, next, most } = pageOf(pageAsked(call), all, ({ id }) => id);
  const summaries = items.map((item) => {
    const config = readOwn(item.xml, "OriginAccessControlConfig");
    return {
      Id: item.id,
      Description: config.text("Description") ?? "",
      Name: item.name,
      SigningProtocol: config.text("SigningProtocol"),
      SigningBehavior: config.text("SigningBehavior"),
      OriginAccessControlOriginType: config.text("OriginAccessControlOriginType"),
    };
  });
  return answer("OriginAccessControlList", {
    Marker: marker,
    NextMarker: next,
    MaxItems: most,
    IsTruncated: next !== undefined,
    Quantity: items.length,
    Items: summaries.length === 0 ? undefined : { OriginAccessControlSummary: summaries },
  });
}

/** ListResponseHeadersPolicies: those of AWS first, and those of one kind alone when `Type` asks for them. */
export function listResponseHeadersPolicies(world: CloudfrontWorld, call: RestXmlCall): RestXmlAnswer {
  const type = call.query.get("Type");
  if (type !== null && type !== "managed" && type !== "custom") {
    throw refuse("InvalidArgument", `The parameter Type is not valid: ${type}`);
  }
  const managed = [...responseHeadersPolicies].map(([id, xml]) => ({ type: "managed", id, xml, at: 0 }));
  const custom = [...viewOf(world, call).responseHeadersPolicies.values()].map(({ id, xml, modifiedAt }) => ({
    type: "custom",
    id,
    xml,
    at: modifiedAt,
  }));
  const all = [...managed, ...custom].filter((policy) => type === null || policy.type === type);
  const { items, next, most } = pageOf(pageAsked(call), all, ({ id }) => id);
  const list = renderXml(
    "ResponseHeadersPolicyList",
    {
      NextMarker: next,
      MaxItems: most,
      Quantity: items.length,
      Items:
        items.length === 0
          ? undefined
          : {
              ResponseHeadersPolicySummary: items.map((policy) => ({
                Type: policy.type,
                ResponseHeadersPolicy: { Id: policy.id, LastModifiedTime: time(policy.at), Config: "" },
              })),
            },
    },
    "flat",
  );
  const configs = items.map(({ xml }) => xml);
  return { body: list.replaceAll("<Config/>", () => configs.shift() ?? "") };
}
