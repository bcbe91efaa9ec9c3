import { renderXml, type XmlValue } from "../xml.ts";

/** Policies that AWS keeps for everybody ("Use managed … policies", Amazon CloudFront Developer Guide). */

/** The cache policy that passthrough takes and no other. */
export const cachingDisabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";

/** Ids of managed cache policies. Nothing is cached here, so what is in them does not matter. */
export const cachePolicies: ReadonlySet<string> = new Set([
  cachingDisabled,
  "658327ea-f89d-4fab-a63d-7e88639e58f6", // CachingOptimized
  "b2884449-e4de-46a7-ac36-70bc7f1ddd6d", // CachingOptimizedForUncompressedObjects
  "83da9c7e-98b4-4e11-a168-04f0df8e2c65", // UseOriginCacheControlHeaders
  "4cc15a8a-d715-48a4-82b8-cc0b614638fe", // UseOriginCacheControlHeaders-QueryStrings
]);

function requestPolicy(
  name: string,
  behaviour: string,
  headers: readonly string[],
  rest: "all" | "none",
): string {
  return renderXml(
    "OriginRequestPolicyConfig",
    {
      Name: `Managed-${name}`,
      HeadersConfig: {
        HeaderBehavior: behaviour,
        Headers: headers.length === 0 ? undefined : { Quantity: headers.length, Items: { Name: headers } },
      },
      CookiesConfig: { CookieBehavior: rest },
      QueryStringsConfig: { QueryStringBehavior: rest },
    },
    "flat",
  );
}

const made = [
  "Forwarded-Proto",
  "Is-Android-Viewer",
  "Is-Desktop-Viewer",
  "Is-IOS-Viewer",
  "Is-Mobile-Viewer",
  "Is-SmartTV-Viewer",
  "Is-Tablet-Viewer",
  "Viewer-Address",
  "Viewer-ASN",
  "Viewer-City",
  "Viewer-Country",
  "Viewer-Country-Name",
  "Viewer-Country-Region",
  "Viewer-Country-Region-Name",
  "Viewer-Http-Version",
  "Viewer-Latitude",
  "Viewer-Longitude",
  "Viewer-Metro-Code",
  "Viewer-Postal-Code",
  "Viewer-Time-Zone",
  "Viewer-TLS",
].map((name) => `CloudFront-${name}`);

const cors = ["origin", "access-control-request-headers", "access-control-request-method"];

/** `OriginRequestPolicyConfig` elements by id. */
export const originRequestPolicies: ReadonlyMap<string, string> = new Map([
  ["216adef6-5c7f-47e4-b989-5492eafa07d3", requestPolicy("AllViewer", "allViewer", [], "all")],
  [
    "33f36d7e-f396-46d9-90e0-52428a34d9dc",
    requestPolicy("AllViewerAndCloudFrontHeaders-2022-06", "allViewerAndWhitelistCloudFront", made, "all"),
  ],
  [
    "b689b0a8-53d0-40ab-baf2-68738e2966ac",
    requestPolicy("AllViewerExceptHostHeader", "allExcept", ["host"], "all"),
  ],
  ["88a5eaf4-2fd4-4709-b370-b4c650ea3fcf", requestPolicy("CORS-S3Origin", "whitelist", cors, "none")],
  [
    "59781a5b-3903-41f3-afcb-af62929ccde1",
    requestPolicy("CORS-CustomOrigin", "whitelist", ["origin"], "none"),
  ],
  [
    "acba4595-bd28-49b8-b9fe-13317c0390fa",
    requestPolicy("UserAgentRefererHeaders", "whitelist", ["user-agent", "referer"], "none"),
  ],
]);

const security = {
  XSSProtection: { Override: false, Protection: true, ModeBlock: true },
  FrameOptions: { Override: false, FrameOption: "SAMEORIGIN" },
  ReferrerPolicy: { Override: false, ReferrerPolicy: "strict-origin-when-cross-origin" },
  ContentTypeOptions: { Override: true },
  StrictTransportSecurity: { Override: false, AccessControlMaxAgeSec: 31_536_000 },
};

function answersPolicy(name: string, config: { readonly [member: string]: XmlValue }): string {
  return renderXml("ResponseHeadersPolicyConfig", { Name: `Managed-${name}`, ...config }, "flat");
}

const anyOrigin = {
  AccessControlAllowOrigins: { Quantity: 1, Items: { Origin: ["*"] } },
  AccessControlAllowCredentials: false,
  OriginOverride: false,
};

/** `ResponseHeadersPolicyConfig` elements by id. */
export const responseHeadersPolicies: ReadonlyMap<string, string> = new Map([
  ["60669652-455b-4ae9-85a4-c4c02393f86c", answersPolicy("SimpleCORS", { CorsConfig: anyOrigin })],
  ["5cc3b908-e619-4b99-88e5-2cf7f45965bd", answersPolicy("CORS-With-Preflight", { CorsConfig: anyOrigin })],
  [
    "67f7725c-6f97-4210-82d7-5512b31e9d03",
    answersPolicy("SecurityHeadersPolicy", { SecurityHeadersConfig: security }),
  ],
  [
    "e61eb60c-9c35-4d20-a928-2b84e02af89c",
    answersPolicy("CORS-and-SecurityHeadersPolicy", {
      CorsConfig: anyOrigin,
      SecurityHeadersConfig: security,
    }),
  ],
  [
    "eaab4381-ed33-4a86-88ca-d9558dc6cd63",
    answersPolicy("CORS-with-preflight-and-SecurityHeadersPolicy", {
      CorsConfig: anyOrigin,
      SecurityHeadersConfig: security,
    }),
  ],
]);
