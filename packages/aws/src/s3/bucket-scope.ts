/** A bucket as options name it. */
interface NamedBucket {
  readonly name: string;
  readonly region: string;
  readonly expectedOwner?: string | undefined;
}

/** A prefix as keys have it: without slashes at its ends. */
export function trimPrefix(prefix: string): string {
  return prefix.replaceAll(/^\/+|\/+$/g, "");
}

/** What of a bucket decides where an adapter reads and writes: a part of its scope. */
export function scopeOfBucket(
  { name, region, expectedOwner }: NamedBucket,
  prefix: string,
): Readonly<Record<string, string>> {
  return {
    bucket: name,
    bucketRegion: region,
    prefix,
    ...(expectedOwner === undefined ? {} : { expectedOwner }),
  };
}
