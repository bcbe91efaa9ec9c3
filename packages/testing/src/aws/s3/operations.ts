import {
  deleteBucket,
  deleteBucketEncryption,
  deleteBucketPolicy,
  deletePublicAccessBlock,
  documentOf,
  getBucketEncryption,
  getBucketLocation,
  getBucketPolicy,
  getBucketVersioning,
  getPublicAccessBlock,
  headBucket,
  putBucketEncryption,
  putBucketPolicy,
  putBucketVersioning,
  putPublicAccessBlock,
} from "./bucket-settings.ts";
import { type CreateCall, createBucket } from "./create-bucket.ts";
import { deleteObject, getObject, putObject, readTagging } from "./handlers.ts";
import { listObjects, listObjectVersions } from "./listings.ts";
import { refuse } from "./refusals.ts";
import type { S3Call } from "./s3-call.ts";

/** An operation on a bucket that is there. */
export interface BucketOperation {
  readonly name: string;
  /** The IAM action, where it is not called like the operation; `versioned` for one that names a version. */
  readonly action?: string | undefined;
  readonly versioned?: string | undefined;
  /** Whether accounts that may only read may call it. */
  readonly kind: "read" | "write";
  readonly answer: (call: S3Call) => Response | Promise<Response>;
}

/** An operation that needs no bucket. */
export interface CreateOperation {
  readonly name: string;
  readonly kind: "create";
  readonly answer: (call: CreateCall) => Promise<Response>;
}

/** What a request asks for. */
export type Operation = BucketOperation | CreateOperation;

/** Subresources that select another operation; the ones not in a route below are not simulated. */
const subresources = [
  "abac",
  "accelerate",
  "acl",
  "analytics",
  "attributes",
  "cors",
  "delete",
  "encryption",
  "intelligent-tiering",
  "inventory",
  "legal-hold",
  "lifecycle",
  "list-type",
  "location",
  "logging",
  "metadataConfiguration",
  "metadataTable",
  "metrics",
  "notification",
  "object-lock",
  "ownershipControls",
  "policy",
  "policyStatus",
  "publicAccessBlock",
  "renameObject",
  "replication",
  "requestPayment",
  "restore",
  "retention",
  "select",
  "session",
  "tagging",
  "torrent",
  "uploadId",
  "uploads",
  "versioning",
  "versions",
  "website",
];

const routes: Readonly<Record<string, Operation>> = {
  "PUT bucket": { name: "CreateBucket", kind: "create", answer: createBucket },
  "DELETE bucket": { name: "DeleteBucket", kind: "write", answer: deleteBucket },
  "HEAD bucket": { name: "HeadBucket", action: "ListBucket", kind: "read", answer: headBucket },
  "GET bucket list-type": {
    name: "ListObjectsV2",
    action: "ListBucket",
    kind: "read",
    answer: (call) => documentOf("ListBucketResult", listObjects(call)),
  },
  "GET bucket versions": {
    name: "ListObjectVersions",
    action: "ListBucketVersions",
    kind: "read",
    answer: (call) => documentOf("ListVersionsResult", listObjectVersions(call)),
  },
  "GET bucket location": { name: "GetBucketLocation", kind: "read", answer: getBucketLocation },
  "GET bucket versioning": { name: "GetBucketVersioning", kind: "read", answer: getBucketVersioning },
  "PUT bucket versioning": { name: "PutBucketVersioning", kind: "write", answer: putBucketVersioning },
  "GET bucket publicAccessBlock": {
    name: "GetPublicAccessBlock",
    action: "GetBucketPublicAccessBlock",
    kind: "write",
    answer: getPublicAccessBlock,
  },
  "PUT bucket publicAccessBlock": {
    name: "PutPublicAccessBlock",
    action: "PutBucketPublicAccessBlock",
    kind: "write",
    answer: putPublicAccessBlock,
  },
  "DELETE bucket publicAccessBlock": {
    name: "DeletePublicAccessBlock",
    action: "PutBucketPublicAccessBlock",
    kind: "write",
    answer: deletePublicAccessBlock,
  },
  "GET bucket policy": { name: "GetBucketPolicy", kind: "write", answer: getBucketPolicy },
  "PUT bucket policy": { name: "PutBucketPolicy", kind: "write", answer: putBucketPolicy },
  "DELETE bucket policy": { name: "DeleteBucketPolicy", kind: "write", answer: deleteBucketPolicy },
  "GET bucket encryption": {
    name: "GetBucketEncryption",
    action: "GetEncryptionConfiguration",
    kind: "write",
    answer: getBucketEncryption,
  },
  "PUT bucket encryption": {
    name: "PutBucketEncryption",
    action: "PutEncryptionConfiguration",
    kind: "write",
    answer: putBucketEncryption,
  },
  "DELETE bucket encryption": {
    name: "DeleteBucketEncryption",
    action: "PutEncryptionConfiguration",
    kind: "write",
    answer: deleteBucketEncryption,
  },
  "PUT object": { name: "PutObject", kind: "write", answer: putObject },
  "GET object": { name: "GetObject", versioned: "GetObjectVersion", kind: "read", answer: getObject },
  "HEAD object": {
    name: "HeadObject",
    action: "GetObject",
    versioned: "GetObjectVersion",
    kind: "read",
    answer: getObject,
  },
  "DELETE object": {
    name: "DeleteObject",
    versioned: "DeleteObjectVersion",
    kind: "write",
    answer: deleteObject,
  },
  "GET object tagging": {
    name: "GetObjectTagging",
    versioned: "GetObjectVersionTagging",
    kind: "read",
    answer: (call) => documentOf("Tagging", readTagging(call)),
  },
};

/** What a request to a bucket or to an object in one asks for. */
export function operationOf(
  method: string,
  at: "nothing" | "bucket" | "object",
  query: URLSearchParams,
): Operation {
  const subresource = subresources.find((name) => query.has(name));
  const route = [method, at, subresource].filter(Boolean).join(" ");
  const known = routes[route];
  if (known !== undefined) return known;
  return {
    name: query.get("x-id") ?? route,
    kind: "write",
    answer: () => {
      throw refuse("NotImplemented", { message: `${route} is not simulated` });
    },
  };
}
