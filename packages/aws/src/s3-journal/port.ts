/** What an object is, without its bytes. */
export interface ObjectFacts {
  /** With its quotes: what conditions are made of. */
  readonly etag: string;
  /** Digest of its bytes in lower-case hex, where S3 keeps one. */
  readonly sha256?: string | undefined;
}

/** An object as it stands in the bucket. */
export interface StoredBytes {
  readonly etag: string;
  readonly bytes: Uint8Array;
}

/** A write. */
export interface ObjectWrite {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly contentType: string;
  /** `absent`: only when nothing is there. An ETag: only in place of that. */
  readonly onlyIf?: "absent" | { readonly etag: string } | undefined;
}

/** The few calls on one bucket that a journal needs. Every one throws a `HandfastError`. */
export interface JournalBucket {
  /** `s3:HeadObject`; undefined when there is none. */
  look(key: string, signal: AbortSignal): Promise<ObjectFacts | undefined>;
  /** `s3:GetObject`; undefined when there is none. */
  get(key: string, signal: AbortSignal): Promise<StoredBytes | undefined>;
  /**
   * `s3:PutObject`; answers with the new ETag.
   *
   * @throws HandfastError `REMOTE_CONFLICT` with provider code `PreconditionFailed` when the condition does not hold,
   * `ConditionalRequestConflict` when another write was under way; `REMOTE_NOT_FOUND` when there is nothing to replace
   */
  put(write: ObjectWrite, signal: AbortSignal): Promise<string>;
  /** `s3:ListBucket`, all pages. */
  list(prefix: string, signal: AbortSignal): Promise<readonly string[]>;
}
