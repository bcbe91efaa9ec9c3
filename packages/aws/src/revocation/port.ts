/**
 * Two ports, since the service has two planes with ETags of their own: what one hands out, the other refuses. Every
 * call throws a `HandfastError` whose `details.provider.code` is the service's own code without `Exception`.
 */

/** A key value store, as the control plane tells of it. */
export interface StoreRecord {
  readonly name: string;
  readonly arn: string;
  /** False while it is provisioned: the data plane does not answer for it yet. */
  readonly ready: boolean;
  readonly comment: string;
}

/** `DEVELOPMENT` is what is edited, `LIVE` what was published last, and runs. */
export type FunctionStage = "DEVELOPMENT" | "LIVE";

/** One stage of a connection function. */
export interface FunctionRecord {
  readonly id: string;
  readonly name: string;
  readonly comment: string;
  readonly runtime: string;
  /** ARNs of the key value stores that it may read; the service takes one. */
  readonly stores: readonly string[];
}

/** A connection function to be made. */
export interface NewFunction {
  readonly name: string;
  readonly comment: string;
  readonly runtime: string;
  readonly storeArn: string;
  readonly source: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** The control plane: the CloudFront API, sections on key value stores and connection functions. */
export interface RevocationControl {
  /** All key value stores of the account (ListKeyValueStores). */
  stores(signal: AbortSignal): Promise<readonly StoreRecord[]>;
  /** With the ETag that {@link deleteStore} takes; undefined when there is none (DescribeKeyValueStore). */
  findStore(
    name: string,
    signal: AbortSignal,
  ): Promise<(StoreRecord & { readonly etag: string }) | undefined>;
  /** @throws HandfastError `REMOTE_CONFLICT` with provider code `EntityAlreadyExists` when there is one */
  createStore(
    store: {
      readonly name: string;
      readonly comment: string;
      readonly tags: Readonly<Record<string, string>>;
    },
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * @throws HandfastError `REMOTE_CONFLICT` with provider code `CannotDeleteEntityWhileInUse` while a function refers to
   * it, `PreconditionFailed` when the ETag is not its own any more
   */
  deleteStore(store: { readonly name: string; readonly etag: string }, signal: AbortSignal): Promise<void>;
  /** All connection functions of the account that have this stage (ListConnectionFunctions). */
  functions(stage: FunctionStage, signal: AbortSignal): Promise<readonly FunctionRecord[]>;
  /** One stage by id, with its ETag; undefined when there is none (DescribeConnectionFunction). */
  findFunction(
    id: string,
    stage: FunctionStage,
    signal: AbortSignal,
  ): Promise<(FunctionRecord & { readonly etag: string }) | undefined>;
  /** The source of one stage (GetConnectionFunction); undefined when there is none. */
  functionSource(id: string, stage: FunctionStage, signal: AbortSignal): Promise<string | undefined>;
  /**
   * Makes the stage `DEVELOPMENT`.
   *
   * @throws HandfastError `REMOTE_CONFLICT` with provider code `EntityAlreadyExists` when there is one of that name
   */
  createFunction(made: NewFunction, signal: AbortSignal): Promise<{ readonly id: string }>;
  /** Makes the stage `LIVE` of what is in `DEVELOPMENT`, by that one's ETag. The answer has no ETag. */
  publishFunction(at: { readonly id: string; readonly etag: string }, signal: AbortSignal): Promise<void>;
  /** Deletes both stages, by the ETag of `DEVELOPMENT`. Throws as {@link deleteStore}. */
  deleteFunction(at: { readonly id: string; readonly etag: string }, signal: AbortSignal): Promise<void>;
}

/** What the data plane says of a store as a whole. */
export interface StoreFacts {
  /** What {@link KeyValues.update} takes; not the control plane's. */
  readonly etag: string;
  readonly items: number;
  readonly bytes: number;
}

/** A key with its value. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** Puts and deletes that the service does all of, or none. */
export interface KeyBatch {
  readonly puts: readonly KeyValue[];
  readonly deletes: readonly string[];
}

/** The data plane: the CloudFront KeyValueStore API. */
export interface KeyValues {
  /** DescribeKeyValueStore of this plane. */
  describe(storeArn: string, signal: AbortSignal): Promise<StoreFacts>;
  /** GetKey; undefined when there is none. */
  get(storeArn: string, key: string, signal: AbortSignal): Promise<string | undefined>;
  /** ListKeys: all of them, 50 a call. */
  list(storeArn: string, signal: AbortSignal): AsyncIterable<KeyValue>;
  /**
   * UpdateKeys: at most 50 keys and 3 MB (CloudFront "Quotas"), all or nothing.
   *
   * @returns the new ETag
   * @throws HandfastError `REMOTE_CONFLICT` when the store is not at that ETag any more; `REMOTE_REJECTED` with provider
   * code `ServiceQuotaExceeded` when it is full
   */
  update(
    at: { readonly storeArn: string; readonly etag: string },
    batch: KeyBatch,
    signal: AbortSignal,
  ): Promise<string>;
}
