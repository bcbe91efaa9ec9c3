/** Names of files in a bucket. */

/** A key under a prefix, which has no slashes at its ends and may be empty. */
export function joinKey(prefix: string, rest: string): string {
  return prefix === "" ? rest : `${prefix}/${rest}`;
}

/** The name of a file in journals: its ARN. `beside` is any ARN of the same partition. */
export function fileObject(key: string, beside: string, bucket: string): string {
  return `arn:${beside.split(":")[1]}:s3:::${bucket}/${key}`;
}
