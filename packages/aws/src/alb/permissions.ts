/**
 * The IAM actions behind every call of `sdk-client.ts`, with the resources that each of them knows ("Actions, resources,
 * and condition keys" for Elastic Load Balancing V2 and for Amazon S3, Service Authorization Reference).
 */
import type { Permission } from "@handfast/core";
import { parseArn } from "../arn.ts";
import { permissionsOfRehearsal } from "../rehearsal/rehearsal.ts";
import { fileObject } from "../s3/keys.ts";
import type { AlbAction } from "./actions.ts";
import { referredTo, storeObject } from "./state.ts";
import type { StepOptions } from "./steps.ts";

/** None of the describing actions knows a resource. */
const on = (resource: string, ...actions: readonly string[]): readonly Permission[] =>
  actions.map((allow) => ({ allow, on: resource }));
const balancing = (...names: readonly string[]): readonly string[] =>
  names.map((name) => `elasticloadbalancing:${name}`);

/** What a write needs; without one, what a look at the listener and at all stores needs. */
export function permissionsOfAlb(
  listener: string,
  action: AlbAction | undefined,
  { bucket, region }: Pick<StepOptions, "bucket" | "region">,
): readonly Permission[] {
  const { partition } = parseArn(listener);
  // The service ends a store's ARN with an id that nobody knows before it is made.
  const storeArn = (store: string): string => `${storeObject(store, listener)}/*`;
  const fileArn = (key: string): string => fileObject(key, listener, bucket);
  switch (action?.kind) {
    case undefined:
      return [
        ...on(
          "*",
          ...balancing(
            "DescribeListeners",
            "DescribeTags",
            "DescribeTrustStoreAssociations",
            "DescribeTrustStoreRevocations",
            "DescribeTrustStores",
          ),
        ),
        // Of any account: a listener may refer to a store that was shared with this one.
        ...on(
          `arn:${partition}:elasticloadbalancing:${region}:*:truststore/*/*`,
          ...balancing("GetTrustStoreCaCertificatesBundle", "GetTrustStoreRevocationContent"),
        ),
        ...on(`arn:${partition}:s3:::${bucket}`, "s3:GetBucketVersioning", "s3:ListBucket"),
      ];
    case "create-store":
      return [
        ...on("*", ...balancing("DescribeTags", "DescribeTrustStores")),
        ...on(
          storeArn(action.store),
          ...balancing("AddTags", "CreateTrustStore", "GetTrustStoreCaCertificatesBundle"),
        ),
        ...on(fileArn(action.bundle), ...copying),
      ];
    case "add-crl":
      return [
        ...on("*", ...balancing("DescribeTrustStoreRevocations", "DescribeTrustStores")),
        ...on(
          storeArn(action.store),
          ...balancing("AddTrustStoreRevocations", "GetTrustStoreRevocationContent"),
        ),
        ...on(fileArn(action.file), ...copying),
      ];
    case "set-listener": {
      const [store] = referredTo(action.to);
      return [
        ...on("*", ...balancing("DescribeListeners")),
        ...on(listener, ...balancing("ModifyListener")),
        ...(store === undefined ? [] : on("*", ...balancing("DescribeTrustStores"))),
        ...(store === undefined ? [] : lookingAt(storeArn(store), action.expects)),
      ];
    }
    case "open-rehearsal":
    case "close-rehearsal":
      return permissionsOfRehearsal(listener, action);
    case "delete-store":
      return [
        ...on("*", ...balancing("DescribeTrustStoreAssociations", "DescribeTrustStores")),
        ...on(storeArn(action.store), ...balancing("DeleteTrustStore")),
        ...action.files.flatMap((file) => on(fileArn(file), "s3:DeleteObject")),
      ];
    case "delete-file":
      return on(fileArn(action.file), "s3:DeleteObject");
  }
}

/** Putting a file, and having the service copy it: it is not documented whose rights it reads with, so the caller's count. */
const copying = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"];

/** A look at what a store holds, as far as something is expected of it. */
function lookingAt(
  storeArn: string,
  expects: Extract<AlbAction, { kind: "set-listener" }>["expects"],
): readonly Permission[] {
  if (expects === undefined || "unknown" in expects.anchors) return [];
  const bundle = on(storeArn, ...balancing("GetTrustStoreCaCertificatesBundle"));
  if ("unknown" in expects.crls) return bundle;
  return [
    ...bundle,
    ...on("*", ...balancing("DescribeTrustStoreRevocations")),
    ...(expects.crls.known.length === 0 ? [] : on(storeArn, ...balancing("GetTrustStoreRevocationContent"))),
  ];
}
