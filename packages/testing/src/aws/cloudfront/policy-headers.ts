import { readOwn, type XmlElement } from "../rest-xml/element.ts";
import { originRequestPolicies, responseHeadersPolicies } from "./managed-policies.ts";
import type { CloudfrontState } from "./models.ts";

/** What an origin request policy passes on, as `DistributionBehaviour.forwards` says it. */
export function forwardedHeaders(
  policy: string | undefined,
  state: CloudfrontState,
): readonly string[] | "all" {
  if (policy === undefined) return [];
  const xml = originRequestPolicies.get(policy) ?? state.originRequestPolicies.get(policy)?.xml;
  if (xml === undefined) return [];
  const config = readOwn(xml, "OriginRequestPolicyConfig");
  const names = config.children("HeadersConfig/Headers/Items/Name").map((name) => name.value());
  return headersOf(config.text("HeadersConfig/HeaderBehavior") ?? "none", names);
}

function headersOf(behaviour: string, names: readonly string[]): readonly string[] | "all" {
  const listed = names.map((name) => name.toLowerCase());
  switch (behaviour) {
    case "whitelist":
      return listed;
    case "allViewer":
      return "all";
    case "allViewerAndWhitelistCloudFront":
      return ["*", "host", ...listed];
    // Of what can be left out only the host matters here.
    case "allExcept":
      return listed.includes("host") ? ["*"] : "all";
    default:
      return [];
  }
}

/** The headers that a response headers policy sets; those of CORS, which depend on the request, are left out. */
export function responseHeaders(
  policy: string | undefined,
  state: CloudfrontState,
): Readonly<Record<string, string>> {
  if (policy === undefined) return {};
  const xml = responseHeadersPolicies.get(policy) ?? state.responseHeadersPolicies.get(policy)?.xml;
  if (xml === undefined) return {};
  const config = readOwn(xml, "ResponseHeadersPolicyConfig");
  const custom = config
    .children("CustomHeadersConfig/Items/ResponseHeadersPolicyCustomHeader")
    .map((header) => [header.required("Header").toLowerCase(), header.required("Value")] as const);
  return { ...securityHeaders(config.child("SecurityHeadersConfig")), ...Object.fromEntries(custom) };
}

function securityHeaders(config: XmlElement | undefined): Readonly<Record<string, string>> {
  if (config === undefined) return {};
  const transport = config.child("StrictTransportSecurity");
  const scripting = config.child("XSSProtection");
  const headers: Record<string, string | undefined> = {
    "content-security-policy": config.text("ContentSecurityPolicy/ContentSecurityPolicy"),
    "referrer-policy": config.text("ReferrerPolicy/ReferrerPolicy"),
    "strict-transport-security": transport && transportSecurity(transport),
    "x-content-type-options": config.child("ContentTypeOptions") && "nosniff",
    "x-frame-options": config.text("FrameOptions/FrameOption"),
    "x-xss-protection": scripting && scriptingProtection(scripting),
  };
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function transportSecurity(config: XmlElement): string {
  return [
    `max-age=${config.required("AccessControlMaxAgeSec")}`,
    ...(config.boolean("IncludeSubdomains") ? ["includeSubDomains"] : []),
    ...(config.boolean("Preload") ? ["preload"] : []),
  ].join("; ");
}

function scriptingProtection(config: XmlElement): string {
  if (!config.boolean("Protection")) return "0";
  const report = config.text("ReportUri");
  return [
    "1",
    ...(config.boolean("ModeBlock") ? ["mode=block"] : []),
    ...(report === undefined ? [] : [`report=${report}`]),
  ].join("; ");
}
