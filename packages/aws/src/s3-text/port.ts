/** Which object, in a bucket that is known. */
export interface TextAddress {
  readonly key: string;
  /** A version of it; the current one when left out. */
  readonly version?: string | undefined;
}

/** The one call on a bucket that texts are read by. Throws a `HandfastError`. */
export interface TextBucket {
  /**
   * `s3:GetObject`, or `s3:GetObjectVersion` for a version.
   *
   * @returns the object's bytes; undefined when there are more than `most`, of which no more are loaded then
   * @throws HandfastError `REMOTE_NOT_FOUND`, `REMOTE_UNAUTHORIZED`, …
   */
  read(address: TextAddress, most: number): Promise<Uint8Array | undefined>;
}
