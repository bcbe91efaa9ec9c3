/** A distribution's configuration, as far as the simulation acts on it. */
export interface DistributionConfig {
  /** The element as it was sent, with everything in it. */
  readonly xml: string;
  readonly callerReference: string;
  readonly enabled: boolean;
  readonly aliases: readonly string[];
  readonly defaultRootObject: string;
  readonly httpVersion: string;
  readonly viewerCertificate: ViewerCertificate;
  readonly viewerMtls: ViewerMtls | undefined;
  /** Id of the connection function. */
  readonly connectionFunction: string | undefined;
  /** In the order in which they are tried; the default one has the pattern `*` and is the last. */
  readonly behaviours: readonly Behaviour[];
  readonly origins: readonly Origin[];
}

/** The certificate that viewers see. */
export interface ViewerCertificate {
  readonly source: "default" | "acm" | "iam";
  /** ARN, or id in IAM. */
  readonly reference: string | undefined;
  readonly minimumProtocol: string;
}

/** `ViewerMtlsConfig`. */
export interface ViewerMtls {
  readonly mode: "passthrough" | "optional" | "required";
  readonly trustStore: string | undefined;
  readonly ignoreExpiry: boolean;
  readonly advertiseNames: boolean;
}

/** A cache behaviour. */
export interface Behaviour {
  readonly pathPattern: string;
  readonly originId: string;
  readonly viewerProtocolPolicy: "allow-all" | "https-only" | "redirect-to-https";
  readonly cachePolicy: string | undefined;
  readonly originRequestPolicy: string | undefined;
  readonly responseHeadersPolicy: string | undefined;
  /** Headers by the old `ForwardedValues`; `*` for all. */
  readonly forwardedHeaders: readonly string[];
  /** Events at which Lambda@Edge functions run. */
  readonly lambdaEvents: readonly string[];
  readonly grpc: boolean;
}

/** An origin. */
export interface Origin {
  readonly id: string;
  readonly domainName: string;
  readonly path: string;
  readonly kind: "custom" | "s3" | "vpc";
  readonly protocolPolicy: "http-only" | "match-viewer" | "https-only";
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly clientCertificate: string | undefined;
  readonly shielded: boolean;
  readonly accessControl: string | undefined;
  readonly customHeaders: Readonly<Record<string, string>>;
}
