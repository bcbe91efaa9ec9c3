/** The port {@link TrustStores} on the AWS SDK, whose client for CloudFront is loaded at first use. */
import type * as CloudFront from "@aws-sdk/client-cloudfront";
import { HandfastError } from "@handfast/core";
import { connectCloudFront, type DistributionsOptions } from "../distribution/sdk-client.ts";
import { type CallFacts, translateError } from "../translate-error.ts";
import type { TrustStoreRecord, TrustStores } from "./port.ts";

/** How many items a page has: the most that the service gives. */
const pageSize = 100;

/** Connects to the trust stores of an account. Loads the SDK; sends nothing yet. */
export async function connectTrustStores(options: DistributionsOptions): Promise<TrustStores> {
  const { sdk, client } = await connectCloudFront(options);

  const call = async <R>(facts: CallFacts, send: () => Promise<R>): Promise<R> => {
    try {
      return await send();
    } catch (error) {
      throw translateError(error, facts);
    }
  };

  /** All pages of a list: each answers with its items and the marker of the next. */
  const pages = async <T>(
    ask: (marker: string | undefined) => Promise<{ items: readonly T[]; next: string | undefined }>,
  ): Promise<T[]> => {
    const all: T[] = [];
    for (let marker: string | undefined; ; ) {
      const { items, next } = await ask(marker);
      all.push(...items);
      if (next === undefined || next === "") return all;
      marker = next;
    }
  };

  return {
    list: (abortSignal) =>
      pages(async (Marker) => {
        const command = new sdk.ListTrustStoresCommand({ Marker, MaxItems: pageSize });
        const { TrustStoreList = [], NextMarker } = await call(
          { operation: "ListTrustStores", doing: "read trust stores", at: {}, writes: false },
          () => client.send(command, { abortSignal }),
        );
        return { items: TrustStoreList.map(toStore), next: NextMarker };
      }),
    get: async (store, abortSignal) => {
      const { TrustStore = {}, ETag = "" } = await call(
        { operation: "GetTrustStore", doing: "read trust store", at: { store }, writes: false },
        () => client.send(new sdk.GetTrustStoreCommand({ Identifier: store }), { abortSignal }),
      );
      return {
        ...toStore(TrustStore),
        ocsp: TrustStore.UseClientCertificateOCSPEndpoint ?? false,
        etag: ETag,
      };
    },
    create: async ({ name, bundle, ocsp, tags }, abortSignal) => {
      const command = new sdk.CreateTrustStoreCommand({
        Name: name,
        CaCertificatesBundleSource: {
          CaCertificatesBundleS3Location: {
            Bucket: bundle.bucket,
            Key: bundle.key,
            Region: bundle.region,
            Version: bundle.version,
          },
        },
        UseClientCertificateOCSPEndpoint: ocsp,
        Tags: { Items: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) },
      });
      const at = { store: name, bundle: `s3://${bundle.bucket}/${bundle.key}` };
      await call({ operation: "CreateTrustStore", doing: "create trust store", at, writes: true }, () =>
        client.send(command, { abortSignal }),
      );
    },
    delete: async ({ id: store, etag }, abortSignal) => {
      await call(
        { operation: "DeleteTrustStore", doing: "delete trust store", at: { store }, writes: true },
        () => client.send(new sdk.DeleteTrustStoreCommand({ Id: store, IfMatch: etag }), { abortSignal }),
      );
    },
    users: (store, abortSignal) =>
      pages(async (Marker) => {
        const command = new sdk.ListDistributionsByTrustStoreCommand({
          TrustStoreIdentifier: store,
          Marker,
          MaxItems: pageSize,
        });
        const facts = {
          operation: "ListDistributionsByTrustStore",
          doing: "read which distributions refer to trust store",
          at: { store },
          writes: false,
        };
        const { DistributionList } = await call(facts, () => client.send(command, { abortSignal }));
        const { Items = [], IsTruncated, NextMarker } = DistributionList ?? {};
        return {
          items: Items.map(({ ARN = "" }) => ARN),
          next: IsTruncated === false ? undefined : NextMarker,
        };
      }),
  };
}

/**
 * A trust store from its description.
 *
 * @throws HandfastError `REMOTE_UNEXPECTED` for a status that is not known here: whether it can be used can't be told
 */
function toStore(store: Partial<CloudFront.TrustStore>): TrustStoreRecord {
  const { Id: id = "", Arn: arn = "", Name: name = "", Status: status, Reason: reason } = store;
  if (status !== "pending" && status !== "active" && status !== "failed") {
    throw new HandfastError(
      "REMOTE_UNEXPECTED",
      `read trust store failed [store=${name}]: the service answered with status ${status}, which this version does not know; update handfast`,
      { operation: "ListTrustStores", facts: { store: name } },
    );
  }
  return {
    id,
    arn,
    name,
    status,
    certificates: store.NumberOfCaCertificates ?? 0,
    modifiedAt: store.LastModifiedTime?.getTime() ?? 0,
    ...(reason === undefined || reason === "" ? {} : { reason }),
  };
}
