/** Who may be refused by a distribution, as `ViewerMtlsConfig` and `ConnectionFunctionAssociation` say it. */
export type ViewerBlock =
  | { readonly mode: "off" }
  | { readonly mode: "passthrough" }
  | {
      readonly mode: "optional" | "required";
      readonly storeId: string;
      readonly ignoreExpiry: boolean;
      readonly advertiseNames: boolean;
    };

/** One origin of a distribution, as far as it matters here. */
export interface OriginRecord {
  readonly id: string;
  readonly domainName: string;
  /** Only a custom origin can be shown a certificate. */
  readonly kind: "custom" | "s3" | "vpc";
  /** Of a custom origin. */
  readonly protocolPolicy?: "http-only" | "match-viewer" | "https-only" | undefined;
  /** `OriginMtlsConfig.ClientCertificateArn`. */
  readonly clientCertificateArn?: string | undefined;
  /** Whether requests to it go through Origin Shield. */
  readonly shielded: boolean;
}

/** A cache behaviour, as far as it matters here. The default one has the pattern `*`, and comes last. */
export interface BehaviourRecord {
  readonly pathPattern: string;
  /** `TargetOriginId`: an origin, or an origin group. */
  readonly originId: string;
  readonly viewerProtocolPolicy: "allow-all" | "https-only" | "redirect-to-https";
  readonly cachePolicyId?: string | undefined;
  readonly originRequestPolicyId?: string | undefined;
  /** Whether a Lambda@Edge function is associated, at whichever event. */
  readonly lambdaAtEdge: boolean;
  /** Whether one is associated with the events `origin-request` or `origin-response`. */
  readonly lambdaAtOrigin: boolean;
  readonly grpc: boolean;
}

/** A distribution, as far as it matters here. */
export interface DistributionRecord {
  readonly arn: string;
  readonly domainName: string;
  readonly aliases: readonly string[];
  /** False while a change, perhaps somebody else's, is on its way to the edges (`Status: InProgress`). */
  readonly deployed: boolean;
  /** `http1.1`, `http2`, `http3`, `http2and3`. */
  readonly httpVersion: string;
  /** `direct`, or `tenant-only` for a template of tenants. */
  readonly connectionMode: string;
  readonly viewer: ViewerBlock;
  /** Of the associated connection function. */
  readonly connectionFunctionId?: string | undefined;
  readonly behaviours: readonly BehaviourRecord[];
  readonly origins: readonly OriginRecord[];
  /** Ids of the origins in each origin group. */
  readonly originGroups: readonly { readonly id: string; readonly originIds: readonly string[] }[];
}

/** The whole configuration of a distribution as the service says it: XML, with the fields that nobody here knows. */
export interface RawConfig {
  /** Root element `DistributionConfig`. */
  readonly xml: string;
  /** The bare token that goes into `If-Match`. */
  readonly etag: string;
}

/** The few calls on CloudFront distributions that both adapters need. Every one throws a `HandfastError`. */
export interface Distributions {
  /** These distributions, by ARN; those that don't exist are left out. Few calls, however many are asked for. */
  read(arns: readonly string[], signal: AbortSignal): Promise<readonly DistributionRecord[]>;
  /** GetDistributionConfig, the body as it came. Throws `REMOTE_NOT_FOUND` with provider code `NoSuchDistribution`. */
  config(arn: string, signal: AbortSignal): Promise<RawConfig>;
  /**
   * UpdateDistribution: replaces the whole configuration, if it is still at that ETag.
   *
   * @throws HandfastError `REMOTE_CONFLICT` with provider code `PreconditionFailed` when somebody was faster
   */
  putConfig(arn: string, config: RawConfig, signal: AbortSignal): Promise<void>;
  /** ARNs of all distributions of the account of which an origin is shown this certificate of ACM. */
  showing(certificateArn: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Tags of a distribution; none when it does not exist. */
  tags(arn: string, signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /**
   * Headers that an origin request policy passes on, in lower case; `all` for all that viewers send, those that the
   * policy excepts not counted.
   */
  originRequestHeaders(policyId: string, signal: AbortSignal): Promise<readonly string[] | "all">;
}
