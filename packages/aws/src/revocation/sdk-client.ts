/** Both ports on the AWS SDK, whose clients are loaded at first use. */
import type * as CloudFront from "@aws-sdk/client-cloudfront";
import type * as Values from "@aws-sdk/client-cloudfront-keyvaluestore";
import { HandfastError } from "@handfast/core";
import { type CloudFrontSource, connectCloudFront } from "../distribution/sdk-client.ts";
import { orNothing } from "../leave-out-missing.ts";
import { translateError } from "../translate-error.ts";
import { withinTime } from "../within-time.ts";
import type { FunctionRecord, FunctionStage, KeyValues, RevocationControl, StoreRecord } from "./port.ts";

/** A client of yours for the data plane of key value stores, or what to make one of. */
export type KeyValueSource =
  | Values.CloudFrontKeyValueStoreClient
  | Values.CloudFrontKeyValueStoreClientConfig;

/** A call, for the error that it may end in. */
interface Call {
  readonly operation: string;
  readonly doing: string;
  readonly at?: Readonly<Record<string, string>> | undefined;
  readonly writes?: boolean | undefined;
}

async function call<R>(
  { operation, doing, at = {}, writes = false }: Call,
  send: () => Promise<R>,
): Promise<R> {
  try {
    return await send();
  } catch (error) {
    throw translateError(error, { operation, doing, at, writes });
  }
}

/** Connects to the control plane. Loads the SDK; sends nothing yet. */
export async function connectRevocationControl(options: {
  readonly source?: CloudFrontSource | undefined;
  /** Milliseconds until a call without an answer is given up. */
  readonly timeoutMs: number;
}): Promise<RevocationControl> {
  const { sdk, client } = await connectCloudFront(options);

  return {
    stores: async (abortSignal) => {
      const found: StoreRecord[] = [];
      let marker: string | undefined;
      do {
        const { KeyValueStoreList: page } = await call(
          { operation: "ListKeyValueStores", doing: "list key value stores" },
          () => client.send(new sdk.ListKeyValueStoresCommand({ Marker: marker }), { abortSignal }),
        );
        found.push(...(page?.Items ?? []).map(toStore));
        marker = page?.NextMarker;
      } while (marker);
      return found;
    },
    findStore: async (store, abortSignal) => {
      const facts = { operation: "DescribeKeyValueStore", doing: "read key value store", at: { store } };
      const found = await orNothing(
        call(facts, () =>
          client.send(new sdk.DescribeKeyValueStoreCommand({ Name: store }), { abortSignal }),
        ),
      );
      return found?.KeyValueStore && { ...toStore(found.KeyValueStore), etag: etagOf(found.ETag, facts) };
    },
    createStore: async ({ name, comment, tags }, abortSignal) => {
      const command = new sdk.CreateKeyValueStoreCommand({
        Name: name,
        Comment: comment,
        Tags: toTags(tags),
      });
      const facts = {
        operation: "CreateKeyValueStore",
        doing: "create key value store",
        at: { store: name },
      };
      await call({ ...facts, writes: true }, () => client.send(command, { abortSignal }));
    },
    deleteStore: async ({ name, etag }, abortSignal) => {
      const command = new sdk.DeleteKeyValueStoreCommand({ Name: name, IfMatch: etag });
      const facts = {
        operation: "DeleteKeyValueStore",
        doing: "delete key value store",
        at: { store: name },
      };
      await call({ ...facts, writes: true }, () => client.send(command, { abortSignal }));
    },
    functions: async (stage, abortSignal) => {
      const found: FunctionRecord[] = [];
      let marker: string | undefined;
      do {
        const { ConnectionFunctions = [], NextMarker } = await call(
          { operation: "ListConnectionFunctions", doing: "list connection functions", at: { stage } },
          () =>
            client.send(new sdk.ListConnectionFunctionsCommand({ Marker: marker, Stage: stage }), {
              abortSignal,
            }),
        );
        found.push(...ConnectionFunctions.map(toFunction));
        marker = NextMarker;
      } while (marker);
      return found;
    },
    findFunction: async (id, stage, abortSignal) => {
      const facts = aboutFunction("DescribeConnectionFunction", "read connection function", id, stage);
      const command = new sdk.DescribeConnectionFunctionCommand({ Identifier: id, Stage: stage });
      const found = await orNothing(call(facts, () => client.send(command, { abortSignal })));
      const { ConnectionFunctionSummary: summary, ETag } = found ?? {};
      return summary && { ...toFunction(summary), etag: etagOf(ETag, facts) };
    },
    functionSource: async (id, stage, abortSignal) => {
      const facts = aboutFunction("GetConnectionFunction", "read connection function", id, stage);
      const command = new sdk.GetConnectionFunctionCommand({ Identifier: id, Stage: stage });
      const found = await orNothing(call(facts, () => client.send(command, { abortSignal })));
      return found && new TextDecoder().decode(found.ConnectionFunctionCode ?? new Uint8Array());
    },
    createFunction: async ({ name, comment, runtime, storeArn, source, tags }, abortSignal) => {
      const command = new sdk.CreateConnectionFunctionCommand({
        Name: name,
        ConnectionFunctionConfig: {
          Comment: comment,
          Runtime: runtime as CloudFront.FunctionRuntime,
          KeyValueStoreAssociations: { Quantity: 1, Items: [{ KeyValueStoreARN: storeArn }] },
        },
        ConnectionFunctionCode: new TextEncoder().encode(source),
        Tags: toTags(tags),
      });
      const facts = {
        operation: "CreateConnectionFunction",
        doing: "create connection function",
        at: { function: name },
      };
      const { ConnectionFunctionSummary: made } = await call({ ...facts, writes: true }, () =>
        client.send(command, { abortSignal }),
      );
      return { id: made?.Id ?? "" };
    },
    publishFunction: async ({ id, etag }, abortSignal) => {
      const facts = aboutFunction(
        "PublishConnectionFunction",
        "publish connection function",
        id,
        "DEVELOPMENT",
      );
      const command = new sdk.PublishConnectionFunctionCommand({ Id: id, IfMatch: etag });
      await call({ ...facts, writes: true }, () => client.send(command, { abortSignal }));
    },
    deleteFunction: async ({ id, etag }, abortSignal) => {
      const facts = aboutFunction(
        "DeleteConnectionFunction",
        "delete connection function",
        id,
        "DEVELOPMENT",
      );
      const command = new sdk.DeleteConnectionFunctionCommand({ Id: id, IfMatch: etag });
      await call({ ...facts, writes: true }, () => client.send(command, { abortSignal }));
    },
  };
}

/** Where the data plane is reached, and by what. */
export interface KeyValueOptions {
  readonly source?: KeyValueSource | undefined;
  /** Milliseconds until a call without an answer is given up. */
  readonly timeoutMs: number;
  /** Loads the packages; a test leaves one out. */
  readonly load?: (() => Promise<typeof Values>) | undefined;
}

/**
 * Connects to the data plane. Loads the SDK; sends nothing yet.
 *
 * @throws HandfastError `PRECONDITION_FAILED` when a package is not installed
 */
export async function connectKeyValues(options: KeyValueOptions): Promise<KeyValues> {
  const { source = {}, timeoutMs, load = loadValues } = options;
  const sdk = await load().catch((cause: unknown) => {
    throw notInstalled(cause);
  });
  const client =
    "send" in source
      ? source
      : new sdk.CloudFrontKeyValueStoreClient({
          // The service is one for all regions, and signatures hold in all (SigV4A); a region is asked for all the same.
          region: "us-east-1",
          maxAttempts: 4,
          ...withinTime(timeoutMs),
          ...source,
        });

  return {
    describe: async (store, abortSignal) => {
      const facts = { operation: "DescribeKeyValueStore", doing: "read key value store", at: { store } };
      const found = await call(facts, () =>
        client.send(new sdk.DescribeKeyValueStoreCommand({ KvsARN: store }), { abortSignal }),
      );
      const { ItemCount = 0, TotalSizeInBytes = 0 } = found;
      return { etag: etagOf(found.ETag, facts), items: ItemCount, bytes: TotalSizeInBytes };
    },
    get: async (store, key, abortSignal) => {
      const facts = { operation: "GetKey", doing: "read key", at: { store, key } };
      const found = await orNothing(
        call(facts, () => client.send(new sdk.GetKeyCommand({ KvsARN: store, Key: key }), { abortSignal })),
      );
      return found && (found.Value ?? "");
    },
    list: async function* (store, abortSignal) {
      const facts = { operation: "ListKeys", doing: "list keys", at: { store } };
      let token: string | undefined;
      do {
        const command = new sdk.ListKeysCommand({ KvsARN: store, NextToken: token, MaxResults: 50 });
        const { Items = [], NextToken } = await call(facts, () => client.send(command, { abortSignal }));
        for (const { Key = "", Value = "" } of Items) yield { key: Key, value: Value };
        token = NextToken;
      } while (token);
    },
    update: async ({ storeArn, etag }, { puts, deletes }, abortSignal) => {
      const facts = { operation: "UpdateKeys", doing: "write keys", at: { store: storeArn } };
      const command = new sdk.UpdateKeysCommand({
        KvsARN: storeArn,
        IfMatch: etag,
        ...(puts.length === 0 ? {} : { Puts: puts.map(({ key, value }) => ({ Key: key, Value: value })) }),
        ...(deletes.length === 0 ? {} : { Deletes: deletes.map((key) => ({ Key: key })) }),
      });
      const { ETag } = await call({ ...facts, writes: true }, () => client.send(command, { abortSignal }));
      return etagOf(ETag, facts);
    },
  };
}

/** The client, and beside it the signer: without that one in the process the client refuses to sign for all regions. */
async function loadValues(): Promise<typeof Values> {
  const [sdk] = await Promise.all([
    import("@aws-sdk/client-cloudfront-keyvaluestore"),
    import("@aws-sdk/signature-v4a"),
  ]);
  return sdk;
}

function notInstalled(cause: unknown): unknown {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") return cause;
  return new HandfastError(
    "PRECONDITION_FAILED",
    "connect to key value stores failed: CRLs on CloudFront need two more packages of the AWS SDK; install @aws-sdk/client-cloudfront-keyvaluestore and @aws-sdk/signature-v4a",
    { operation: "import" },
    { cause },
  );
}

function aboutFunction(operation: string, doing: string, id: string, stage: FunctionStage): Call {
  return { operation, doing, at: { function: id, stage } };
}

function toStore({ Name, ARN, Status, Comment }: CloudFront.KeyValueStore): StoreRecord {
  return { name: Name ?? "", arn: ARN ?? "", ready: Status === "READY", comment: Comment ?? "" };
}

function toFunction(summary: CloudFront.ConnectionFunctionSummary): FunctionRecord {
  const { Comment = "", Runtime = "", KeyValueStoreAssociations } = summary.ConnectionFunctionConfig ?? {};
  return {
    id: summary.Id ?? "",
    name: summary.Name ?? "",
    comment: Comment,
    runtime: Runtime,
    stores: (KeyValueStoreAssociations?.Items ?? []).map(({ KeyValueStoreARN }) => KeyValueStoreARN ?? ""),
  };
}

function toTags(tags: Readonly<Record<string, string>>): CloudFront.Tags {
  return { Items: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
}

function etagOf(etag: string | undefined, { operation, doing, at = {} }: Call): string {
  if (etag !== undefined) return etag;
  const where = Object.entries(at).map(([name, value]) => `${name}=${value}`);
  throw new HandfastError(
    "REMOTE_UNEXPECTED",
    `${doing} failed [${where.join(", ")}]: the answer has no ETag; look for a proxy between here and CloudFront that changes answers`,
    { operation, facts: at },
  );
}
