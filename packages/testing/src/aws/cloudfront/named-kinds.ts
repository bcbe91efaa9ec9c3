import { readOwn } from "../rest-xml/element.ts";
import type { RestXmlAnswer, RestXmlCall } from "../rest-xml/route.ts";
import { originRequestPolicies, responseHeadersPolicies } from "./managed-policies.ts";
import type { NamedKind } from "./named-configs.ts";
import { answer, pageAsked, pageOf } from "./wire.ts";
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
