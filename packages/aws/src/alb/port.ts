/** What a listener does about client certificates, as the service says it (ELBv2 API `MutualAuthenticationAttributes`). */
export type MutualAuthentication =
  | { readonly mode: "off" }
  | { readonly mode: "passthrough" }
  | {
      readonly mode: "verify";
      readonly storeArn: string;
      readonly ignoreExpiry: boolean;
      readonly advertiseNames: boolean;
      /** The store's owner has cut it away: every handshake fails. */
      readonly removed: boolean;
    };

/** A listener, as far as it matters here. */
export interface ListenerRecord {
  readonly arn: string;
  readonly loadBalancerArn: string;
  /** `HTTPS`, `HTTP`, … */
  readonly protocol: string;
  readonly port: number;
  readonly authentication: MutualAuthentication;
}

/** A trust store. */
export interface StoreRecord {
  readonly arn: string;
  readonly name: string;
  /** False while it is being created. */
  readonly active: boolean;
  readonly certificates: number;
}

/** A file in S3 that the service copies. */
export interface S3Location {
  readonly bucket: string;
  readonly key: string;
  readonly version?: string | undefined;
}

/**
 * The few calls on Elastic Load Balancing that the adapter needs. Every one throws a `HandfastError` whose
 * `details.provider.code` is the service's own code without `Exception`, e.g. `TrustStoreInUse`.
 */
export interface LoadBalancing {
  /** These listeners; those that don't exist are left out. */
  listeners(arns: readonly string[], signal: AbortSignal): Promise<readonly ListenerRecord[]>;
  listenersOf(loadBalancerArn: string, signal: AbortSignal): Promise<readonly ListenerRecord[]>;
  /** Always writes the whole block, and answers with what the service has now. */
  setAuthentication(
    listenerArn: string,
    block: MutualAuthentication,
    signal: AbortSignal,
  ): Promise<MutualAuthentication>;
  /**
   * Opens another listener on the same load balancer, with the same default certificate and TLS policy, that answers every
   * request with 200 itself.
   */
  openBeside(
    listenerArn: string,
    beside: {
      readonly port: number;
      readonly block: MutualAuthentication;
      readonly tags: Readonly<Record<string, string>>;
    },
    signal: AbortSignal,
  ): Promise<void>;
  deleteListener(listenerArn: string, signal: AbortSignal): Promise<void>;
  /** All trust stores of the region that this account sees. */
  stores(signal: AbortSignal): Promise<readonly StoreRecord[]>;
  findStore(name: string, signal: AbortSignal): Promise<StoreRecord | undefined>;
  createStore(
    store: {
      readonly name: string;
      readonly bundle: S3Location;
      readonly tags: Readonly<Record<string, string>>;
    },
    signal: AbortSignal,
  ): Promise<void>;
  deleteStore(storeArn: string, signal: AbortSignal): Promise<void>;
  /** The PEM bundle that the service holds. */
  bundle(storeArn: string, signal: AbortSignal): Promise<string>;
  revocations(storeArn: string, signal: AbortSignal): Promise<readonly number[]>;
  /** The PEM of one attached CRL. */
  revocation(storeArn: string, id: number, signal: AbortSignal): Promise<string>;
  addRevocation(storeArn: string, crl: S3Location, signal: AbortSignal): Promise<void>;
  /** ARNs of the listeners that refer to a store. */
  associations(storeArn: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Tags by resource ARN. */
  tags(
    arns: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>>;
}
