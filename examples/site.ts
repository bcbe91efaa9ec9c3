/**
 * A static site as one would have it before there is mTLS: a private bucket, a distribution that alone may read it, TLS
 * 1.3 and security headers. Made by plain calls of the AWS SDK. What is there already is left as it is, so that it can be
 * run again.
 */
import {
  type CloudFrontClient,
  CreateDistributionCommand,
  CreateOriginAccessControlCommand,
  CreateResponseHeadersPolicyCommand,
  type DistributionConfig,
  GetDistributionCommand,
  ListOriginAccessControlsCommand,
  ListResponseHeadersPoliciesCommand,
  paginateListDistributions,
  type ResponseHeadersPolicyConfig,
} from "@aws-sdk/client-cloudfront";
import {
  CreateBucketCommand,
  HeadBucketCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import type { Clock } from "@handfast/core";

/** Clients for us-east-1, where buckets and CloudFront are here. */
export interface SiteClients {
  readonly s3: S3Client;
  readonly cloudfront: CloudFrontClient;
}

/** The site that is wanted. */
export interface SiteOptions {
  readonly domain: string;
  readonly bucket: string;
  /** Of ACM in us-east-1, issued already. */
  readonly certificateArn: string;
  readonly clock: Clock;
  /** Told of every step before it is done. */
  readonly say: (line: string) => void;
}

/** A site that is there. */
export interface Site {
  /** ARN of the distribution. */
  readonly distribution: string;
  /** Where its domain has to point: `d….cloudfront.net`. */
  readonly domainName: string;
}

/** The managed policy CachingOptimized ("Use managed cache policies", Amazon CloudFront Developer Guide). */
const cachingOptimized = "658327ea-f89d-4fab-a63d-7e88639e58f6";

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Members</title>
<h1>Hello, member</h1>
</html>
`;

/** What browsers are told, whatever the site itself says. */
export const securityHeaders = {
  "strict-transport-security": "max-age=63072000; includeSubDomains; preload",
  "content-security-policy":
    "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
};

/** Makes what of the site is not there yet, and waits until all edges have it. */
export async function makeSite(clients: SiteClients, options: SiteOptions): Promise<Site> {
  const { s3, cloudfront } = clients;
  const { bucket, clock, say } = options;
  await makePrivateBucket(s3, bucket, say);
  say(`s3://${bucket}/index.html`);
  await s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: "index.html",
      Body: page,
      ContentType: "text/html; charset=utf-8",
    }),
  );
  const distribution =
    (await findDistribution(cloudfront, options.domain)) ?? (await makeDistribution(cloudfront, options));
  say("policy of the bucket: this distribution may read it, and nobody else");
  await s3.send(
    new PutBucketPolicyCommand({ Bucket: bucket, Policy: policyFor(bucket, distribution.ARN ?? "") }),
  );
  say(`wait until ${distribution.Id} is deployed`);
  const { DomainName = "", ARN = "" } = await untilDeployed(cloudfront, distribution.Id ?? "", clock);
  return { distribution: ARN, domainName: DomainName };
}

/** A bucket in us-east-1 that nobody can make public. */
async function makePrivateBucket(s3: S3Client, Bucket: string, say: (line: string) => void): Promise<void> {
  try {
    await s3.send(new HeadBucketCommand({ Bucket }));
  } catch (error) {
    if (!(error instanceof S3ServiceException) || error.$metadata.httpStatusCode !== 404) throw error;
    say(`bucket ${Bucket}`);
    await s3.send(new CreateBucketCommand({ Bucket }));
  }
  await s3.send(
    new PutPublicAccessBlockCommand({
      Bucket,
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        IgnorePublicAcls: true,
        BlockPublicPolicy: true,
        RestrictPublicBuckets: true,
      },
    }),
  );
}

/** One for bundles of CAs, whose versions are kept so that a trust store can be made of a certain one. */
export async function makeBundleBucket(
  s3: S3Client,
  Bucket: string,
  say: (line: string) => void,
): Promise<void> {
  await makePrivateBucket(s3, Bucket, say);
  const VersioningConfiguration = { Status: "Enabled" } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
}

/** The policy that goes with origin access control ("Restrict access to an Amazon S3 origin"). */
function policyFor(bucket: string, distribution: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "DistributionReads",
        Effect: "Allow",
        Principal: { Service: "cloudfront.amazonaws.com" },
        Action: "s3:GetObject",
        Resource: `arn:aws:s3:::${bucket}/*`,
        Condition: { StringEquals: { "AWS:SourceArn": distribution } },
      },
      {
        Sid: "NobodyWithoutTls",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ],
  });
}

async function findDistribution(cloudfront: CloudFrontClient, domain: string) {
  for await (const { DistributionList } of paginateListDistributions({ client: cloudfront }, {})) {
    const found = DistributionList?.Items?.find(({ Aliases }) => Aliases?.Items?.includes(domain));
    if (found !== undefined) return found;
  }
  return undefined;
}

async function makeDistribution(cloudfront: CloudFrontClient, options: SiteOptions) {
  const { say, domain } = options;
  const accessControl = await findOrMakeAccessControl(cloudfront, options.bucket, say);
  const headers = await findOrMakeHeadersPolicy(cloudfront, domain.replaceAll(".", "-"), say);
  say(`distribution of ${domain}`);
  const config = distributionConfig(options, { accessControl, headers });
  const { Distribution } = await cloudfront.send(
    new CreateDistributionCommand({ DistributionConfig: config }),
  );
  if (Distribution === undefined) throw new Error("CloudFront answered without the distribution");
  return Distribution;
}

function distributionConfig(
  { domain, bucket, certificateArn }: SiteOptions,
  ids: { readonly accessControl: string; readonly headers: string },
): DistributionConfig {
  return {
    // Where two make it at once, one of them is refused.
    CallerReference: domain,
    Comment: domain,
    Enabled: true,
    Aliases: { Quantity: 1, Items: [domain] },
    DefaultRootObject: "index.html",
    Origins: {
      Quantity: 1,
      Items: [
        {
          Id: "site",
          DomainName: `${bucket}.s3.us-east-1.amazonaws.com`,
          OriginAccessControlId: ids.accessControl,
          S3OriginConfig: { OriginAccessIdentity: "" },
        },
      ],
    },
    DefaultCacheBehavior: {
      TargetOriginId: "site",
      ViewerProtocolPolicy: "redirect-to-https",
      CachePolicyId: cachingOptimized,
      ResponseHeadersPolicyId: ids.headers,
      Compress: true,
    },
    ViewerCertificate: {
      ACMCertificateArn: certificateArn,
      SSLSupportMethod: "sni-only",
      MinimumProtocolVersion: "TLSv1.3_2025",
    },
    // A distribution that asks viewers for certificates can't speak HTTP/3.
    HttpVersion: "http2",
    IsIPV6Enabled: true,
    PriceClass: "PriceClass_100",
  };
}

async function findOrMakeAccessControl(
  cloudfront: CloudFrontClient,
  name: string,
  say: (line: string) => void,
): Promise<string> {
  const found = await findOnPages(
    async (Marker) =>
      (await cloudfront.send(new ListOriginAccessControlsCommand({ Marker }))).OriginAccessControlList,
    ({ Name }) => Name === name,
  );
  if (found?.Id !== undefined) return found.Id;
  say(`origin access control ${name}`);
  const { OriginAccessControl } = await cloudfront.send(
    new CreateOriginAccessControlCommand({
      OriginAccessControlConfig: {
        Name: name,
        OriginAccessControlOriginType: "s3",
        SigningBehavior: "always",
        SigningProtocol: "sigv4",
      },
    }),
  );
  return OriginAccessControl?.Id ?? "";
}

async function findOrMakeHeadersPolicy(
  cloudfront: CloudFrontClient,
  name: string,
  say: (line: string) => void,
): Promise<string> {
  const found = await findOnPages(
    async (Marker) =>
      (await cloudfront.send(new ListResponseHeadersPoliciesCommand({ Type: "custom", Marker })))
        .ResponseHeadersPolicyList,
    ({ ResponseHeadersPolicy }) => ResponseHeadersPolicy?.ResponseHeadersPolicyConfig?.Name === name,
  );
  if (found?.ResponseHeadersPolicy?.Id !== undefined) return found.ResponseHeadersPolicy.Id;
  say(`response headers policy ${name}`);
  const { ResponseHeadersPolicy } = await cloudfront.send(
    new CreateResponseHeadersPolicyCommand({ ResponseHeadersPolicyConfig: headersPolicy(name) }),
  );
  return ResponseHeadersPolicy?.Id ?? "";
}

interface Page<T> {
  readonly Items?: T[] | undefined;
  readonly NextMarker?: string | undefined;
}

async function findOnPages<T>(
  read: (marker: string | undefined) => Promise<Page<T> | undefined>,
  isIt: (item: T) => boolean,
): Promise<T | undefined> {
  let marker: string | undefined;
  do {
    const page = await read(marker);
    const found = page?.Items?.find(isIt);
    if (found !== undefined) return found;
    marker = page?.NextMarker;
  } while (marker);
  return undefined;
}

/** {@link securityHeaders} as CloudFront takes them. */
function headersPolicy(Name: string): ResponseHeadersPolicyConfig {
  return {
    Name,
    SecurityHeadersConfig: {
      StrictTransportSecurity: {
        AccessControlMaxAgeSec: 63_072_000,
        IncludeSubdomains: true,
        Preload: true,
        Override: true,
      },
      ContentSecurityPolicy: {
        ContentSecurityPolicy: securityHeaders["content-security-policy"],
        Override: true,
      },
      ContentTypeOptions: { Override: true },
      FrameOptions: { FrameOption: "DENY", Override: true },
      ReferrerPolicy: { ReferrerPolicy: "no-referrer", Override: true },
    },
  };
}

/** The SDK's own waiter would take a distribution that is gone, or may not be read, for one that is not ready. */
async function untilDeployed(cloudfront: CloudFrontClient, Id: string, clock: Clock) {
  for (let looks = 0; looks < 120; looks += 1) {
    const { Distribution } = await cloudfront.send(new GetDistributionCommand({ Id }));
    if (Distribution?.Status === "Deployed") return Distribution;
    await clock.sleep(15_000);
  }
  throw new Error(`${Id} was not deployed within 30 minutes; run this again later`);
}
