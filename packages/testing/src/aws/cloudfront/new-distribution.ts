import { renderXml, type XmlValue } from "../xml.ts";
import { cachingDisabled } from "./managed-policies.ts";
import { namespace } from "./wire.ts";

/** A distribution to add. */
export interface NewDistribution {
  /** Default: `app`, a custom origin, and `site`, a bucket. */
  readonly origins?: readonly NewOrigin[] | undefined;
  /** Default: `/api/*` goes to the first origin, all else to the last one. */
  readonly behaviours?: readonly NewBehaviour[] | undefined;
  /** Default: none. */
  readonly aliases?: readonly string[] | undefined;
  /** ARN in ACM of what viewers see. Default: one in IAM where there are aliases, else CloudFront's own. */
  readonly certificate?: string | undefined;
  /** Of a certificate that is not CloudFront's own. @default "TLSv1.2_2021" */
  readonly minimumProtocol?: string | undefined;
  /** @default "http2" */
  readonly httpVersion?: "http1.1" | "http2" | "http3" | "http2and3" | undefined;
  /** @default true */
  readonly enabled?: boolean | undefined;
  /** @default "index.html" */
  readonly defaultRootObject?: string | undefined;
  /** Elements to stand at the end of the configuration as they are: settings that nobody knows yet. */
  readonly extra?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** Whether all edges have it from the start. @default true */
  readonly deployed?: boolean | undefined;
}

/** An origin of a {@link NewDistribution}. */
export interface NewOrigin {
  readonly id: string;
  readonly domainName: string;
  /** @default "custom" */
  readonly kind?: "custom" | "s3" | undefined;
  /** Of a custom origin. @default "https-only" */
  readonly protocolPolicy?: "http-only" | "match-viewer" | "https-only" | undefined;
  /** @default 80 */
  readonly httpPort?: number | undefined;
  /** @default 443 */
  readonly httpsPort?: number | undefined;
  readonly path?: string | undefined;
  readonly customHeaders?: Readonly<Record<string, string>> | undefined;
  /** Id of the origin access control of a bucket. Default: one that always signs. */
  readonly accessControl?: string | undefined;
  /** @default false */
  readonly shielded?: boolean | undefined;
  /** Elements to stand at its end as they are. */
  readonly extra?: string | undefined;
}

/** A cache behaviour of a {@link NewDistribution}. */
export interface NewBehaviour {
  /** @default "*", which makes it the default one */
  readonly pathPattern?: string | undefined;
  /** Id of its origin. */
  readonly origin: string;
  /** @default "redirect-to-https" */
  readonly viewerProtocolPolicy?: "allow-all" | "https-only" | "redirect-to-https" | undefined;
  /** Id. Default: CachingDisabled. */
  readonly cachePolicy?: string | undefined;
  /** Id. */
  readonly originRequestPolicy?: string | undefined;
  /** Id. */
  readonly responseHeadersPolicy?: string | undefined;
  /** Events at which a Lambda@Edge function runs. */
  readonly lambdaEvents?: readonly ("viewer-request" | "origin-request")[] | undefined;
}

/** A distribution like many: an application and a site in a bucket. */
const usualOrigins: readonly NewOrigin[] = [
  { id: "app", domainName: "app.internal.example.com", customHeaders: { "X-Origin-Secret": "simulated" } },
  { id: "site", kind: "s3", domainName: "site-bucket.s3.eu-west-1.amazonaws.com" },
];

/**
 * The configuration, as full of settings as those that a console or a template makes.
 *
 * @throws {TypeError} without a default behaviour, or an origin
 */
export function renderNewDistribution(
  wanted: NewDistribution,
  made: { readonly callerReference: string; readonly accessControl: string },
): string {
  const { origins = usualOrigins, aliases = [], certificate } = wanted;
  const [first] = origins;
  const last = origins.at(-1);
  if (first === undefined || last === undefined)
    throw new TypeError("a distribution has at least one origin");
  const behaviours = wanted.behaviours ?? [
    { pathPattern: "/api/*", origin: first.id, originRequestPolicy: "b689b0a8-53d0-40ab-baf2-68738e2966ac" },
    { origin: last.id, responseHeadersPolicy: "67f7725c-6f97-4210-82d7-5512b31e9d03" },
  ];
  const fallback = behaviours.find(({ pathPattern = "*" }) => pathPattern === "*");
  if (fallback === undefined) throw new TypeError("a distribution has a behaviour for all paths");
  const { pathPattern: _, ...defaults } = renderBehaviour(fallback);
  const others = behaviours.filter((behaviour) => behaviour !== fallback).map(renderBehaviour);
  const config = renderXml(
    "DistributionConfig",
    {
      CallerReference: made.callerReference,
      Aliases: counted("CNAME", aliases),
      DefaultRootObject: wanted.defaultRootObject ?? "index.html",
      Origins: "",
      OriginGroups: { Quantity: 0 },
      DefaultCacheBehavior: defaults,
      CacheBehaviors: counted(
        "CacheBehavior",
        others.map(({ pathPattern, ...rest }) => ({ PathPattern: pathPattern, ...rest })),
      ),
      CustomErrorResponses: counted("CustomErrorResponse", [
        { ErrorCode: 404, ResponsePagePath: "/404.html", ResponseCode: "404", ErrorCachingMinTTL: 10 },
      ]),
      Comment: "front",
      Logging: { Enabled: false, IncludeCookies: false, Bucket: "", Prefix: "" },
      PriceClass: "PriceClass_100",
      Enabled: wanted.enabled ?? true,
      ViewerCertificate: renderCertificate(certificate, aliases.length > 0, wanted.minimumProtocol),
      Restrictions: { GeoRestriction: { RestrictionType: "none", Quantity: 0 } },
      WebACLId: "",
      HttpVersion: wanted.httpVersion ?? "http2",
      IsIPV6Enabled: true,
      ContinuousDeploymentPolicyId: "",
      Staging: false,
      ConnectionMode: "direct",
    },
    "flat",
  );
  const items = origins.map((origin) => renderOrigin(origin, made.accessControl)).join("");
  return config
    .replace("<DistributionConfig>", () => `<DistributionConfig xmlns="${namespace}">`)
    .replace(
      "<Origins/>",
      () => `<Origins><Quantity>${origins.length}</Quantity><Items>${items}</Items></Origins>`,
    )
    .replace("</DistributionConfig>", () => `${wanted.extra ?? ""}</DistributionConfig>`);
}

function counted(name: string, items: readonly XmlValue[]): XmlValue {
  return { Quantity: items.length, Items: items.length === 0 ? undefined : { [name]: items } };
}

function renderBehaviour(behaviour: NewBehaviour) {
  const { lambdaEvents = [], originRequestPolicy, responseHeadersPolicy } = behaviour;
  return {
    pathPattern: behaviour.pathPattern,
    TargetOriginId: behaviour.origin,
    TrustedSigners: { Enabled: false, Quantity: 0 },
    TrustedKeyGroups: { Enabled: false, Quantity: 0 },
    ViewerProtocolPolicy: behaviour.viewerProtocolPolicy ?? "redirect-to-https",
    AllowedMethods: {
      Quantity: 3,
      Items: { Method: ["HEAD", "GET", "OPTIONS"] },
      CachedMethods: { Quantity: 2, Items: { Method: ["HEAD", "GET"] } },
    },
    SmoothStreaming: false,
    Compress: true,
    LambdaFunctionAssociations: counted(
      "LambdaFunctionAssociation",
      lambdaEvents.map((EventType) => ({
        LambdaFunctionARN: "arn:aws:lambda:us-east-1:111122223333:function:simulated:1",
        EventType,
        IncludeBody: false,
      })),
    ),
    FunctionAssociations: { Quantity: 0 },
    FieldLevelEncryptionId: "",
    CachePolicyId: behaviour.cachePolicy ?? cachingDisabled,
    OriginRequestPolicyId: originRequestPolicy,
    ResponseHeadersPolicyId: responseHeadersPolicy,
    GrpcConfig: { Enabled: false },
  };
}

function renderOrigin(origin: NewOrigin, accessControl: string): string {
  const headers = Object.entries(origin.customHeaders ?? {}).map(([HeaderName, HeaderValue]) => ({
    HeaderName,
    HeaderValue,
  }));
  const isBucket = origin.kind === "s3";
  const fields: XmlValue = {
    Id: origin.id,
    DomainName: origin.domainName,
    OriginPath: origin.path ?? "",
    CustomHeaders: counted("OriginCustomHeader", headers),
    S3OriginConfig: isBucket ? { OriginAccessIdentity: "", OriginReadTimeout: 30 } : undefined,
    CustomOriginConfig: isBucket
      ? undefined
      : {
          HTTPPort: origin.httpPort ?? 80,
          HTTPSPort: origin.httpsPort ?? 443,
          OriginProtocolPolicy: origin.protocolPolicy ?? "https-only",
          OriginSslProtocols: counted("SslProtocol", ["TLSv1.2"]),
          OriginReadTimeout: 30,
          OriginKeepaliveTimeout: 5,
          IpAddressType: "ipv4",
        },
    ConnectionAttempts: 3,
    ConnectionTimeout: 10,
    OriginShield: origin.shielded ? { Enabled: true, OriginShieldRegion: "eu-west-1" } : { Enabled: false },
    OriginAccessControlId: isBucket ? (origin.accessControl ?? accessControl) : "",
  };
  return renderXml("Origin", fields, "flat").replace("</Origin>", () => `${origin.extra ?? ""}</Origin>`);
}

function renderCertificate(
  acm: string | undefined,
  hasAliases: boolean,
  minimumProtocol = "TLSv1.2_2021",
): XmlValue {
  const rest = { SSLSupportMethod: "sni-only", MinimumProtocolVersion: minimumProtocol };
  if (acm !== undefined) {
    return {
      CloudFrontDefaultCertificate: false,
      ACMCertificateArn: acm,
      ...rest,
      Certificate: acm,
      CertificateSource: "acm",
    };
  }
  if (!hasAliases) return { CloudFrontDefaultCertificate: true };
  return { CloudFrontDefaultCertificate: false, IAMCertificateId: "ASCAEXAMPLE1234567890", ...rest };
}
