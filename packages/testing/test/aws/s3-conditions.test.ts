import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectedCloud, refusal, ways } from "./cloud.ts";

describe.each(ways)("s3 %s", (way) => {
  let connected: Awaited<ReturnType<typeof connectedCloud>>;
  beforeEach(async () => {
    connected = await connectedCloud(way);
    connected.cloud.createBucket("b", { versioning: "Enabled" });
  });
  afterEach(() => connected.close());

  const put = (
    Body: string,
    condition: { IfMatch?: string | undefined; IfNoneMatch?: string } = {},
    s3 = connected.s3,
  ) => s3.send(new PutObjectCommand({ Bucket: "b", Key: "lock", Body, ...condition }));
  const body = async () => {
    const { Body } = await connected.s3.send(new GetObjectCommand({ Bucket: "b", Key: "lock" }));
    return Body?.transformToString();
  };
  const failed = { name: "PreconditionFailed", status: 412 };

  it("lets the first If-None-Match write through and refuses the next with 412", async () => {
    await put("mine", { IfNoneMatch: "*" });
    expect(await refusal(put("yours", { IfNoneMatch: "*" }))).toMatchObject(failed);
    expect(await body()).toBe("mine");
  });

  it("takes a delete marker for nothing there", async () => {
    await put("mine", { IfNoneMatch: "*" });
    await connected.s3.send(new DeleteObjectCommand({ Bucket: "b", Key: "lock" }));
    await put("yours", { IfNoneMatch: "*" });
    expect(await body()).toBe("yours");
  });

  it("compares If-Match with the current version only", async () => {
    const { ETag } = await put("one");
    const { ETag: second } = await put("two", { IfMatch: ETag });
    expect(await refusal(put("three", { IfMatch: ETag }))).toMatchObject(failed);
    await put("three", { IfMatch: second });
    expect(await body()).toBe("three");
  });

  it("refuses If-Match for a missing object with 404", async () => {
    expect(await refusal(put("x", { IfMatch: '"0"' }))).toMatchObject({ name: "NoSuchKey", status: 404 });
  });

  it("deletes under If-Match only the version that was meant", async () => {
    const { ETag } = await put("one");
    await put("two");
    const remove = (IfMatch: string | undefined) =>
      connected.s3.send(new DeleteObjectCommand({ Bucket: "b", Key: "lock", IfMatch }));
    expect(await refusal(remove(ETag))).toMatchObject(failed);
    expect(await body()).toBe("two");
    await remove("*");
    expect(await refusal(remove("*"))).toMatchObject({ status: 404 });
  });

  it.each([
    { name: "If-None-Match", first: undefined, condition: () => ({ IfNoneMatch: "*" }) },
    { name: "If-Match", first: "old", condition: (etag: string | undefined) => ({ IfMatch: etag }) },
  ])("refuses an $name write that another one overtook with 409", async ({ first, condition }) => {
    const etag = first === undefined ? undefined : (await put(first)).ETag;
    connected.storm.add({ operation: "PutObject", fault: { kind: "delay", ms: 1_000 } });
    const slow = refusal(put("slow", condition(etag)));
    while (connected.clock.pending() === 0) await new Promise((resolve) => setImmediate(resolve));
    await put("fast", condition(etag));
    await connected.clock.advance(1_000);
    expect(await slow).toMatchObject({ name: "ConditionalRequestConflict", status: 409 });
    expect(await body()).toBe("fast");
  });

  it("lets a client run into its own write: a retry after a 500 that came too late gets 412", async () => {
    connected.storm.add({
      operation: "PutObject",
      moment: "after",
      fault: { kind: "refuse", status: 500, code: "InternalError" },
    });
    const retrying = connected.s3With({ maxAttempts: 3 });
    expect(await refusal(put("mine", { IfNoneMatch: "*" }, retrying))).toMatchObject(failed);
    expect(await body()).toBe("mine");
    expect(connected.simulation.log.calls.map(({ status }) => status)).toEqual([500, 412, 200]);
  });

  it("lets a client run into its own write when the answer was lost", async () => {
    connected.storm.add({ operation: "PutObject", moment: "after", fault: { kind: "cut" } });
    const retrying = connected.s3With({ maxAttempts: 3 });
    expect(await refusal(put("mine", { IfNoneMatch: "*" }, retrying))).toMatchObject(failed);
    expect(await body()).toBe("mine");
  });

  it("throttles with SlowDown", async () => {
    const rule = connected.storm.add({ service: "s3", fault: { kind: "throttle", retryAfterSeconds: 1 } });
    expect(await refusal(put("mine"))).toMatchObject({ name: "SlowDown", status: 503 });
    await put("mine");
    expect(rule.hits()).toBe(1);
  });
});
