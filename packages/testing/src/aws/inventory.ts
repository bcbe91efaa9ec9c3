import type { AcmInventory } from "./acm/acm.ts";
import type { CloudfrontInventory } from "./cloudfront/inventory.ts";
import type { EdgeFunctionInventory } from "./connection-functions/edge-functions.ts";
import type { Elbv2State } from "./elbv2/models.ts";
import { off } from "./elbv2/mutual-authentication.ts";
import type { Bucket } from "./s3/models.ts";
import type { PublicAccessBlock } from "./s3/public-access.ts";

/** Everything that an account holds, for a test to compare: content and names, no ids and no dates. */
export interface AwsInventory extends CloudfrontInventory, EdgeFunctionInventory, AcmInventory {
  readonly listeners: readonly {
    readonly arn: string;
    readonly mode: "off" | "passthrough" | "verify";
    /** The store's name. */
    readonly trustStore: string | undefined;
    readonly ignoreExpiry: boolean;
    readonly advertiseNames: boolean;
  }[];
  /** Those of the account itself, visible yet or not, in the order in which they were made. */
  readonly trustStores: readonly {
    readonly name: string;
    /** PEM, in the store's order. */
    readonly anchors: readonly string[];
    /** PEM. */
    readonly crls: readonly string[];
  }[];
  /** Those of other accounts too, in the order in which they were made. */
  readonly buckets: readonly {
    readonly name: string;
    readonly region: string;
    readonly publicAccess: PublicAccessBlock | undefined;
    /** As it was put. */
    readonly policy: string | undefined;
  }[];
  /** What a read of each bucket finds. */
  readonly objects: readonly {
    readonly bucket: string;
    readonly key: string;
    /** As text. */
    readonly content: string;
    /** How often it was written since it was deleted last. */
    readonly writes: number;
  }[];
}

/** Reads the regional services behind the API's back: no call is counted, and no fault is met. */
export function readInventory(
  { listeners, stores }: Elbv2State,
  buckets: readonly Bucket[],
  accountId: string,
): Pick<AwsInventory, "listeners" | "trustStores" | "buckets" | "objects"> {
  return {
    listeners: [...listeners.values()].map(({ arn, mutualAuthentication }) => {
      const { mode, trustStoreArn, ignoreExpiry, advertise } = mutualAuthentication ?? off;
      const trustStore = trustStoreArn === undefined ? undefined : stores.get(trustStoreArn)?.name;
      return { arn, mode, trustStore, ignoreExpiry, advertiseNames: advertise === "on" };
    }),
    trustStores: [...stores.values()]
      .filter(({ owner }) => owner === accountId)
      .map(({ name, anchors, crls }) => ({ name, anchors, crls })),
    buckets: buckets.map(({ name, region, publicAccess, policy }) => ({
      name,
      region,
      publicAccess,
      policy: policy?.text,
    })),
    objects: buckets.flatMap((bucket) =>
      [...bucket.objects].flatMap(([key, versions]) => {
        const deleted = versions.findIndex(({ deleteMarker }) => deleteMarker);
        const writes = deleted < 0 ? versions.length : deleted;
        const [current] = versions;
        if (current === undefined || writes === 0) return [];
        return [{ bucket: bucket.name, key, content: Buffer.from(current.bytes).toString("utf8"), writes }];
      }),
    ),
  };
}
