/** A trust store, as lists tell of it. */
export interface TrustStoreRecord {
  /** The service's own. */
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly status: "pending" | "active" | "failed";
  readonly certificates: number;
  /** When it was last modified: milliseconds since the epoch. */
  readonly modifiedAt: number;
  /** Why it failed. */
  readonly reason?: string | undefined;
}

/** A trust store by itself, with what lists leave out. */
export interface TrustStoreDetails extends TrustStoreRecord {
  /** `UseClientCertificateOCSPEndpoint`. */
  readonly ocsp: boolean;
  readonly etag: string;
}

/** A trust store to be made. */
export interface NewTrustStore {
  readonly name: string;
  readonly bundle: {
    readonly bucket: string;
    readonly key: string;
    /** Of the bucket. */
    readonly region: string;
    readonly version?: string | undefined;
  };
  readonly ocsp: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * The few calls on trust stores that the adapter needs (CloudFront API). Every one throws a `HandfastError` whose
 * `details.provider.code` is the service's own code, e.g. `EntityNotFound`.
 */
export interface TrustStores {
  /** All trust stores of the account. */
  list(signal: AbortSignal): Promise<readonly TrustStoreRecord[]>;
  /** @throws HandfastError `REMOTE_NOT_FOUND` with provider code `EntityNotFound` */
  get(id: string, signal: AbortSignal): Promise<TrustStoreDetails>;
  /** @throws HandfastError `REMOTE_CONFLICT` with provider code `EntityAlreadyExists` */
  create(store: NewTrustStore, signal: AbortSignal): Promise<void>;
  /** @throws HandfastError `REMOTE_CONFLICT` with provider code `CannotDeleteEntityWhileInUse` or `PreconditionFailed` */
  delete(store: { readonly id: string; readonly etag: string }, signal: AbortSignal): Promise<void>;
  /** ARNs of the distributions that refer to a store. */
  users(id: string, signal: AbortSignal): Promise<readonly string[]>;
}
