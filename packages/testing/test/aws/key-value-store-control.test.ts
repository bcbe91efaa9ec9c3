import {
  CreateConnectionFunctionCommand,
  CreateKeyValueStoreCommand,
  type CreateKeyValueStoreCommandInput,
  DeleteConnectionFunctionCommand,
  DeleteKeyValueStoreCommand,
  DescribeKeyValueStoreCommand,
  ListTagsForResourceCommand,
  paginateListKeyValueStores,
  TagResourceCommand,
  UpdateKeyValueStoreCommand,
} from "@aws-sdk/client-cloudfront";
import {
  DescribeKeyValueStoreCommand as DescribeContentCommand,
  GetKeyCommand,
  PutKeyCommand,
} from "@aws-sdk/client-cloudfront-keyvaluestore";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { refusal } from "./cloud.ts";
import { edgeCloud } from "./edge-cloud.ts";

describe("key value stores of CloudFront", () => {
  let world: Awaited<ReturnType<typeof edgeCloud>>;
  beforeEach(async () => {
    world = await edgeCloud();
  });
  afterEach(() => world.close());

  const create = (Name: string, more: Partial<CreateKeyValueStoreCommandInput> = {}) =>
    world.cloudfront.send(new CreateKeyValueStoreCommand({ Name, ...more }));
  const look = (Name: string) => world.cloudfront.send(new DescribeKeyValueStoreCommand({ Name }));
  const remove = (Name: string, IfMatch: string) =>
    world.cloudfront.send(new DeleteKeyValueStoreCommand({ Name, IfMatch }));
  const content = (KvsARN: string) => world.values.send(new DescribeContentCommand({ KvsARN }));
  const put = (KvsARN: string, IfMatch: string) =>
    world.values.send(new PutKeyCommand({ KvsARN, Key: "key", Value: "value", IfMatch }));

  it("are PROVISIONING until they are READY, and can't be written before", async () => {
    const made = await create("revoked", { Comment: "by hand" });
    expect(made).toMatchObject({
      Location: "https://cloudfront.amazonaws.com/2020-05-31/key-value-store/revoked",
      KeyValueStore: { Name: "revoked", Comment: "by hand", Status: "PROVISIONING" },
    });
    const arn = made.KeyValueStore?.ARN ?? "";
    expect(arn).toMatch(/^arn:aws:cloudfront::111122223333:key-value-store\/[0-9a-f-]{36}$/);
    const early = await content(arn);
    expect(early.Status).toBe("PROVISIONING");
    expect(await refusal(put(arn, early.ETag ?? ""))).toMatchObject({
      name: "ConflictException",
      status: 409,
    });
    await world.clock.advance(10_000);
    expect((await look("revoked")).KeyValueStore?.Status).toBe("READY");
    await put(arn, early.ETag ?? "");
    expect(world.cloud.inventory().keyValueStores).toEqual([{ name: "revoked", items: { key: "value" } }]);
  });

  it("have a name that is their own, a comment that changes, and tags", async () => {
    const { KeyValueStore, ETag = "" } = await create("revoked", {
      Tags: { Items: [{ Key: "a", Value: "b" }] },
    });
    expect(await refusal(create("revoked"))).toMatchObject({ name: "EntityAlreadyExists", status: 409 });
    expect(await refusal(create("two words"))).toMatchObject({ name: "InvalidArgument", status: 400 });
    const update = { Name: "revoked", Comment: "other", IfMatch: ETag };
    const updated = await world.cloudfront.send(new UpdateKeyValueStoreCommand(update));
    expect(updated.KeyValueStore?.Comment).toBe("other");
    const again = world.cloudfront.send(new UpdateKeyValueStoreCommand(update));
    expect(await refusal(again)).toMatchObject({ name: "PreconditionFailed", status: 412 });
    const Resource = KeyValueStore?.ARN ?? "";
    await world.cloudfront.send(new TagResourceCommand({ Resource, Tags: { Items: [{ Key: "c" }] } }));
    const { Tags } = await world.cloudfront.send(new ListTagsForResourceCommand({ Resource }));
    expect(Tags?.Items?.map(({ Key }) => Key)).toEqual(["a", "c"]);
  });

  it("are listed by pages and by status, as many as there is room for", async () => {
    await world.close();
    world = await edgeCloud({ keyValueStore: { quotas: { stores: 3 } } });
    for (const name of ["one", "two"]) await world.store(name);
    await create("three");
    expect(await refusal(create("four"))).toMatchObject({ name: "EntityLimitExceeded", status: 400 });
    const names = async (Status?: string) => {
      const pages = [];
      const input = Status === undefined ? {} : { Status };
      for await (const page of paginateListKeyValueStores({ client: world.cloudfront, pageSize: 2 }, input)) {
        pages.push((page.KeyValueStoreList?.Items ?? []).map(({ Name }) => Name));
      }
      return pages;
    };
    expect(await names()).toEqual([["one", "two"], ["three"]]);
    expect(await names("READY")).toEqual([["one", "two"]]);
    world.storm.add({ operation: "ListKeyValueStores", fault: { kind: "stale" } });
    expect(await names()).toEqual([["one", "two"]]);
  });

  it("are deleted by the control plane's version, and not while a function refers to them", async () => {
    const KeyValueStoreARN = await world.store("revoked");
    const etag = await world.controlEtag("revoked");
    const Items = [{ KeyValueStoreARN }];
    const made = await world.cloudfront.send(
      new CreateConnectionFunctionCommand({
        Name: "check",
        ConnectionFunctionConfig: {
          Comment: "",
          Runtime: "cloudfront-js-2.0",
          KeyValueStoreAssociations: { Quantity: 1, Items },
        },
        ConnectionFunctionCode: Buffer.from("function connectionHandler() {}"),
      }),
    );
    expect(await refusal(remove("revoked", etag))).toMatchObject({
      name: "CannotDeleteEntityWhileInUse",
      status: 409,
    });
    const { Id = "" } = made.ConnectionFunctionSummary ?? {};
    await world.cloudfront.send(new DeleteConnectionFunctionCommand({ Id, IfMatch: made.ETag }));
    const data = (await content(KeyValueStoreARN)).ETag ?? "";
    expect((await refusal(remove("revoked", data))).name).toBe("PreconditionFailed");
    await remove("revoked", etag);
    expect(await refusal(look("revoked"))).toMatchObject({ name: "EntityNotFound", status: 404 });
    expect((await refusal(content(KeyValueStoreARN))).name).toBe("ResourceNotFoundException");
  });

  it("are filled from a file in S3, whose faults the status tells", async () => {
    world.cloud.createBucket("lists", { region: "us-east-1" });
    const from = async (Key: string, file: unknown) => {
      await world.s3.send(new PutObjectCommand({ Bucket: "lists", Key, Body: JSON.stringify(file) }));
      return { ImportSource: { SourceType: "S3" as const, SourceARN: `arn:aws:s3:::lists/${Key}` } };
    };
    const entry = { key: "1f", value: "issuer" };
    const KvsARN = await world.store("good", await from("good.json", { data: [entry] }));
    expect(await world.values.send(new GetKeyCommand({ KvsARN, Key: "1f" }))).toMatchObject({
      Value: "issuer",
    });
    const bad = await world.store("bad", await from("bad.json", { data: [entry, entry] }));
    expect(await content(bad)).toMatchObject({
      Status: "FAILED",
      FailureReason: expect.stringContaining("twice"),
      ItemCount: 0,
    });
    const missing = { ImportSource: { SourceType: "S3" as const, SourceARN: "arn:aws:s3:::lists/none" } };
    expect((await refusal(create("none", missing))).name).toBe("InvalidArgument");
  });

  it("are put back by a snapshot with what was in them", async () => {
    const arn = await world.store("revoked");
    const restore = world.cloud.snapshot();
    await put(arn, (await content(arn)).ETag ?? "");
    await create("second");
    restore();
    expect(world.cloud.inventory().keyValueStores).toEqual([{ name: "revoked", items: {} }]);
  });

  it("ask IAM for the store by its ARN, and for tagging", async () => {
    const KvsARN = await world.store("revoked");
    const key = world.cloud.addCredentials({ kind: "user" });
    const user = world.cloudfrontWith({ credentials: key });
    const read = user.send(new DescribeKeyValueStoreCommand({ Name: "revoked" }));
    expect(await refusal(read)).toMatchObject({ name: "AccessDenied", status: 403 });
    expect(world.cloud.rightsAsked(key.accessKeyId)).toMatchObject([
      { action: "cloudfront:DescribeKeyValueStore", resource: KvsARN, allowed: false },
    ]);
  });
});
