/** The port {@link LoadBalancing} on the AWS SDK. The only file that imports the ELBv2 client; it is loaded at first use. */
import type * as Elb from "@aws-sdk/client-elastic-load-balancing-v2";
import { bisect, orNothing } from "../leave-out-missing.ts";
import { translateError } from "../translate-error.ts";
import { withinTime } from "../within-time.ts";
import { readBlock, toBlock, toListener, toStore } from "./answers.ts";
import { followLink } from "./follow-link.ts";
import type { LoadBalancing } from "./port.ts";

/** A client of yours, or what to make one of. */
export type ElbSource = Elb.ElasticLoadBalancingV2Client | Elb.ElasticLoadBalancingV2ClientConfig;

/** Where, and with what. */
export interface BalancingOptions {
  readonly region: string;
  readonly source?: ElbSource | undefined;
  /** Follows the presigned links under which the service hands out bundles and CRLs. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Milliseconds until a call, or a link, without an answer is given up. */
  readonly timeoutMs: number;
}

/** A call, for the error that it may end in. */
interface Call {
  readonly operation: string;
  readonly doing: string;
  readonly at?: Readonly<Record<string, string>> | undefined;
  readonly writes?: boolean | undefined;
}

/** How many ARNs a call takes: DescribeTags refuses more than 20 (ELBv2 API `DescribeTags`). */
const arnsPerCall = 20;

/** Connects to Elastic Load Balancing. Loads the SDK; sends nothing yet. */
export async function connectBalancing(options: BalancingOptions): Promise<LoadBalancing> {
  const { region, source = {}, fetch = globalThis.fetch, timeoutMs } = options;
  const sdk = await import("@aws-sdk/client-elastic-load-balancing-v2");
  const client =
    "send" in source
      ? source
      : new sdk.ElasticLoadBalancingV2Client({ region, maxAttempts: 4, ...withinTime(timeoutMs), ...source });

  const call = async <R>(facts: Call, send: () => Promise<R>): Promise<R> => {
    try {
      return await send();
    } catch (error) {
      throw translateError(error, { ...facts, writes: facts.writes ?? false, at: { ...facts.at, region } });
    }
  };

  /** All pages of a list. */
  const all = <Page, Item>(
    facts: Call,
    pages: AsyncIterable<Page>,
    itemsOf: (page: Page) => readonly Item[] | undefined,
  ): Promise<Item[]> =>
    call(facts, async () => {
      const items: Item[] = [];
      for await (const page of pages) items.push(...(itemsOf(page) ?? []));
      return items;
    });

  const download = (
    facts: Call,
    signal: AbortSignal,
    linkOf: () => Promise<string | undefined>,
  ): Promise<string> => call(facts, () => followLink(fetch, linkOf, { signal, timeoutMs }));

  const listenersBy = (
    input: Elb.DescribeListenersInput,
    at: Record<string, string>,
    abortSignal: AbortSignal,
  ) =>
    all(
      { operation: "DescribeListeners", doing: "read listeners", at },
      sdk.paginateDescribeListeners({ client }, input, { abortSignal }),
      ({ Listeners }) => Listeners?.map(toListener),
    );

  return {
    listeners: (arns, signal) =>
      bisect(arns, arnsPerCall, (some) =>
        listenersBy({ ListenerArns: [...some] }, { listeners: some.join(" ") }, signal),
      ),
    listenersOf: (loadBalancer, signal) =>
      listenersBy({ LoadBalancerArn: loadBalancer }, { loadBalancer }, signal),
    setAuthentication: async (listener, block, abortSignal) => {
      const { Listeners } = await call(
        { operation: "ModifyListener", doing: "set listener", at: { listener }, writes: true },
        () =>
          client.send(
            new sdk.ModifyListenerCommand({ ListenerArn: listener, MutualAuthentication: toBlock(block) }),
            { abortSignal },
          ),
      );
      return readBlock(Listeners?.[0]?.MutualAuthentication);
    },
    openBeside: async (listener, { port, block, tags }, abortSignal) => {
      const at = { listener, port: `${port}` };
      const { Listeners = [] } = await call(
        { operation: "DescribeListeners", doing: "read listener", at },
        () => client.send(new sdk.DescribeListenersCommand({ ListenerArns: [listener] }), { abortSignal }),
      );
      const [like] = Listeners;
      const command = new sdk.CreateListenerCommand({
        LoadBalancerArn: like?.LoadBalancerArn,
        Protocol: "HTTPS",
        Port: port,
        SslPolicy: like?.SslPolicy,
        Certificates: like?.Certificates?.map(({ CertificateArn }) => ({ CertificateArn })),
        MutualAuthentication: toBlock(block),
        DefaultActions: [
          { Type: "fixed-response", FixedResponseConfig: { StatusCode: "200", ContentType: "text/plain" } },
        ],
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      });
      await call({ operation: "CreateListener", doing: "open listener", at, writes: true }, () =>
        client.send(command, { abortSignal }),
      );
    },
    deleteListener: async (listener, abortSignal) => {
      await call(
        { operation: "DeleteListener", doing: "delete listener", at: { listener }, writes: true },
        () => client.send(new sdk.DeleteListenerCommand({ ListenerArn: listener }), { abortSignal }),
      );
    },
    stores: (abortSignal) =>
      all(
        { operation: "DescribeTrustStores", doing: "read trust stores" },
        sdk.paginateDescribeTrustStores({ client }, {}, { abortSignal }),
        ({ TrustStores }) => TrustStores?.map(toStore),
      ),
    findStore: async (store, abortSignal) => {
      const found = await orNothing(
        call({ operation: "DescribeTrustStores", doing: "find trust store", at: { store } }, () =>
          client.send(new sdk.DescribeTrustStoresCommand({ Names: [store] }), { abortSignal }),
        ),
      );
      return found?.TrustStores?.map(toStore)[0];
    },
    createStore: async ({ name, bundle, tags }, abortSignal) => {
      const command = new sdk.CreateTrustStoreCommand({
        Name: name,
        CaCertificatesBundleS3Bucket: bundle.bucket,
        CaCertificatesBundleS3Key: bundle.key,
        CaCertificatesBundleS3ObjectVersion: bundle.version,
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      });
      const at = { store: name, bundle: `s3://${bundle.bucket}/${bundle.key}` };
      await call({ operation: "CreateTrustStore", doing: "create trust store", at, writes: true }, () =>
        client.send(command, { abortSignal }),
      );
    },
    deleteStore: async (store, abortSignal) => {
      await call(
        { operation: "DeleteTrustStore", doing: "delete trust store", at: { store }, writes: true },
        () => client.send(new sdk.DeleteTrustStoreCommand({ TrustStoreArn: store }), { abortSignal }),
      );
    },
    bundle: (store, abortSignal) =>
      download(
        { operation: "GetTrustStoreCaCertificatesBundle", doing: "read trust store", at: { store } },
        abortSignal,
        async () => {
          const command = new sdk.GetTrustStoreCaCertificatesBundleCommand({ TrustStoreArn: store });
          return (await client.send(command, { abortSignal })).Location;
        },
      ),
    revocations: (store, abortSignal) =>
      all(
        { operation: "DescribeTrustStoreRevocations", doing: "read CRLs", at: { store } },
        sdk.paginateDescribeTrustStoreRevocations({ client }, { TrustStoreArn: store }, { abortSignal }),
        ({ TrustStoreRevocations }) => TrustStoreRevocations?.map((one) => one.RevocationId ?? Number.NaN),
      ),
    revocation: (store, id, abortSignal) =>
      download(
        { operation: "GetTrustStoreRevocationContent", doing: "read CRL", at: { store, id: `${id}` } },
        abortSignal,
        async () => {
          const command = new sdk.GetTrustStoreRevocationContentCommand({
            TrustStoreArn: store,
            RevocationId: id,
          });
          return (await client.send(command, { abortSignal })).Location;
        },
      ),
    addRevocation: async (store, crl, abortSignal) => {
      const command = new sdk.AddTrustStoreRevocationsCommand({
        TrustStoreArn: store,
        RevocationContents: [
          { S3Bucket: crl.bucket, S3Key: crl.key, S3ObjectVersion: crl.version, RevocationType: "CRL" },
        ],
      });
      const at = { store, crl: `s3://${crl.bucket}/${crl.key}` };
      await call({ operation: "AddTrustStoreRevocations", doing: "attach CRL", at, writes: true }, () =>
        client.send(command, { abortSignal }),
      );
    },
    associations: (store, abortSignal) =>
      all(
        {
          operation: "DescribeTrustStoreAssociations",
          doing: "read who uses the trust store",
          at: { store },
        },
        sdk.paginateDescribeTrustStoreAssociations({ client }, { TrustStoreArn: store }, { abortSignal }),
        ({ TrustStoreAssociations }) => TrustStoreAssociations?.map(({ ResourceArn }) => ResourceArn ?? ""),
      ),
    tags: async (arns, abortSignal) => {
      const described = await bisect(arns, arnsPerCall, async (some) => {
        const at = { resources: some.join(" ") };
        const { TagDescriptions } = await call({ operation: "DescribeTags", doing: "read tags", at }, () =>
          client.send(new sdk.DescribeTagsCommand({ ResourceArns: [...some] }), { abortSignal }),
        );
        return TagDescriptions ?? [];
      });
      return new Map(
        described.map(({ ResourceArn, Tags }) => [
          ResourceArn ?? "",
          Object.fromEntries((Tags ?? []).map(({ Key, Value }) => [Key ?? "", Value ?? ""])),
        ]),
      );
    },
  };
}
