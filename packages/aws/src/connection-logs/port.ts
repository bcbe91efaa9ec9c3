/** A file in a bucket of logs. */
export interface LogFile {
  readonly key: string;
  /** When it was put there. Milliseconds since the epoch. */
  readonly writtenAt: number;
}

/** The two calls on a bucket that logs are read by. Each throws a `HandfastError`; one that is called off, `ABORTED`. */
export interface LogBucket {
  readonly name: string;
  /** `s3:ListBucket`. All files below a prefix, in the order of their keys. */
  list(prefix: string, signal: AbortSignal): AsyncIterable<LogFile>;
  /**
   * `s3:GetObject`. The file's bytes as they come.
   *
   * @returns undefined when it is not there any more
   */
  open(key: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined>;
}
