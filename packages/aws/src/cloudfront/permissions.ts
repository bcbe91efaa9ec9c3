/**
 * The IAM actions behind every call, with the resources that each of them knows ("Actions, resources, and condition keys"
 * for Amazon CloudFront, for Amazon CloudFront KeyValueStore and for Amazon S3, Service Authorization Reference). Where it
 * could not be told whether an action knows a resource, `*` is named: a policy for that is enough in any case.
 */
import type { Permission } from "@handfast/core";
import { parseArn } from "../arn.ts";
import { fileObject, joinKey } from "../s3/keys.ts";
import type { CloudFrontAction } from "./actions.ts";
import type { StepOptions } from "./step.ts";

const on = (resource: string, ...actions: readonly string[]): readonly Permission[] =>
  actions.map((allow) => ({ allow, on: resource }));
const cloudfront = (...names: readonly string[]): readonly string[] =>
  names.map((name) => `cloudfront:${name}`);
const values = (...names: readonly string[]): readonly string[] =>
  names.map((name) => `cloudfront-keyvaluestore:${name}`);

/** What a write needs; without one, what a look at the distribution and at all stores needs. */
export function permissionsOfCloudFront(
  distribution: string,
  action: CloudFrontAction | undefined,
  { bucket, prefix }: Pick<StepOptions, "bucket" | "prefix">,
): readonly Permission[] {
  const { partition, account } = parseArn(distribution);
  // The service ends these ARNs with an id that nobody knows before a thing is made.
  const any = (type: string): string => `arn:${partition}:cloudfront::${account}:${type}/*`;
  const [stores, functions, lists] = [any("trust-store"), any("connection-function"), any("key-value-store")];
  const file = (key: string): string => fileObject(key, distribution, bucket);
  switch (action?.kind) {
    case undefined:
      return [
        ...on(
          "*",
          ...cloudfront(
            "ListConnectionFunctions",
            "ListDistributionsByTrustStore",
            "ListKeyValueStores",
            "ListTrustStores",
          ),
        ),
        ...on(distribution, ...cloudfront("GetDistribution", "ListTagsForResource")),
        ...on(stores, ...cloudfront("GetTrustStore")),
        ...on(any("origin-request-policy"), ...cloudfront("GetOriginRequestPolicy")),
        ...on(file(joinKey(prefix, "cloudfront/*")), "s3:GetObject"),
        ...on(`arn:${partition}:s3:::${bucket}`, "s3:GetBucketVersioning", "s3:ListBucket"),
      ];
    case "create-store":
      return [
        ...on("*", ...cloudfront("CreateTrustStore", "ListTrustStores")),
        ...on(stores, ...cloudfront("GetTrustStore", "ListTagsForResource", "TagResource")),
        // it is not documented whose rights the service reads with, so the caller's count
        ...on(file(action.bundle), "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"),
      ];
    case "create-list":
      return [
        ...on("*", ...cloudfront("CreateKeyValueStore")),
        ...on(lists, ...cloudfront("DescribeKeyValueStore", "TagResource")),
      ];
    case "write-list":
      return [
        ...on(lists, ...cloudfront("DescribeKeyValueStore")),
        ...on(lists, ...values("DescribeKeyValueStore", "GetKey", "UpdateKeys")),
        ...("unknown" in action.from ? on(lists, ...values("ListKeys")) : []),
        ...action.files.flatMap((key) => on(file(key), "s3:GetObject", "s3:PutObject")),
      ];
    case "create-function":
      return [
        ...on("*", ...cloudfront("CreateConnectionFunction", "ListConnectionFunctions")),
        ...on(lists, ...cloudfront("DescribeKeyValueStore")),
        ...on(
          functions,
          ...cloudfront(
            "DescribeConnectionFunction",
            "GetConnectionFunction",
            "PublishConnectionFunction",
            "TagResource",
          ),
        ),
      ];
    case "set-viewer": {
      const { from, to } = action;
      const hasStore = "store" in from.viewer || "store" in to.viewer;
      const hasFunction = from.connectionFunction !== null || to.connectionFunction !== null;
      return [
        ...on(distribution, ...cloudfront("GetDistributionConfig", "UpdateDistribution")),
        ...(hasStore ? on("*", ...cloudfront("ListTrustStores")) : []),
        ...(hasFunction ? on("*", ...cloudfront("ListConnectionFunctions")) : []),
        ...(action.expects === undefined ? [] : on(stores, ...cloudfront("GetTrustStore"))),
      ];
    }
    case "delete-store":
      return [
        ...on("*", ...cloudfront("ListDistributionsByTrustStore", "ListTrustStores")),
        ...on(stores, ...cloudfront("DeleteTrustStore", "GetTrustStore")),
        ...action.files.flatMap((key) => on(file(key), "s3:DeleteObject")),
      ];
    case "delete-function":
      return [
        ...on("*", ...cloudfront("ListConnectionFunctions")),
        ...on(functions, ...cloudfront("DeleteConnectionFunction", "DescribeConnectionFunction")),
      ];
    case "delete-list":
      return [
        ...on(lists, ...cloudfront("DeleteKeyValueStore", "DescribeKeyValueStore")),
        ...action.files.flatMap((key) => on(file(key), "s3:DeleteObject")),
      ];
    case "delete-file":
      return on(file(action.file), "s3:DeleteObject");
  }
}
