/** Where in S3 a request points. */
export interface S3Address {
  /** Empty for a request to no bucket. */
  readonly bucket: string;
  /** Decoded; empty for the bucket itself. */
  readonly key: string;
  /** The endpoint's region; undefined at an endpoint that says none, such as one on loopback. */
  readonly region: string | undefined;
}

/** `s3.amazonaws.com`, `s3.<region>`, `s3-<region>`, `s3.dualstack.<region>`, each with or without a bucket before it. */
const hostPattern =
  /^(?:(?<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.)?s3(?:\.dualstack)?(?:[.-](?<region>[a-z]{2}(?:-[a-z]+)+-\d))?\.amazonaws\.com(?:\.cn)?$/;

/** Whether a host name is one of S3's own. */
export function isS3Host(hostname: string): boolean {
  return hostPattern.test(hostname);
}

/**
 * Bucket and key of a URL (Amazon S3 User Guide, "Virtual hosting of general purpose buckets"): virtual-hosted-style
 * at S3's own hosts and at `<bucket>.localhost`, path-style everywhere else.
 */
export function addressOf(url: URL): S3Address {
  const groups = hostPattern.exec(url.hostname)?.groups;
  const local = /^(.+)\.localhost$/.exec(url.hostname)?.[1];
  const bucket = groups?.bucket ?? local;
  const region = groups === undefined ? undefined : (groups.region ?? "us-east-1");
  const path = url.pathname.slice(1);
  if (bucket !== undefined) return { bucket, key: decode(path), region };
  const slash = path.indexOf("/");
  return slash < 0
    ? { bucket: decode(path), key: "", region }
    : { bucket: decode(path.slice(0, slash)), key: decode(path.slice(slash + 1)), region };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
