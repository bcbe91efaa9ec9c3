import { addressOf, isS3Host } from "./address.ts";
import { getObject } from "./handlers.ts";
import type { S3Models } from "./models.ts";
import { refuse, renderRefusal, S3Refused } from "./refusals.ts";
import type { Rights, Sender } from "./rights.ts";

/** How CloudFront asks an S3 origin. */
export interface OriginRead {
  /** Whether the request is signed for the distribution, by origin access control. @default true */
  readonly signed?: boolean | undefined;
  /** @default "GET" */
  readonly method?: "GET" | "HEAD" | undefined;
}

/**
 * What S3 answers to CloudFront.
 *
 * @param bucketDomainName of the origin: `site.s3.us-east-1.amazonaws.com`
 * @param path with the origin's own path before it; percent-encoded, as in a URL
 */
export type SiteOrigin = (bucketDomainName: string, path: string, how?: OriginRead) => Promise<Response>;

/**
 * S3 as the origin of one distribution ("Restrict access to an Amazon S3 origin"). Signed requests come from CloudFront
 * itself, for the distribution: only the bucket's policy can let them in. A key that is not there is refused like one
 * that may not be read, unless the bucket may be listed.
 */
export function siteOrigin(
  { models, rights }: { readonly models: S3Models; readonly rights: Rights },
  distributionArn: string,
): SiteOrigin {
  return async (bucketDomainName, path, { signed = true, method = "GET" } = {}) => {
    const url = new URL(`https://${bucketDomainName}${path}`);
    if (!isS3Host(url.hostname)) throw new TypeError(`${bucketDomainName} is no bucket's domain name`);
    const sender: Sender = signed
      ? { kind: "service", name: "cloudfront.amazonaws.com", sourceArn: distributionArn }
      : { kind: "anyone" };
    try {
      return read({ models, rights }, new Request(url, { method }), sender);
    } catch (error) {
      if (error instanceof S3Refused) return renderRefusal(error, { method, requestId: "origin" });
      throw error;
    }
  };
}

/** @throws S3Refused AccessDenied, NoSuchBucket, NoSuchKey, PermanentRedirect */
function read(
  { models, rights }: { readonly models: S3Models; readonly rights: Rights },
  request: Request,
  sender: Sender,
): Response {
  const url = new URL(request.url);
  const { bucket: name, key, region } = addressOf(url);
  const bucket = models.bucket(name);
  if (bucket === undefined) throw refuse("NoSuchBucket", { fields: { BucketName: name } });
  if (region !== bucket.region) {
    throw refuse("PermanentRedirect", {
      fields: { Endpoint: `${name}.s3.${bucket.region}.amazonaws.com`, Bucket: name },
      headers: { "x-amz-bucket-region": bucket.region },
    });
  }
  const may = (action: string, at?: string): string | undefined =>
    rights(sender, bucket, { action, key: at, kind: "read" });
  // A bucket's own address lists it.
  const denied = key === "" ? may("s3:ListBucket") : may("s3:GetObject", key);
  if (denied !== undefined) throw refuse("AccessDenied", { message: denied });
  if (key === "") throw refuse("NotImplemented", { message: "Lists as an origin are not simulated" });
  return getObject({
    request,
    query: new URLSearchParams(),
    models,
    mayList: () => may("s3:ListBucket") === undefined,
    exists: () => false,
    bucket,
    key,
    revision: 0,
  });
}
