/**
 * What the data plane must know of a control plane. A simulated service offers a source per listener or
 * hostname; the data plane reads it again whenever it changed, each node in its own time.
 */

/** A value that changes. `subscribe` calls back after every change and returns the way to stop. */
export interface Source<T> {
  current(): T;
  subscribe(changed: () => void): () => void;
}

/** What a TLS-terminating listener enforces, as its control plane has it now. */
export interface ListenerView {
  readonly mode: "off" | "passthrough" | "verify";
  /** PEM of each CA in the attached trust store; empty unless `mode` is `verify`. */
  readonly anchors: readonly string[];
  /** PEM of each attached CRL. */
  readonly crls: readonly string[];
  readonly ignoreExpiry: boolean;
  readonly advertiseNames: boolean;
  /** The owner of a shared store cut the association: every handshake that needs it fails. */
  readonly storeRemoved: boolean;
}

/** What an edge shows to the origin of one hostname, as its control plane has it now. */
export interface EdgeView {
  /** `certificate` and `key` are PEM; the certificate may be followed by its chain. */
  readonly shows: { readonly certificate: string; readonly key: string } | "nothing";
  /** The zone's SSL mode that holds for the hostname; in `off` and `flexible` the edge speaks plain HTTP to the origin. */
  readonly sslMode: "off" | "flexible" | "full" | "strict" | "origin_pull";
  /** What is asked of visitors. @default nobody is asked, and no rule stands in the way */
  readonly visitors?: VisitorView | undefined;
}

/** What an edge asks of the visitors of one hostname, as its control plane has it now. */
export interface VisitorView {
  /** Whether a certificate is asked for in the TLS handshake, which goes on without one too. */
  readonly asks: boolean;
  /** PEM of each CA that a certificate is held against. */
  readonly anchors: readonly string[];
  /** SHA-256 of each certificate that is known to be revoked, in lower-case hex. */
  readonly revoked: readonly string[];
  /** In the order in which a request is held against them. */
  readonly rules: readonly {
    readonly id: string;
    /** `block` and the challenges end a request, `skip` leaves out the rules behind it, `log` does nothing. */
    readonly action: string;
    readonly expression: string;
  }[];
}

/** What a CloudFront distribution does, as its control plane has it now. */
export interface DistributionView {
  readonly enabled: boolean;
  /** Names that it answers to: its own domain name, then its aliases, which may begin with `*.`. */
  readonly names: readonly string[];
  readonly minimumProtocol: "TLSv1.2" | "TLSv1.3";
  readonly viewer:
    | { readonly mode: "off" }
    | { readonly mode: "passthrough" }
    | {
        readonly mode: "optional" | "required";
        /** PEM of each CA in the trust store. */
        readonly anchors: readonly string[];
        readonly ignoreExpiry: boolean;
        readonly advertiseNames: boolean;
        /** Every certificate below an anchor must name an OCSP responder, which then decides. */
        readonly ocsp: boolean;
      };
  readonly connectionFunction?:
    | {
        readonly name: string;
        /** Source of its LIVE stage. */
        readonly code: string;
        /** ARN of the key value store that it may read. */
        readonly keyValueStore?: string | undefined;
      }
    | undefined;
  /** In the order in which they are tried; the default one has the pattern `*` and is the last. */
  readonly behaviours: readonly DistributionBehaviour[];
  readonly origins: readonly DistributionOrigin[];
  readonly defaultRootObject: string;
}

/** A cache behaviour. Nothing is cached: caching is no part of the simulation. */
export interface DistributionBehaviour {
  readonly pathPattern: string;
  readonly originId: string;
  readonly viewerProtocolPolicy: "allow-all" | "https-only" | "redirect-to-https";
  /**
   * Headers that its origin request policy passes on, in lower case; those that CloudFront makes itself included. `*`
   * among them stands for all that the viewer sent but `host`; `all` for all that the viewer sent, and no others.
   */
  readonly forwards: readonly string[] | "all";
  /** Headers that its response headers policy sets. */
  readonly responseHeaders: Readonly<Record<string, string>>;
}

/** An origin. */
export interface DistributionOrigin {
  readonly id: string;
  readonly domainName: string;
  readonly path: string;
  readonly kind: "custom" | "s3";
  readonly protocolPolicy: "http-only" | "match-viewer" | "https-only";
  readonly httpPort: number;
  readonly httpsPort: number;
  /** What it shows to the origin. `certificate` and `key` are PEM; the certificate may be followed by its chain. */
  readonly shows: { readonly certificate: string; readonly key: string } | "nothing";
  readonly customHeaders: Readonly<Record<string, string>>;
  /** Whether requests to S3 are signed for the distribution (origin access control). */
  readonly signed: boolean;
}
