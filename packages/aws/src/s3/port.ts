/** An object as it stands in the bucket. */
export interface StoredObject {
  readonly bytes: Uint8Array;
  /** Of its current version; undefined where the bucket keeps no versions. */
  readonly version?: string | undefined;
  /** The mark that {@link BundleBucket.putNew} left on it. */
  readonly token?: string | undefined;
}

/** What can be said of the bucket as a whole. */
export interface BucketFacts {
  /** Whether writes get a version id that can be pinned; undefined when that may not be read. */
  readonly versioned: boolean | undefined;
}

/**
 * The few calls on one bucket that the adapters need. Every one throws a `HandfastError`; one that is called off by
 * the signal throws `ABORTED`.
 */
export interface BundleBucket {
  readonly name: string;
  /** `s3:HeadBucket`, `s3:GetBucketVersioning`. */
  describe(signal: AbortSignal): Promise<BucketFacts>;
  /**
   * Writes a text object that is not there yet (`If-None-Match: *`).
   *
   * @param token marks the object, so that a writer knows its own
   * @returns the version id, where the bucket keeps versions
   * @throws HandfastError `REMOTE_CONFLICT` with provider code `PreconditionFailed` when there is one
   */
  putNew(key: string, bytes: Uint8Array, token: string, signal: AbortSignal): Promise<string | undefined>;
  /** The current version, or undefined when there is none. */
  get(key: string, signal: AbortSignal): Promise<StoredObject | undefined>;
  /** Deletes the current version, with a marker where the bucket keeps versions. Success when there is none. */
  delete(key: string, signal: AbortSignal): Promise<void>;
}
