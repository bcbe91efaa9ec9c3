import {
  type ConnectionFunctionSummary,
  CreateConnectionFunctionCommand,
  type CreateConnectionFunctionCommandInput,
  CreateOriginRequestPolicyCommand,
  DeleteConnectionFunctionCommand,
  DescribeConnectionFunctionCommand,
  type FunctionStage,
  GetConnectionFunctionCommand,
  GetDistributionConfigCommand,
  ListConnectionFunctionsCommand,
  ListTagsForResourceCommand,
  PublishConnectionFunctionCommand,
  TestConnectionFunctionCommand,
  UpdateConnectionFunctionCommand,
  UpdateDistributionCommand,
} from "@aws-sdk/client-cloudfront";
import { DescribeKeyValueStoreCommand, PutKeyCommand } from "@aws-sdk/client-cloudfront-keyvaluestore";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { refusal } from "./cloud.ts";
import { edgeCloud } from "./edge-cloud.ts";

const allowing = "function connectionHandler(connection) { connection.allow(); }";
const asking = `import cf from 'cloudfront';
async function connectionHandler(connection) {
  const store = cf.kvs();
  const { serialNumber } = connection.clientCertificate.certificates.leaf;
  console.log("serial", serialNumber);
  if (await store.exists(serialNumber)) { connection.logCustomData("revoked"); connection.deny(); }
  else connection.allow();
}`;

describe("connection functions", () => {
  let world: Awaited<ReturnType<typeof edgeCloud>>;
  beforeEach(async () => {
    world = await edgeCloud();
  });
  afterEach(() => world.close());

  const config = (store?: string, Quantity = store === undefined ? 0 : 1) => ({
    Comment: "by hand",
    Runtime: "cloudfront-js-2.0" as const,
    ...(store === undefined
      ? {}
      : { KeyValueStoreAssociations: { Quantity, Items: [{ KeyValueStoreARN: store }] } }),
  });
  const create = async (Name: string, more: Partial<CreateConnectionFunctionCommandInput> = {}) => {
    const { ConnectionFunctionSummary, ETag = "" } = await world.cloudfront.send(
      new CreateConnectionFunctionCommand({
        Name,
        ConnectionFunctionConfig: config(),
        ConnectionFunctionCode: Buffer.from(allowing),
        ...more,
      }),
    );
    return { id: ConnectionFunctionSummary?.Id ?? "", etag: ETag, summary: ConnectionFunctionSummary };
  };
  const look = async (Identifier: string, Stage: FunctionStage = "DEVELOPMENT") => {
    const sent = await world.cloudfront.send(new DescribeConnectionFunctionCommand({ Identifier, Stage }));
    return { etag: sent.ETag ?? "", summary: sent.ConnectionFunctionSummary };
  };
  const codeOf = async (Identifier: string, Stage: FunctionStage) => {
    const { ConnectionFunctionCode } = await world.cloudfront.send(
      new GetConnectionFunctionCommand({ Identifier, Stage }),
    );
    return Buffer.from(ConnectionFunctionCode ?? []).toString();
  };
  const publish = (Id: string, IfMatch: string) =>
    world.cloudfront.send(new PublishConnectionFunctionCommand({ Id, IfMatch }));
  const update = (Id: string, IfMatch: string, code: string, store?: string) =>
    world.cloudfront.send(
      new UpdateConnectionFunctionCommand({
        Id,
        IfMatch,
        ConnectionFunctionConfig: config(store),
        ConnectionFunctionCode: Buffer.from(code),
      }),
    );
  const remove = (Id: string, IfMatch: string) =>
    world.cloudfront.send(new DeleteConnectionFunctionCommand({ Id, IfMatch }));
  const list = async (Stage?: FunctionStage): Promise<ConnectionFunctionSummary[]> => {
    const input = Stage === undefined ? {} : { Stage };
    return (await world.cloudfront.send(new ListConnectionFunctionsCommand(input))).ConnectionFunctions ?? [];
  };

  /** What viewer mTLS in passthrough asks of every behaviour. */
  const passingPolicy = async (): Promise<string> => {
    const Items = ["Client-Cert", "Client-Cert-Chain"];
    const { OriginRequestPolicy } = await world.cloudfront.send(
      new CreateOriginRequestPolicyCommand({
        OriginRequestPolicyConfig: {
          Name: "certificates",
          HeadersConfig: { HeaderBehavior: "whitelist", Headers: { Quantity: 2, Items } },
          CookiesConfig: { CookieBehavior: "none" },
          QueryStringsConfig: { QueryStringBehavior: "none" },
        },
      }),
    );
    return OriginRequestPolicy?.Id ?? "";
  };

  it("are made in DEVELOPMENT, and LIVE when they are published, each with an ETag of its own", async () => {
    const { id, etag, summary } = await create("check");
    expect(summary).toMatchObject({
      Name: "check",
      ConnectionFunctionArn: `arn:aws:cloudfront::111122223333:connection-function/${id}`,
      ConnectionFunctionConfig: { Comment: "by hand", Runtime: "cloudfront-js-2.0" },
      Stage: "DEVELOPMENT",
      Status: "UNPUBLISHED",
    });
    expect(await refusal(look(id, "LIVE"))).toMatchObject({ name: "EntityNotFound", status: 404 });
    expect(await publish(id, etag)).toMatchObject({ ConnectionFunctionSummary: { Stage: "LIVE" } });
    const [edited, live] = [await look(id), await look(id, "LIVE")];
    expect(new Set([etag, edited.etag, live.etag]).size).toBe(3);
    await update(id, edited.etag, "function connectionHandler(c) { c.deny(); }");
    expect([await codeOf(id, "LIVE"), await codeOf(id, "DEVELOPMENT")]).toEqual([
      allowing,
      "function connectionHandler(c) { c.deny(); }",
    ]);
    expect((await look(id, "LIVE")).etag).toBe(live.etag);
  });

  it.each<[string, (id: string, etag: string) => Promise<unknown>]>([
    ["UpdateConnectionFunction", (id, etag) => update(id, etag, allowing)],
    ["PublishConnectionFunction", publish],
    ["DeleteConnectionFunction", remove],
  ])("%s takes the version of DEVELOPMENT that is there", async (_, write) => {
    const { id, etag } = await create("check");
    await publish(id, etag);
    const live = await look(id, "LIVE");
    expect(await refusal(write(id, live.etag))).toMatchObject({ name: "PreconditionFailed", status: 412 });
    expect(await refusal(write(id, etag))).toMatchObject({ name: "PreconditionFailed", status: 412 });
    expect(await refusal(write(id, ""))).toMatchObject({ name: "InvalidIfMatchVersion", status: 400 });
    await write(id, (await look(id)).etag);
  });

  it("are listed by stage, or each stage for itself", async () => {
    const { id, etag } = await create("one");
    await create("two");
    await publish(id, etag);
    const named = (summaries: ConnectionFunctionSummary[]) =>
      summaries.map(({ Name, Stage }) => `${Name} ${Stage}`);
    expect(named(await list("LIVE"))).toEqual(["one LIVE"]);
    expect(named(await list("DEVELOPMENT"))).toEqual(["one DEVELOPMENT", "two DEVELOPMENT"]);
    expect(await list()).toHaveLength(3);
    const page = await world.cloudfront.send(new ListConnectionFunctionsCommand({ MaxItems: 2 }));
    const rest = await world.cloudfront.send(new ListConnectionFunctionsCommand({ Marker: page.NextMarker }));
    expect(rest.ConnectionFunctions).toHaveLength(1);
  });

  it.each<[string, Partial<CreateConnectionFunctionCommandInput>, string, number]>([
    [
      "more than 10 KB",
      { ConnectionFunctionCode: Buffer.alloc(10_241, "a") },
      "EntitySizeLimitExceeded",
      413,
    ],
    ["a name of other characters", { Name: "two words" }, "InvalidArgument", 400],
    [
      "an older runtime",
      { ConnectionFunctionConfig: { Comment: "", Runtime: "cloudfront-js-1.0" } },
      "InvalidArgument",
      400,
    ],
    [
      "a store that is not there",
      {
        ConnectionFunctionConfig: config(
          "arn:aws:cloudfront::111122223333:key-value-store/12345678-1234-1234-1234-123456789012",
        ),
      },
      "InvalidArgument",
      400,
    ],
  ])("refuse %s", async (_, more, name, status) => {
    expect(await refusal(create("check", more))).toMatchObject({ name, status });
  });

  it("refer to one store that is ready, and no more than so many to the same", async () => {
    await world.close();
    world = await edgeCloud({
      keyValueStore: { quotas: { functionsPerStore: 1 } },
      connectionFunctions: { quotas: { functions: 2 } },
    });
    const store = await world.store("revoked");
    const { id, etag } = await create("one", { ConnectionFunctionConfig: config(store) });
    await update(id, etag, asking, store);
    const second = create("two", { ConnectionFunctionConfig: config(store) });
    expect(await refusal(second)).toMatchObject({ name: "EntityLimitExceeded", status: 400 });
    const wrong = create("two", { ConnectionFunctionConfig: config(store, 2) });
    expect(await refusal(wrong)).toMatchObject({ name: "InconsistentQuantities", status: 400 });
    await create("two");
    expect(await refusal(create("two"))).toMatchObject({ name: "EntityAlreadyExists", status: 409 });
    expect((await refusal(create("three"))).name).toBe("EntityLimitExceeded");
    expect(world.cloud.inventory().connectionFunctions).toEqual([
      { name: "one", development: { code: asking, keyValueStore: "revoked" }, live: undefined },
      { name: "two", development: { code: allowing, keyValueStore: undefined }, live: undefined },
    ]);
  });

  it("are not deleted while a distribution uses them, nor until it is deployed without", async () => {
    const { id, etag } = await create("check");
    await publish(id, etag);
    const originRequestPolicy = await passingPolicy();
    const { arn, id: Id } = world.cloud.addDistribution({
      behaviours: [{ origin: "app", originRequestPolicy }],
    });
    const associate = async (association: { ConnectionFunctionAssociation: { Id: string } | undefined }) => {
      const { DistributionConfig, ETag } = await world.cloudfront.send(
        new GetDistributionConfigCommand({ Id }),
      );
      if (DistributionConfig === undefined) throw new TypeError("the distribution has no configuration");
      await world.cloudfront.send(
        new UpdateDistributionCommand({
          Id,
          IfMatch: ETag,
          DistributionConfig: {
            ...DistributionConfig,
            ViewerMtlsConfig: association.ConnectionFunctionAssociation && { Mode: "passthrough" },
            ...association,
          },
        }),
      );
    };
    await associate({ ConnectionFunctionAssociation: { Id: id } });
    expect(world.cloud.distributionSource(arn).current().connectionFunction).toEqual({
      name: "check",
      code: allowing,
      keyValueStore: undefined,
    });
    const { etag: edited } = await look(id);
    expect((await look(id, "LIVE")).summary?.Status).toBe("DEPLOYED");
    expect(await refusal(remove(id, edited))).toMatchObject({
      name: "CannotDeleteEntityWhileInUse",
      status: 409,
    });
    await world.clock.advance(400_000);
    await associate({ ConnectionFunctionAssociation: undefined });
    expect((await refusal(remove(id, edited))).name).toBe("CannotDeleteEntityWhileInUse");
    await world.clock.advance(400_000);
    await remove(id, edited);
    expect(await list()).toEqual([]);
  });

  it("TestConnectionFunction runs a stage on a connection, with what is in its store", async () => {
    const KvsARN = await world.store("revoked");
    const { id, etag } = await create("check", {
      ConnectionFunctionConfig: config(KvsARN),
      ConnectionFunctionCode: Buffer.from(asking),
    });
    const connection = { clientCertificate: { certificates: { leaf: { serialNumber: "00:ab" } } } };
    const test = async (event: unknown, IfMatch = etag) =>
      (
        await world.cloudfront.send(
          new TestConnectionFunctionCommand({
            Id: id,
            IfMatch,
            Stage: "DEVELOPMENT",
            ConnectionObject: Buffer.from(JSON.stringify(event)),
          }),
        )
      ).ConnectionFunctionTestResult;
    expect(await test(connection)).toMatchObject({
      ConnectionFunctionSummary: { Id: id },
      ConnectionFunctionExecutionLogs: ["serial 00:ab"],
      ConnectionFunctionOutput: '{"decision":"allow"}',
    });
    const { ETag } = await world.values.send(new DescribeKeyValueStoreCommand({ KvsARN }));
    await world.values.send(new PutKeyCommand({ KvsARN, Key: "00:ab", Value: "", IfMatch: ETag }));
    expect((await test(connection))?.ConnectionFunctionOutput).toBe(
      '{"decision":"deny","customData":"revoked"}',
    );
    expect((await test({}))?.ConnectionFunctionErrorMessage).toContain("TypeError");
    expect((await refusal(test("no object"))).name).toBe("InvalidArgument");
    expect((await refusal(test(connection, "E0"))).name).toBe("PreconditionFailed");
  });

  it("have tags, ask IAM by their ARN, and are put back by a snapshot", async () => {
    const Tags = { Items: [{ Key: "made by", Value: "handfast" }] };
    const { id, etag, summary } = await create("check", { Tags });
    const Resource = summary?.ConnectionFunctionArn ?? "";
    expect(await world.cloudfront.send(new ListTagsForResourceCommand({ Resource }))).toMatchObject({ Tags });
    const key = world.cloud.addCredentials({ kind: "user" });
    const user = world.cloudfrontWith({ credentials: key });
    const read = user.send(new GetConnectionFunctionCommand({ Identifier: id }));
    expect(await refusal(read)).toMatchObject({ name: "AccessDenied", status: 403 });
    expect(world.cloud.rightsAsked(key.accessKeyId)).toMatchObject([
      { action: "cloudfront:GetConnectionFunction", resource: Resource },
    ]);
    const restore = world.cloud.snapshot();
    await remove(id, etag);
    restore();
    expect((await look(id)).etag).toBe(etag);
  });
});
