import { Readable } from "node:stream";
import {
  DeleteObjectCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectedCloud, refusal, ways } from "./cloud.ts";

describe.each(ways)("s3 %s", (way) => {
  let connected: Awaited<ReturnType<typeof connectedCloud>>;
  beforeEach(async () => {
    connected = await connectedCloud(way);
    connected.cloud.createBucket("plain");
    connected.cloud.createBucket("kept", { versioning: "Enabled" });
  });
  afterEach(() => connected.close());

  const put = (Bucket: string, Key: string, Body: string, more: object = {}) =>
    connected.s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
  const read = async (Bucket: string, Key: string, VersionId?: string) => {
    const { Body } = await connected.s3.send(new GetObjectCommand({ Bucket, Key, VersionId }));
    return Body?.transformToString();
  };

  it("gives back what was put: bytes, type, metadata, tags", async () => {
    const body = Uint8Array.from({ length: 256 }, (_, index) => index);
    const { ETag } = await connected.s3.send(
      new PutObjectCommand({
        Bucket: "plain",
        Key: "a folder/ü +?&.bin",
        Body: body,
        ContentType: "application/x-pem-file",
        CacheControl: "no-store",
        Metadata: { digest: "abc" },
        Tagging: "one=1&two=2",
      }),
    );
    const found = await connected.s3.send(
      new GetObjectCommand({ Bucket: "plain", Key: "a folder/ü +?&.bin" }),
    );
    expect(await found.Body?.transformToByteArray()).toEqual(body);
    expect(found).toMatchObject({
      ETag,
      ContentType: "application/x-pem-file",
      ContentLength: 256,
      CacheControl: "no-store",
      Metadata: { digest: "abc" },
      TagCount: 2,
      LastModified: new Date(connected.clock.now()),
    });
    expect(found.VersionId).toBeUndefined();
    const { TagSet } = await connected.s3.send(
      new GetObjectTaggingCommand({ Bucket: "plain", Key: "a folder/ü +?&.bin" }),
    );
    expect(TagSet).toEqual([
      { Key: "one", Value: "1" },
      { Key: "two", Value: "2" },
    ]);
  });

  it("stores octets as application/octet-stream when the client says nothing else", async () => {
    await put("plain", "k", "x");
    const head = await connected.s3.send(new HeadObjectCommand({ Bucket: "plain", Key: "k" }));
    expect(head).toMatchObject({ ContentType: "application/octet-stream", ContentLength: 1 });
  });

  it("keeps the SHA-256 that was asked for, and gives it back on request only", async () => {
    const sha256 = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";
    expect(await put("plain", "k", "hello", { ChecksumAlgorithm: "SHA256" })).toMatchObject({
      ChecksumSHA256: sha256,
    });
    const ask = { Bucket: "plain", Key: "k" };
    expect((await connected.s3.send(new HeadObjectCommand(ask))).ChecksumSHA256).toBeUndefined();
    expect(await connected.s3.send(new HeadObjectCommand({ ...ask, ChecksumMode: "ENABLED" }))).toMatchObject(
      {
        ChecksumSHA256: sha256,
      },
    );
  });

  it("unpacks a streamed body, which the client sends in chunks with a trailing checksum", async () => {
    const Body = Readable.from([Buffer.from("hel"), Buffer.from("lo")]);
    const { ChecksumCRC32 } = await connected.s3.send(
      new PutObjectCommand({ Bucket: "plain", Key: "k", Body, ContentLength: 5 }),
    );
    expect(ChecksumCRC32).toBe("NhCmhg==");
    expect(await read("plain", "k")).toBe("hello");
    const head = await connected.s3.send(new HeadObjectCommand({ Bucket: "plain", Key: "k" }));
    expect(head.ContentEncoding).toBeUndefined();
  });

  it("keeps every version, and hides them behind a delete marker", async () => {
    const first = await put("kept", "k", "one");
    const second = await put("kept", "k", "two");
    expect(first.VersionId).not.toBe(second.VersionId);
    expect([await read("kept", "k"), await read("kept", "k", first.VersionId)]).toEqual(["two", "one"]);
    const gone = await connected.s3.send(new DeleteObjectCommand({ Bucket: "kept", Key: "k" }));
    expect(gone.DeleteMarker).toBe(true);
    expect(await refusal(read("kept", "k"))).toMatchObject({ name: "NoSuchKey", status: 404 });
    expect(await read("kept", "k", second.VersionId)).toBe("two");
    const listed = await connected.s3.send(new ListObjectVersionsCommand({ Bucket: "kept", Prefix: "k" }));
    expect(listed.Versions?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest])).toEqual([
      [second.VersionId, false],
      [first.VersionId, false],
    ]);
    expect(listed.DeleteMarkers).toMatchObject([{ VersionId: gone.VersionId, IsLatest: true }]);
    expect(await refusal(read("kept", "k", gone.VersionId))).toMatchObject({ status: 405 });
    await connected.s3.send(new DeleteObjectCommand({ Bucket: "kept", Key: "k", VersionId: gone.VersionId }));
    expect(await read("kept", "k")).toBe("two");
  });

  it("calls the version null while versioning is suspended, and keeps the others", async () => {
    const { VersionId } = await put("kept", "k", "one");
    const set = (Status: "Enabled" | "Suspended") =>
      connected.s3.send(
        new PutBucketVersioningCommand({ Bucket: "kept", VersioningConfiguration: { Status } }),
      );
    await set("Suspended");
    expect((await put("kept", "k", "two")).VersionId).toBe("null");
    expect((await put("kept", "k", "three")).VersionId).toBe("null");
    const listed = await connected.s3.send(new ListObjectVersionsCommand({ Bucket: "kept" }));
    expect(listed.Versions?.map((version) => version.VersionId)).toEqual(["null", VersionId]);
    await set("Enabled");
    expect((await put("kept", "k", "four")).VersionId).not.toBe("null");
  });

  it("tells the versioning of a bucket: nothing when it was never enabled", async () => {
    const status = async (Bucket: string) =>
      (await connected.s3.send(new GetBucketVersioningCommand({ Bucket }))).Status;
    expect([await status("plain"), await status("kept")]).toEqual([undefined, "Enabled"]);
  });

  it("lists keys in the order of their bytes, page by page", async () => {
    for (const key of ["b", "a/2", "a/1", "A", "ä"]) await put("kept", key, key);
    await connected.s3.send(new DeleteObjectCommand({ Bucket: "kept", Key: "b" }));
    const first = await connected.s3.send(new ListObjectsV2Command({ Bucket: "kept", MaxKeys: 2 }));
    expect(first).toMatchObject({ KeyCount: 2, IsTruncated: true });
    const rest = await connected.s3.send(
      new ListObjectsV2Command({ Bucket: "kept", ContinuationToken: first.NextContinuationToken }),
    );
    expect([...(first.Contents ?? []), ...(rest.Contents ?? [])].map(({ Key }) => Key)).toEqual([
      "A",
      "a/1",
      "a/2",
      "ä",
    ]);
    const some = await connected.s3.send(
      new ListObjectsV2Command({ Bucket: "kept", Prefix: "a/", StartAfter: "a/1" }),
    );
    expect(some.Contents?.map(({ Key }) => Key)).toEqual(["a/2"]);
    expect((await connected.s3.send(new ListObjectsV2Command({ Bucket: "plain" }))).KeyCount).toBe(0);
  });

  it("lists versions page by page", async () => {
    for (const body of ["1", "2", "3"]) await put("kept", "k", body);
    await put("kept", "l", "1");
    const seen: (string | undefined)[] = [];
    let marker: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
    for (let pages = 0; pages < 4; pages += 1) {
      const page = await connected.s3.send(
        new ListObjectVersionsCommand({ Bucket: "kept", MaxKeys: 1, ...marker }),
      );
      seen.push(...(page.Versions ?? []).map(({ Key, VersionId }) => `${Key} ${VersionId}`));
      marker = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
      expect(page.IsTruncated).toBe(pages < 3);
    }
    expect(new Set(seen).size).toBe(4);
    expect(seen[3]).toMatch(/^l /);
  });

  it("tells a bucket's region", async () => {
    expect((await connected.s3.send(new HeadBucketCommand({ Bucket: "plain" }))).BucketRegion).toBe(
      "eu-west-1",
    );
    const located = await connected.s3.send(new GetBucketLocationCommand({ Bucket: "plain" }));
    expect(located.LocationConstraint).toBe("eu-west-1");
  });

  it("answers a read whose condition says unchanged with 304", async () => {
    const { ETag } = await put("plain", "k", "x");
    const ask = new GetObjectCommand({ Bucket: "plain", Key: "k", IfNoneMatch: ETag });
    expect((await refusal(connected.s3.send(ask))).status).toBe(304);
  });
});
