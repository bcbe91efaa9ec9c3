import type { Bucket, S3Models } from "./models.ts";

/** A request that was found to be for a bucket, or for an object in one. */
export interface S3Call {
  readonly request: Request;
  readonly query: URLSearchParams;
  readonly models: S3Models;
  /** Who may not list a bucket is not told either that an object is not there. */
  readonly mayList: () => boolean;
  /** Whether there is a user or role of that ARN. */
  readonly exists: (arn: string) => boolean;
  readonly bucket: Bucket;
  /** Empty when the request is for the bucket itself. */
  readonly key: string;
  /** The key's revision when the request arrived. */
  readonly revision: number;
}
