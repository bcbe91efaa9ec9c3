/** What CloudFront looks up in services beside it. Each of them hands in an object of this shape. */

/** The certificates of ACM in us-east-1, the only region whose certificates CloudFront takes. */
export interface Certificates {
  /** By ARN, as PEM; undefined for one that is not there, or not issued yet. */
  find(
    arn: string,
  ): { readonly certificate: string; readonly chain: string; readonly key: string } | undefined;
  /** Calls back after every change. Returns the way to stop. */
  subscribe(changed: () => void): () => void;
}

/** A connection function, as a distribution uses it. */
export interface AssociatedFunction {
  readonly name: string;
  /** Its LIVE stage; undefined while it was never published. */
  readonly live:
    | {
        readonly code: string;
        /** ARN of the key value store that it reads. */
        readonly keyValueStore: string | undefined;
      }
    | undefined;
}

/** The connection functions of the account. */
export interface ConnectionFunctions {
  /** By id. */
  find(id: string): AssociatedFunction | undefined;
  /** Calls back after every change. Returns the way to stop. */
  subscribe(changed: () => void): () => void;
}

/** Something of the same account that has tags, and which the tagging operations of CloudFront therefore know. */
export interface TaggedResources {
  /** The tags of what has this ARN; undefined when nothing here has. */
  find(arn: string, stale: boolean): Readonly<Record<string, string>> | undefined;
  write(arn: string, tags: Readonly<Record<string, string>>): void;
}
