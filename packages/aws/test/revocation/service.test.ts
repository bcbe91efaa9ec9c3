import {
  DescribeConnectionFunctionCommand,
  PublishConnectionFunctionCommand,
  UpdateConnectionFunctionCommand,
} from "@aws-sdk/client-cloudfront";
import { DescribeKeyValueStoreCommand, UpdateKeysCommand } from "@aws-sdk/client-cloudfront-keyvaluestore";
import { type CrlFacts, type Digest, sha256 } from "@handfast/core";
import { describe, expect, it } from "vitest";
import { listEntries } from "../../src/revocation/entries.ts";
import { functionName, functionObject, listName, listObject } from "../../src/revocation/names.ts";
import { connectKeyValues } from "../../src/revocation/sdk-client.ts";
import { functionSource } from "../../src/revocation/source.ts";
import { makeCloud } from "./cloud.ts";
import { serials, writtenCrl } from "./lists.ts";

type Cloud = Awaited<ReturnType<typeof makeCloud>>;

const options = { ocsp: false };
const digestsOf = (crls: readonly CrlFacts[]): readonly Digest[] =>
  crls.map(({ sha256 }) => sha256).toSorted();
const [first, second] = [
  [writtenCrl("Root A", serials(120)), writtenCrl("Root B", ["07", "08"])],
  [writtenCrl("Root A", serials(120, 61))],
] as const;

/** What the data plane has. */
async function contentOf({ look, cloud }: Cloud): Promise<ReadonlyMap<string, string>> {
  const [list] = (await look()).lists;
  return cloud.keyValueSource(list?.arn ?? "").current();
}

/** What it should have. */
function wanted(crls: readonly CrlFacts[]): ReadonlyMap<string, string> {
  const entries = [...listEntries(crls)].map(({ key, value }) => [key, value] as const);
  return new Map([...entries, ["lists", digestsOf(crls).join(",")]]);
}

async function makeList(
  { operations, arn, context, clock }: Cloud,
  crls: readonly CrlFacts[],
): Promise<void> {
  await operations.createList(arn, context());
  await clock.sleep(10_000);
  await operations.writeList(arn, { from: { known: [] }, to: digestsOf(crls) }, context(crls));
}

describe("revocation on simulated CloudFront", () => {
  it("goes from nothing to a list with a function, and back to nothing", async () => {
    await using world = await makeCloud();
    const { operations, arn, context, look, clock } = world;
    expect(await look()).toEqual({ lists: [], functions: [] });
    expect(await operations.createList(arn, context())).toEqual({ made: [listObject(arn)] });
    expect((await look()).lists).toMatchObject([
      { name: listName(arn), ready: false, lists: { unknown: "the service is creating it" } },
    ]);
    await clock.sleep(10_000);
    expect((await look()).lists).toMatchObject([{ ready: true, lists: { known: [] }, serials: 0 }]);
    const fill = { from: { known: [] }, to: digestsOf(first) };
    expect(await operations.writeList(arn, fill, context(first))).toEqual({});
    expect(await contentOf(world)).toEqual(wanted(first));
    const name = functionName(arn, options);
    const made = { made: [functionObject(name, arn)] };
    expect(await operations.createFunction(arn, options, context())).toEqual(made);
    const { lists, functions } = await look();
    expect(lists).toMatchObject([{ lists: { known: digestsOf(first) }, serials: 122 }]);
    const live = { source: sha256(functionSource(options)), stores: [lists[0]?.arn] };
    expect(functions).toEqual([{ name, id: expect.any(String), live }]);
    const change = { from: { known: digestsOf(first) }, to: digestsOf(second) };
    expect(await operations.writeList(arn, change, context([...first, ...second]))).toEqual({});
    expect(await contentOf(world)).toEqual(wanted(second));

    await expect(operations.deleteList(arn, context())).rejects.toMatchObject({
      code: "PRECONDITION_FAILED",
      message: expect.stringMatching(/a connection function still refers to it/),
    });
    expect(await operations.deleteFunction(arn, name, context())).toEqual({ removed: made.made });
    expect(await operations.deleteList(arn, context())).toEqual({ removed: [listObject(arn)] });
    expect(await look()).toEqual({ lists: [], functions: [] });
    const gone = [operations.deleteFunction(arn, name, context()), operations.deleteList(arn, context())];
    for (const outcome of await Promise.all(gone))
      expect(outcome).toMatchObject({ adopted: true, removed: [expect.any(String)] });
  });

  it("reads with few calls, however many distributions there are", async () => {
    await using world = await makeCloud();
    const { operations, cloud, log, arn } = world;
    const others = Array.from({ length: 20 }, () => cloud.addDistribution().arn);
    await makeList(world, first);
    await operations.createFunction(arn, options, world.context());
    log.clear();
    const rows = await operations.read([arn, ...others], new AbortController().signal);
    expect(rows.size).toBe(21);
    expect(log.calls.map(({ operation }) => operation).toSorted()).toEqual([
      "DescribeKeyValueStore",
      "GetConnectionFunction",
      "GetKey",
      "GetKey",
      "ListConnectionFunctions",
      "ListConnectionFunctions",
      "ListKeyValueStores",
    ]);
  });

  it.each(["before", "after"] as const)(
    "knows what it made when the answer was lost (%s the effect)",
    async (moment) => {
      await using world = await makeCloud();
      const { operations, arn, context, storm, clock } = world;
      const cut = (operation: string) => storm.add({ operation, moment, fault: { kind: "cut" } });
      const lost = { code: "REMOTE_UNAVAILABLE", details: { outcomeUnknown: true } };
      const adopted = moment === "after" ? { adopted: true } : {};

      cut("CreateKeyValueStore");
      await expect(operations.createList(arn, context())).rejects.toMatchObject(lost);
      expect(await operations.createList(arn, context())).toEqual({ made: [listObject(arn)], ...adopted });
      expect(await operations.createList(arn, context([], "run-2"))).toEqual({ adopted: true });
      await clock.sleep(10_000);

      storm.add({ operation: "UpdateKeys", moment, nth: 2, fault: { kind: "cut" } });
      const fill = () =>
        operations.writeList(arn, { from: { known: [] }, to: digestsOf(first) }, context(first));
      await expect(fill()).rejects.toMatchObject(lost);
      expect((await world.look()).lists).toMatchObject([
        { writing: { to: digestsOf(first), done: moment === "after" ? 2 : 1, total: 3 } },
      ]);
      expect(await fill()).toEqual({});
      expect(await contentOf(world)).toEqual(wanted(first));

      const name = functionName(arn, options);
      for (const operation of ["CreateConnectionFunction", "PublishConnectionFunction"]) {
        cut(operation);
        await expect(operations.createFunction(arn, options, context())).rejects.toMatchObject(lost);
      }
      expect(await operations.createFunction(arn, options, context())).toEqual({
        made: [functionObject(name, arn)],
        adopted: true,
      });
      expect(await operations.createFunction(arn, options, context([], "run-2"))).toEqual({ adopted: true });
      expect((await world.look()).functions).toMatchObject([
        { name, live: { source: sha256(functionSource(options)) } },
      ]);
    },
  );

  it("lets the SDK try again: a batch that is refused by its own first try counts", async () => {
    await using world = await makeCloud({ maxAttempts: 3 });
    await world.operations.createList(world.arn, world.context());
    await world.clock.sleep(10_000);
    const fault = { kind: "refuse", status: 500, code: "InternalServerException" } as const;
    world.storm.add({ operation: "UpdateKeys", moment: "after", nth: 1, times: 1, fault });
    await world.operations.writeList(
      world.arn,
      { from: { known: [] }, to: digestsOf(first) },
      world.context(first),
    );
    expect(await contentOf(world)).toEqual(wanted(first));
  });

  it("goes back over a write that stopped, and makes exact what somebody wrote into", async () => {
    await using world = await makeCloud();
    const { operations, arn, context, storm, values } = world;
    await makeList(world, first);
    storm.add({ operation: "UpdateKeys", nth: 2, fault: { kind: "cut" } });
    const all = context([...first, ...second]);
    const change = (from: readonly CrlFacts[], to: readonly CrlFacts[]) =>
      operations.writeList(arn, { from: { known: digestsOf(from) }, to: digestsOf(to) }, all);
    await expect(change(first, second)).rejects.toMatchObject({ code: "REMOTE_UNAVAILABLE" });
    await change(first, first);
    expect(await contentOf(world)).toEqual(wanted(first));

    const KvsARN = (await world.look()).lists[0]?.arn;
    const { ETag } = await values.send(new DescribeKeyValueStoreCommand({ KvsARN }));
    await values.send(
      new UpdateKeysCommand({
        KvsARN,
        IfMatch: ETag,
        Puts: [{ Key: "ab", Value: "*" }],
        Deletes: [{ Key: "7" }],
      }),
    );
    await operations.writeList(
      arn,
      { from: { unknown: "somebody wrote there" }, to: digestsOf(second) },
      all,
    );
    expect(await contentOf(world)).toEqual(wanted(second));
  });

  it("does not publish, nor take over, what somebody edited", async () => {
    await using world = await makeCloud();
    const { operations, arn, context, control, storm } = world;
    await makeList(world, first);
    storm.add({ operation: "PublishConnectionFunction", fault: { kind: "cut" } });
    await expect(operations.createFunction(arn, options, context())).rejects.toThrow();
    const [{ id } = { id: "" }] = (await world.look()).functions;
    expect((await world.look()).functions).toMatchObject([{ live: undefined }]);
    const stage = { Identifier: id, Stage: "DEVELOPMENT" } as const;
    const described = await control.send(new DescribeConnectionFunctionCommand(stage));
    const edited = await control.send(
      new UpdateConnectionFunctionCommand({
        Id: id,
        IfMatch: described.ETag,
        ConnectionFunctionConfig: described.ConnectionFunctionSummary?.ConnectionFunctionConfig,
        ConnectionFunctionCode: new TextEncoder().encode("function connectionHandler(c) { c.allow(); }"),
      }),
    );
    await expect(operations.createFunction(arn, options, context())).rejects.toMatchObject({
      code: "REMOTE_CONFLICT",
      message: expect.stringContaining("in DEVELOPMENT"),
    });
    await control.send(new PublishConnectionFunctionCommand({ Id: id, IfMatch: edited.ETag }));
    await expect(operations.createFunction(arn, options, context())).rejects.toMatchObject({
      code: "REMOTE_CONFLICT",
      message: expect.stringContaining("in LIVE"),
    });
    const source = (await world.look()).functions[0]?.live?.source;
    expect(source).not.toBe(sha256(functionSource(options)));
  });

  it("says what there is no room for", async () => {
    await using world = await makeCloud({
      keyValueStore: { quotas: { stores: 1, storeBytes: 2_000 } },
      connectionFunctions: { quotas: { functions: 0 } },
    });
    const { operations, arn, context, clock, cloud } = world;
    await operations.createList(arn, context());
    await clock.sleep(10_000);
    // That it is there is found before its room is asked for.
    expect(await operations.createList(arn, context([], "run-2"))).toEqual({ adopted: true });
    const refused = (code: string) => ({ code: "REMOTE_REJECTED", details: { provider: { code } } });
    await expect(operations.createList(cloud.addDistribution().arn, context())).rejects.toMatchObject(
      refused("EntityLimitExceeded"),
    );
    const fill = operations.writeList(arn, { from: { known: [] }, to: digestsOf(first) }, context(first));
    await expect(fill).rejects.toMatchObject({
      code: "REMOTE_REJECTED",
      details: { provider: { code: "ServiceQuotaExceeded", status: 402 } },
    });
    await expect(operations.createFunction(arn, options, context())).rejects.toMatchObject(
      refused("EntityLimitExceeded"),
    );
  });

  it("says of what these credentials may not read that it is not known", async () => {
    await using world = await makeCloud();
    await makeList(world, first);
    const fault = { kind: "refuse", status: 403, code: "AccessDeniedException" } as const;
    world.storm.add({ operation: ["GetKey"], times: 2, fault });
    expect((await world.look()).lists).toMatchObject([
      { ready: true, lists: { unknown: "these credentials may not read it" } },
    ]);
  });

  it("takes a store that only one plane knows for one that is being made", async () => {
    await using world = await makeCloud();
    await makeList(world, first);
    const fault = { kind: "refuse", status: 404, code: "ResourceNotFoundException" } as const;
    const matching = ({ service }: { readonly service: string }) => service === "cloudfront-keyvaluestore";
    world.storm.add({ operation: "DescribeKeyValueStore", matching, fault });
    expect((await world.look()).lists).toMatchObject([
      { ready: false, lists: { unknown: "the service is creating it" } },
    ]);
    expect((await world.look()).lists).toMatchObject([{ ready: true, lists: { known: digestsOf(first) } }]);
  });

  it("says what is missing before it has been made", async () => {
    await using world = await makeCloud();
    const { operations, arn, context } = world;
    const missing = { code: "REMOTE_NOT_FOUND", message: expect.stringContaining(listName(arn)) };
    await expect(operations.createFunction(arn, options, context())).rejects.toMatchObject(missing);
    await expect(operations.writeList(arn, { from: { known: [] }, to: [] }, context())).rejects.toMatchObject(
      missing,
    );
  });
});

describe("connectKeyValues", () => {
  it("says what to install where a package is missing, and hands other defects on", async () => {
    const connect = (error: Error) => connectKeyValues({ timeoutMs: 1, load: () => Promise.reject(error) });
    const missing = Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
    await expect(connect(missing)).rejects.toMatchObject({
      code: "PRECONDITION_FAILED",
      message: expect.stringContaining(
        "install @aws-sdk/client-cloudfront-keyvaluestore and @aws-sdk/signature-v4a",
      ),
    });
    await expect(connect(new RangeError("else"))).rejects.toThrow(RangeError);
  });
});
