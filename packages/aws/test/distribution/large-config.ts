/**
 * A configuration as a grown distribution has it, as text: every kind of field of the API, fields that no SDK knows yet,
 * comments, references, CDATA, foreign namespaces. Written as a serialiser would, so that texts can be compared as they are.
 */
export interface LargeConfigOptions {
  readonly origins?: number | undefined;
  readonly behaviours?: number | undefined;
  /** `ViewerMtlsConfig` and what else of the viewer's side, as text. */
  readonly viewer?: string | undefined;
  /** Text at the end of each `CustomOriginConfig`. */
  readonly customOrigin?: string | undefined;
}

const namespace = "http://cloudfront.amazonaws.com/doc/2020-05-31/";

export function largeConfig({
  origins = 24,
  behaviours = 30,
  viewer = "",
  customOrigin = "",
}: LargeConfigOptions = {}): string {
  const allOrigins = Array.from({ length: origins }, (_, index) => origin(index, customOrigin)).join("");
  const allBehaviours = Array.from({ length: behaviours }, (_, index) => behaviour(index, origins)).join("");
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    `<DistributionConfig xmlns="${namespace}" xmlns:next="urn:example:next">`,
    "<!-- kept by the platform team: ask before you touch it -->",
    "<CallerReference>terraform-20260101000000000000000001</CallerReference>",
    "<Aliases><Quantity>2</Quantity><Items><CNAME>shop.example.com</CNAME><CNAME>*.shop.example.com</CNAME></Items></Aliases>",
    "<DefaultRootObject>index.html</DefaultRootObject>",
    `<Origins><Quantity>${origins}</Quantity><Items>${allOrigins}</Items></Origins>`,
    "<OriginGroups><Quantity>1</Quantity><Items><OriginGroup><Id>pair</Id><FailoverCriteria><StatusCodes><Quantity>2</Quantity><Items><StatusCode>500</StatusCode><StatusCode>502</StatusCode></Items></StatusCodes></FailoverCriteria><Members><Quantity>2</Quantity><Items><OriginGroupMember><OriginId>origin-1</OriginId></OriginGroupMember><OriginGroupMember><OriginId>origin-2</OriginId></OriginGroupMember></Items></Members><SelectionCriteria>default</SelectionCriteria></OriginGroup></Items></OriginGroups>",
    `<DefaultCacheBehavior>${behaviourFields("origin-0", "redirect-to-https")}</DefaultCacheBehavior>`,
    `<CacheBehaviors><Quantity>${behaviours}</Quantity><Items>${allBehaviours}</Items></CacheBehaviors>`,
    '<CustomErrorResponses><Quantity>1</Quantity><Items><CustomErrorResponse next:since="2026-11"><ErrorCode>404</ErrorCode><ResponsePagePath>/404.html</ResponsePagePath><ResponseCode>404</ResponseCode><ErrorCachingMinTTL>10</ErrorCachingMinTTL></CustomErrorResponse></Items></CustomErrorResponses>',
    "<Comment>shop &amp; api &lt;main&gt;, two lines:&#13;\nand a tab:\t\u{1F6D2}\u2028\u0085 ]]&gt; end </Comment>",
    "<Logging><Enabled>false</Enabled><IncludeCookies>false</IncludeCookies><Bucket/><Prefix/></Logging>",
    "<PriceClass>PriceClass_All</PriceClass><Enabled>true</Enabled>",
    "<ViewerCertificate><CloudFrontDefaultCertificate>false</CloudFrontDefaultCertificate><ACMCertificateArn>arn:aws:acm:us-east-1:111122223333:certificate/0a0a0a0a-1111-2222-3333-444444444444</ACMCertificateArn><SSLSupportMethod>sni-only</SSLSupportMethod><MinimumProtocolVersion>TLSv1.2_2021</MinimumProtocolVersion></ViewerCertificate>",
    "<Restrictions><GeoRestriction><RestrictionType>none</RestrictionType><Quantity>0</Quantity></GeoRestriction></Restrictions>",
    "<WebACLId/><HttpVersion>http2</HttpVersion><IsIPV6Enabled>true</IsIPV6Enabled>",
    '<next:Thing next:mode="a &amp; &quot;b&quot;&#10;c"><Inner xmlns="">loose</Inner><![CDATA[ a < b & c ]]></next:Thing>',
    "<ContinuousDeploymentPolicyId/><Staging>false</Staging><AnycastIpListId/>",
    "<FutureSetting><Mode>required</Mode><TrustStoreConfig><TrustStoreId>not-ours</TrustStoreId></TrustStoreConfig></FutureSetting>",
    viewer,
    "<CacheTagConfig><HeaderName>Cache-Tag</HeaderName></CacheTagConfig><?note for readers?>",
    "</DistributionConfig>",
  ].join("");
}

function origin(index: number, customOrigin: string): string {
  const head = `<Id>origin-${index}</Id><DomainName>origin-${index}.example.com</DomainName><OriginPath/><CustomHeaders><Quantity>1</Quantity><Items><OriginCustomHeader><HeaderName>X-Origin</HeaderName><HeaderValue>a&amp;b=${index}</HeaderValue></OriginCustomHeader></Items></CustomHeaders>`;
  const tail =
    "<ConnectionAttempts>3</ConnectionAttempts><ConnectionTimeout>10</ConnectionTimeout><ResponseCompletionTimeout>60</ResponseCompletionTimeout><OriginShield><Enabled>false</Enabled></OriginShield><OriginAccessControlId/>";
  const custom = `<CustomOriginConfig><HTTPPort>80</HTTPPort><HTTPSPort>443</HTTPSPort><OriginProtocolPolicy>https-only</OriginProtocolPolicy><OriginSslProtocols><Quantity>1</Quantity><Items><SslProtocol>TLSv1.2</SslProtocol></Items></OriginSslProtocols><OriginReadTimeout>30</OriginReadTimeout><OriginKeepaliveTimeout>5</OriginKeepaliveTimeout><IpAddressType>dualstack</IpAddressType>${customOrigin}</CustomOriginConfig>`;
  const s3 = "<S3OriginConfig><OriginAccessIdentity/></S3OriginConfig>";
  return `<Origin>${head}${index % 3 === 2 ? s3 : custom}${tail}</Origin>`;
}

function behaviour(index: number, origins: number): string {
  return `<CacheBehavior><PathPattern>/path-${index}/*</PathPattern>${behaviourFields(`origin-${index % origins}`, "https-only")}<FutureToggle>${index}</FutureToggle></CacheBehavior>`;
}

function behaviourFields(target: string, policy: string): string {
  return `<TargetOriginId>${target}</TargetOriginId><TrustedSigners><Enabled>false</Enabled><Quantity>0</Quantity></TrustedSigners><ViewerProtocolPolicy>${policy}</ViewerProtocolPolicy><AllowedMethods><Quantity>2</Quantity><Items><Method>HEAD</Method><Method>GET</Method></Items></AllowedMethods><Compress>true</Compress><LambdaFunctionAssociations><Quantity>0</Quantity></LambdaFunctionAssociations><CachePolicyId>658327ea-f89d-4fab-a63d-7e88639e58f6</CachePolicyId><GrpcConfig><Enabled>false</Enabled></GrpcConfig>`;
}
