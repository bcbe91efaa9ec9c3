import type { S3Client } from "@aws-sdk/client-s3";
import { isHandfastError, sha256 } from "@handfast/core";
import { turnableClock } from "@handfast/testing";
import { expect, onTestFinished, test } from "vitest";
import { s3Journal } from "../../src/index.ts";
import { bucket, makeBucket } from "./bucket.ts";

const settled = (step: string | number) => ({ kind: "step-settled", step: String(step) }) as const;

async function setUp(versioning: "never" | "Enabled" = "never") {
  const clock = turnableClock();
  const world = await makeBucket({ clock, versioning });
  onTestFinished(world.close);
  const operations = async (work: () => Promise<unknown>): Promise<readonly string[]> => {
    const before = world.sent.length;
    await work();
    return world.sent.slice(before).map(({ operation }) => operation);
  };
  return { ...world, clock, operations, journal: world.journal({ clock }), journalWith: world.journal };
}

/** What a promise rejects with. Any other end fails the test. */
async function errorOf(promise: Promise<unknown>) {
  const thrown: unknown = await promise.then(
    () => expect.fail("resolved where an error is due"),
    (error: unknown) => error,
  );
  if (!isHandfastError(thrown)) throw thrown;
  return thrown;
}

test("s3Journal lays out leases, parts and blobs under its prefix, and deletes nothing", async () => {
  const { journal, keys, sent } = await setUp();
  const writer = await journal.open("run", { writes: ["a"] });
  await writer.append(settled("a"));
  const { sha256: digest } = await journal.blobs.put(Buffer.from("bytes"));
  await writer.close();
  expect(await keys()).toEqual([
    `handfast/journal/blobs/${digest}`,
    "handfast/journal/leases",
    "handfast/journal/runs/run/000001",
  ]);
  expect(sent.some(({ operation }) => operation.startsWith("Delete"))).toBe(false);
});

test.each([
  ["/a/b/", "a/b/leases"],
  ["", "leases"],
])("s3Journal takes the prefix %j", async (prefix, key) => {
  const { journalWith, clock, keys } = await setUp();
  await (await journalWith({ clock, prefix }).open("run")).close();
  expect(await keys()).toEqual([key]);
});

test("s3Journal names the owner with every request, a checksum and a condition with every write of text", async () => {
  const { journal, sent, cloud } = await setUp();
  const writer = await journal.open("run");
  for (const step of ["a", "b"]) await writer.append(settled(step));
  await journal.blobs.put(Buffer.from("bytes"));
  await journal.read("run");
  await journal.runs();
  await writer.close();
  for (const { input } of sent)
    expect(input).toMatchObject({ Bucket: bucket, ExpectedBucketOwner: cloud.accountId });
  const puts = sent.filter(({ operation }) => operation === "PutObject").map(({ input }) => input);
  for (const input of puts) {
    expect(input).toMatchObject({ ChecksumAlgorithm: "SHA256", ChecksumSHA256: expect.stringMatching(/=$/) });
  }
  const conditions = puts.map((input) =>
    "IfNoneMatch" in input && input.IfNoneMatch === "*"
      ? "absent"
      : "IfMatch" in input && input.IfMatch !== undefined
        ? "match"
        : "none",
  );
  // lease, first part, same part, blob, lease
  expect(conditions).toEqual(["absent", "absent", "match", "none", "match"]);
});

test("s3Journal makes the calls that it says it makes", async () => {
  const { journal, operations } = await setUp();
  const first = await journal.open("run");
  await first.append(settled("a"));
  await first.close();
  expect(await operations(async () => (await journal.open("run")).close())).toEqual([
    ...["GetObject", "PutObject", "ListObjectsV2", "GetObject", "PutObject"],
    ...["GetObject", "PutObject"],
  ]);
  const writer = await journal.open("run");
  onTestFinished(() => writer.close());
  expect(await operations(() => writer.append(settled("b")))).toEqual(["HeadObject", "PutObject"]);
  expect(await operations(() => writer.check())).toEqual(["HeadObject"]);
  const many = Array.from({ length: 40 }, (_, index) => index);
  expect(await operations(() => Promise.all(many.map((step) => writer.append(settled(step)))))).toEqual([
    "HeadObject",
    "PutObject",
  ]);
  expect(await operations(() => journal.blobs.put(Buffer.from("b")))).toEqual(["HeadObject", "PutObject"]);
  expect(await operations(() => journal.blobs.put(Buffer.from("b")))).toEqual(["HeadObject"]);
});

test("s3Journal begins a new part when one is full, and reads them as one run", async () => {
  const { journal, keys } = await setUp();
  const writer = await journal.open("run");
  for (let step = 0; step < 9; step += 1) await writer.append(settled(`${step} ${"x".repeat(20_000)}`));
  await writer.close();
  expect((await keys()).filter((key) => key.includes("/runs/"))).toHaveLength(3);
  const again = await journal.open("run");
  expect(await again.append(settled("last"))).toMatchObject({ seq: 9 });
  expect((await journal.read("run")).map(({ seq }) => seq)).toEqual(
    Array.from({ length: 10 }, (_, seq) => seq),
  );
  expect(await journal.runs()).toEqual(["run"]);
  await again.close();
});

test.each([
  ["a bucket that is not there", { bucket: "nowhere" }, { code: "NoSuchBucket", status: 404 }],
  ["a bucket of somebody else", { expectedOwner: "999999999999" }, { code: "AccessDenied", status: 403 }],
] as const)("s3Journal says FILE_UNREADABLE for %s, and what S3 said", async (_, options, provider) => {
  const { journalWith, clock } = await setUp();
  const other = journalWith({ clock, ...options });
  for (const error of await Promise.all([other.open("run"), other.read("run"), other.runs()].map(errorOf))) {
    expect(error).toMatchObject({ code: "FILE_UNREADABLE", details: { provider } });
    expect(error.message).toContain(provider.code);
  }
});

test("check finds itself out when the leases were deleted, and they can be made anew behind a delete marker", async () => {
  const { journal, remove, keys } = await setUp("Enabled");
  const writer = await journal.open("run");
  await writer.append(settled("a"));
  await remove("handfast/journal/leases");
  expect((await errorOf(writer.check())).code).toBe("JOURNAL_HELD");
  await writer.close();
  const again = await journal.open("run");
  expect(await again.append(settled("b"))).toMatchObject({ seq: 1 });
  await again.close();
  expect(await keys()).toContain("handfast/journal/leases");
});

test("append is refused when its part was deleted or changed behind it", async () => {
  for (const change of ["delete", "put"] as const) {
    const { journal, remove, put } = await setUp("Enabled");
    const writer = await journal.open("run");
    await writer.append(settled("a"));
    const key = "handfast/journal/runs/run/000001";
    await (change === "delete" ? remove(key) : put(key, "mine"));
    expect((await errorOf(writer.append(settled("b")))).code).toBe("JOURNAL_HELD");
    await writer.close();
  }
});

test("open says JOURNAL_CORRUPT for leases that were damaged, and names them", async () => {
  const { journal, put } = await setUp();
  for (const text of ["{}", "not JSON", '{"format":2}']) {
    await put("handfast/journal/leases", text);
    const error = await errorOf(journal.open("run"));
    expect(error).toMatchObject({
      code: "JOURNAL_CORRUPT",
      details: { file: `s3://${bucket}/handfast/journal/leases` },
    });
  }
});

test("blobs notice damage, and put mends it", async () => {
  const { journal, put } = await setUp();
  const bytes = Buffer.from("right");
  await journal.blobs.put(bytes);
  await put(`handfast/journal/blobs/${sha256(bytes)}`, "wrong");
  expect((await errorOf(journal.blobs.get(sha256(bytes)))).code).toBe("JOURNAL_CORRUPT");
  await journal.blobs.put(bytes);
  expect(await journal.blobs.get(sha256(bytes))).toEqual(new Uint8Array(bytes));
});

test("runs reads every page of a listing", async () => {
  const pages = [
    { Contents: [{ Key: "handfast/journal/runs/a/000001" }], NextContinuationToken: "more" },
    { Contents: [{ Key: "handfast/journal/runs/b/000001" }, { Key: "handfast/journal/runs/b/notes.txt" }] },
  ];
  const tokens: unknown[] = [];
  const client = {
    send: async ({ input }: { readonly input: { readonly ContinuationToken?: string } }) => {
      tokens.push(input.ContinuationToken);
      return pages[tokens.length - 1];
    },
  };
  const journal = s3Journal({ bucket, region: "eu-west-1", s3: client as unknown as S3Client });
  expect(await journal.runs()).toEqual(["a", "b"]);
  expect(tokens).toEqual([undefined, "more"]);
});
