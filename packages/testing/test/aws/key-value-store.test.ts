import {
  CloudFrontKeyValueStoreClient,
  DeleteKeyCommand,
  DescribeKeyValueStoreCommand,
  GetKeyCommand,
  ListKeysCommand,
  PutKeyCommand,
  paginateListKeys,
  UpdateKeysCommand,
  type UpdateKeysCommandInput,
} from "@aws-sdk/client-cloudfront-keyvaluestore";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AwsOptions } from "../../src/index.ts";
import { simulate } from "../../src/index.ts";
import { refusal } from "./cloud.ts";
import { edgeCloud } from "./edge-cloud.ts";

describe("key value store", () => {
  let world: Awaited<ReturnType<typeof edgeCloud>>;
  let KvsARN: string;
  const connect = async (options: AwsOptions = {}): Promise<void> => {
    world = await edgeCloud(options);
    KvsARN = await world.store("revoked");
  };
  beforeEach(() => connect());
  afterEach(() => world.close());

  const look = () => world.values.send(new DescribeKeyValueStoreCommand({ KvsARN }));
  const etag = async (): Promise<string> => (await look()).ETag ?? "";
  const put = async (Key: string, Value = "", IfMatch?: string) =>
    world.values.send(new PutKeyCommand({ KvsARN, Key, Value, IfMatch: IfMatch ?? (await etag()) }));
  const get = async (Key: string) => (await world.values.send(new GetKeyCommand({ KvsARN, Key }))).Value;
  const remove = async (Key: string) =>
    world.values.send(new DeleteKeyCommand({ KvsARN, Key, IfMatch: await etag() }));
  const update = async (more: Pick<UpdateKeysCommandInput, "Puts" | "Deletes">, IfMatch?: string) =>
    world.values.send(new UpdateKeysCommand({ KvsARN, IfMatch: IfMatch ?? (await etag()), ...more }));
  const numbered = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ Key: `key-${index}`, Value: "x" }));

  it("keeps keys of any characters and values that may be empty, and counts both", async () => {
    const key = "a/b c:d%2F+ü?#&='";
    const first = await put(key, "the value");
    expect(first).toMatchObject({ ItemCount: 1, TotalSizeInBytes: Buffer.byteLength(key) + 9 });
    await put("empty");
    expect([await get(key), await get("empty")]).toEqual(["the value", ""]);
    await remove(key);
    expect(await look()).toMatchObject({ KvsARN, ItemCount: 1, TotalSizeInBytes: 5, Status: "READY" });
    expect(await refusal(get(key))).toMatchObject({ name: "ResourceNotFoundException", status: 404 });
    expect((await refusal(remove(key))).name).toBe("ResourceNotFoundException");
  });

  it("takes a write for the current version alone, and has versions of its own", async () => {
    const before = await etag();
    const { ETag } = await put("one");
    expect(ETag).toBe(await etag());
    const control = await world.controlEtag("revoked");
    expect(await refusal(put("two", "", before))).toMatchObject({ name: "ConflictException", status: 409 });
    expect(await refusal(put("two", "", control))).toMatchObject({
      name: "ValidationException",
      status: 400,
    });
    expect(await world.controlEtag("revoked")).toBe(control);
    expect((await look()).ItemCount).toBe(1);
  });

  it("UpdateKeys does all of it or nothing", async () => {
    await put("old", "1");
    const Puts = [{ Key: "new", Value: "2" }];
    const missing = update({ Puts, Deletes: [{ Key: "old" }, { Key: "never" }] });
    expect((await refusal(missing)).name).toBe("ResourceNotFoundException");
    expect([await get("old"), (await look()).ItemCount]).toEqual(["1", 1]);
    expect(await update({ Puts, Deletes: [{ Key: "old" }] })).toMatchObject({
      ItemCount: 1,
      TotalSizeInBytes: 4,
    });
    expect(await get("new")).toBe("2");
  });

  it.each<[string, () => Promise<unknown>, string, number]>([
    ["51 keys", () => update({ Puts: numbered(51) }), "ServiceQuotaExceededException", 402],
    ["nothing", () => update({}), "ValidationException", 400],
    [
      "a key twice",
      () => update({ Puts: numbered(1), Deletes: [{ Key: "key-0" }] }),
      "ValidationException",
      400,
    ],
    ["a key of more than 512 bytes", () => put("ü".repeat(257)), "ValidationException", 400],
    ["a value of more than 1024 bytes", () => put("key", "ü".repeat(513)), "ValidationException", 400],
  ])("refuses %s", async (_, call, name, status) => {
    expect(await refusal(call())).toMatchObject({ name, status });
  });

  it("is full at 5 MB, and takes a request of no more than 3", async () => {
    await world.close();
    await connect({ keyValueStore: { quotas: { storeBytes: 30, requestBytes: 200 } } });
    await update({ Puts: numbered(5) });
    expect(await refusal(update({ Puts: [{ Key: "a", Value: "b" }] }))).toMatchObject({
      name: "ServiceQuotaExceededException",
      status: 402,
    });
    await update({ Puts: [{ Key: "a", Value: "b" }], Deletes: [{ Key: "key-0" }] });
    const large = update({ Puts: [{ Key: "a", Value: "b".repeat(200) }] });
    expect((await refusal(large)).message).toContain("200 bytes");
  });

  it("ListKeys goes through all keys by pages of ten, also while some of them go", async () => {
    await update({ Puts: numbered(25) });
    const first = await world.values.send(new ListKeysCommand({ KvsARN }));
    expect(first.Items).toHaveLength(10);
    expect(first.Items?.map(({ Key }) => Key)).not.toEqual(numbered(10).map(({ Key }) => Key));
    await remove(first.Items?.at(-1)?.Key ?? "");
    const seen = new Set(first.Items?.map(({ Key }) => Key));
    const rest = paginateListKeys(
      { client: world.values, pageSize: 50, startingToken: first.NextToken },
      { KvsARN },
    );
    for await (const { Items = [] } of rest) for (const { Key } of Items) seen.add(Key);
    expect(seen.size).toBe(25);
    const left: (string | undefined)[] = [];
    for await (const { Items = [] } of paginateListKeys({ client: world.values }, { KvsARN })) {
      left.push(...Items.map(({ Key }) => Key));
    }
    expect([left.length, new Set(left).size]).toEqual([24, 24]);
    const tooMany = world.values.send(new ListKeysCommand({ KvsARN, MaxResults: 51 }));
    expect(await refusal(tooMany)).toMatchObject({ name: "ValidationException", status: 400 });
  });

  it("refuses who signed with another secret, and a body that is not the one that was signed", async () => {
    const secretAccessKey = "another";
    const stranger = world.valuesWith({ credentials: { ...world.cloud.credentials, secretAccessKey } });
    expect(await refusal(stranger.send(new DescribeKeyValueStoreCommand({ KvsARN })))).toMatchObject({
      name: "InvalidSignatureException",
      status: 403,
    });
    const tampering = world.valuesWith({});
    tampering.middlewareStack.add(
      (next) => (args) => {
        const { request } = args as { request: { body: Uint8Array } };
        const sent = new TextDecoder().decode(request.body);
        request.body = new TextEncoder().encode(sent.replace("harmless", "harmful!"));
        return next(args);
      },
      { step: "finalizeRequest", priority: "low" },
    );
    const tampered = tampering.send(
      new PutKeyCommand({ KvsARN, Key: "key", Value: "harmless", IfMatch: await etag() }),
    );
    expect((await refusal(tampered)).name).toBe("InvalidSignatureException");
    expect((await look()).ItemCount).toBe(0);
  });

  it("refuses a signature of version 4, and a session without its token", async () => {
    const url = new URL(world.valuesAt);
    const properties = {};
    const scheme = {
      name: "sigv4",
      signingName: "cloudfront-keyvaluestore",
      signingRegion: "us-east-1",
      properties,
    };
    const older = world.valuesWith({
      endpointProvider: () => ({ url, properties: { authSchemes: [scheme] } }),
    });
    const describe = new DescribeKeyValueStoreCommand({ KvsARN });
    expect((await refusal(older.send(describe))).name).toBe("IncompleteSignatureException");
    const Statement = { Effect: "Allow", Action: "cloudfront-keyvaluestore:*", Resource: KvsARN } as const;
    const session = world.cloud.addCredentials({ kind: "role", policies: [{ Statement }] });
    expect(await world.valuesWith({ credentials: session }).send(describe)).toMatchObject({ ItemCount: 0 });
    const { accessKeyId, secretAccessKey } = session;
    const bare = world.valuesWith({ credentials: { accessKeyId, secretAccessKey } });
    expect(await refusal(bare.send(describe))).toMatchObject({
      name: "UnrecognizedClientException",
      status: 403,
    });
  });

  it("asks IAM for the operation on the store", async () => {
    const user = world.cloud.addCredentials({ kind: "user" });
    const call = world.valuesWith({ credentials: user }).send(new GetKeyCommand({ KvsARN, Key: "key" }));
    expect(await refusal(call)).toMatchObject({ name: "AccessDeniedException", status: 403 });
    expect(world.cloud.rightsAsked(user.accessKeyId)).toMatchObject([
      { action: "cloudfront-keyvaluestore:GetKey", resource: KvsARN, allowed: false },
    ]);
  });

  it("tells its source of every write, and shows a stale read what was before", async () => {
    const source = world.cloud.keyValueSource(KvsARN);
    const seen: number[] = [];
    source.subscribe(() => seen.push(source.current().size));
    await put("one", "1");
    await update({ Puts: numbered(2) });
    expect(seen).toEqual([1, 3]);
    expect(source.current().get("one")).toBe("1");
    world.storm.add({ operation: "DescribeKeyValueStore", fault: { kind: "stale" } });
    expect([(await look()).ItemCount, (await look()).ItemCount]).toEqual([1, 3]);
    world.storm.add({ service: "cloudfront-keyvaluestore", fault: { kind: "throttle" } });
    expect((await refusal(look())).name).toBe("ThrottlingException");
    expect(world.simulation.log.count({ operation: "UpdateKeys", status: 200 })).toBe(1);
  });

  it("is at a host of its account inside the process", async () => {
    const { credentials, keyValueStore } = world.cloud;
    const simulation = simulate({ services: [keyValueStore] });
    simulation.start();
    try {
      const client = new CloudFrontKeyValueStoreClient({ region: "us-east-1", credentials, maxAttempts: 1 });
      expect(await client.send(new DescribeKeyValueStoreCommand({ KvsARN }))).toMatchObject({ ItemCount: 0 });
      const elsewhere = KvsARN.replace("111122223333", "444455556666");
      const other = client.send(new DescribeKeyValueStoreCommand({ KvsARN: elsewhere }));
      expect((await refusal(other)).name).toBe("AccessDeniedException");
    } finally {
      simulation.stop();
    }
  });
});
