import { renderXml, type XmlValue } from "../xml.ts";
import { isPublic, type PublicAccessBlock, publicAccessSettings } from "./public-access.ts";
import { namespace, readDocument, readSetting } from "./read-document.ts";
import { readPolicy } from "./read-policy.ts";
import { refuse } from "./refusals.ts";
import type { S3Call } from "./s3-call.ts";

/** An answer in XML. */
export function documentOf(root: string, value: XmlValue): Response {
  const xml = renderXml(root, value, "flat").replace(`<${root}`, `<${root} xmlns="${namespace}"`);
  return new Response(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`, {
    status: 200,
    headers: { "content-type": "application/xml" },
  });
}

/** HeadBucket. */
export function headBucket({ bucket }: S3Call): Response {
  return new Response(null, {
    status: 200,
    headers: { "content-type": "application/xml", "x-amz-bucket-region": bucket.region },
  });
}

/** DeleteBucket: an empty one, of all versions and delete markers. */
export function deleteBucket({ bucket, models }: S3Call): Response {
  if (bucket.objects.size > 0) {
    const versions = "You must delete all versions in the bucket.";
    throw refuse("BucketNotEmpty", {
      message:
        bucket.versioning === "never"
          ? undefined
          : `The bucket you tried to delete is not empty. ${versions}`,
      fields: { BucketName: bucket.name },
    });
  }
  models.deleteBucket(bucket.name);
  return new Response(null, { status: 204 });
}

/** GetBucketLocation: us-east-1 goes without saying. */
export function getBucketLocation({ bucket }: S3Call): Response {
  return documentOf("LocationConstraint", bucket.region === "us-east-1" ? "" : bucket.region);
}

/** GetBucketVersioning. */
export function getBucketVersioning({ bucket }: S3Call): Response {
  return documentOf("VersioningConfiguration", {
    Status: bucket.versioning === "never" ? undefined : bucket.versioning,
  });
}

/** PutBucketVersioning. */
export async function putBucketVersioning({ request, bucket }: S3Call): Promise<Response> {
  const text = await readSetting(request);
  const status = readDocument(text, "VersioningConfiguration", (root) =>
    root.oneOf<"Enabled" | "Suspended">("Status", ["Enabled", "Suspended"]),
  );
  if (status === undefined) throw refuse("IllegalVersioningConfigurationException");
  bucket.versioning = status;
  return new Response(null, { status: 200 });
}

/** GetPublicAccessBlock. */
export function getPublicAccessBlock({ bucket }: S3Call): Response {
  const { publicAccess } = bucket;
  if (publicAccess === undefined) {
    throw refuse("NoSuchPublicAccessBlockConfiguration", { fields: { BucketName: bucket.name } });
  }
  return documentOf(
    "PublicAccessBlockConfiguration",
    Object.fromEntries(publicAccessSettings.map((name) => [name, publicAccess[name]])),
  );
}

/** PutPublicAccessBlock: what is left out is off. */
export async function putPublicAccessBlock({ request, bucket }: S3Call): Promise<Response> {
  const text = await readSetting(request);
  bucket.publicAccess = readDocument(text, "PublicAccessBlockConfiguration", (root): PublicAccessBlock => {
    const isOn = (name: keyof PublicAccessBlock): boolean => root.boolean(name) ?? false;
    return {
      BlockPublicAcls: isOn("BlockPublicAcls"),
      IgnorePublicAcls: isOn("IgnorePublicAcls"),
      BlockPublicPolicy: isOn("BlockPublicPolicy"),
      RestrictPublicBuckets: isOn("RestrictPublicBuckets"),
    };
  });
  return new Response(null, { status: 200 });
}

/** DeletePublicAccessBlock. */
export function deletePublicAccessBlock({ bucket }: S3Call): Response {
  bucket.publicAccess = undefined;
  return new Response(null, { status: 204 });
}

/** GetBucketPolicy: the text as it was put. */
export function getBucketPolicy({ bucket }: S3Call): Response {
  if (bucket.policy === undefined) {
    throw refuse("NoSuchBucketPolicy", { fields: { BucketName: bucket.name } });
  }
  return new Response(bucket.policy.text, { status: 200, headers: { "content-type": "application/json" } });
}

/** PutBucketPolicy. A policy that is public is refused while the public access block says so. */
export async function putBucketPolicy({ request, bucket, exists }: S3Call): Promise<Response> {
  const text = await readSetting(request);
  const policy = readPolicy(text, bucket.name, exists);
  if (bucket.publicAccess?.BlockPublicPolicy === true && isPublic(policy)) {
    throw refuse("AccessDenied", {
      message: `PutBucketPolicy on arn:aws:s3:::${bucket.name} is denied because public policies are blocked by the BlockPublicPolicy block public access setting.`,
    });
  }
  bucket.policy = { ...policy, text };
  return new Response(null, { status: 204 });
}

/** DeleteBucketPolicy. */
export function deleteBucketPolicy({ bucket }: S3Call): Response {
  bucket.policy = undefined;
  return new Response(null, { status: 204 });
}

/** GetBucketEncryption: every bucket encrypts with keys of S3, at least. */
export function getBucketEncryption({ bucket }: S3Call): Response {
  return documentOf("ServerSideEncryptionConfiguration", {
    Rule: [
      {
        ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" },
        BucketKeyEnabled: bucket.bucketKey,
      },
    ],
  });
}

/** PutBucketEncryption, with keys of S3. */
export async function putBucketEncryption({ request, bucket }: S3Call): Promise<Response> {
  const text = await readSetting(request);
  bucket.bucketKey = readDocument(text, "ServerSideEncryptionConfiguration", (root) => {
    const algorithm = root.text("Rule/ApplyServerSideEncryptionByDefault/SSEAlgorithm");
    if (algorithm === undefined || root.children("Rule").length !== 1) throw refuse("MalformedXML");
    if (algorithm !== "AES256") {
      throw refuse("NotImplemented", { message: `Encryption by ${algorithm} is not simulated` });
    }
    return root.boolean("Rule/BucketKeyEnabled") ?? false;
  });
  return new Response(null, { status: 200 });
}

/** DeleteBucketEncryption: back to what every bucket begins with. */
export function deleteBucketEncryption({ bucket }: S3Call): Response {
  bucket.bucketKey = false;
  return new Response(null, { status: 204 });
}
