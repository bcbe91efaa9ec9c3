import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { MakeJournal } from "./journal-under-test.ts";
import { prepare } from "./samples.ts";

const digestOfBytes = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Bytes that do not compress and are the same each time. */
function noise(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = 1;
  for (let index = 0; index < size; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

const samples: readonly (readonly [string, Uint8Array])[] = [
  ["no bytes", new Uint8Array()],
  ["every byte there is", Uint8Array.from({ length: 256 }, (_, index) => index)],
  ["5 MB", noise(5 * 1024 * 1024)],
  ["a part of a larger buffer", noise(100).subarray(10, 20)],
  ["a Buffer", Buffer.from("from a pool")],
];

const notDigests = ["", "abc", "../runs/run.jsonl", "0".repeat(63), "A".repeat(64), `${"0".repeat(64)}/..`];

/** What `blobs` promises. */
export function testBlobs(makeJournal: MakeJournal): void {
  test.each(samples)("blobs give back %s, to another instance too", async (_, bytes) => {
    const { journal, again } = await prepare(makeJournal);
    const blob = await journal.blobs.put(bytes);
    expect(blob).toEqual({ sha256: digestOfBytes(bytes), size: bytes.byteLength });
    for (const { blobs } of [journal, again()]) {
      const found = await blobs.get(blob.sha256);
      expect(found !== undefined && Buffer.compare(found, bytes)).toBe(0);
    }
  });

  test("blobs keep the same bytes once, also when put at the same time", async () => {
    const { journal, again } = await prepare(makeJournal);
    const put = await Promise.all(
      Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? journal : again()).blobs.put(noise(10_000))),
    );
    expect(new Set(put.map(({ sha256 }) => sha256)).size).toBe(1);
    expect(await journal.blobs.put(noise(10_000))).toEqual(put[0]);
    expect((await journal.blobs.get(digestOfBytes(noise(10_000))))?.byteLength).toBe(10_000);
  });

  test("blobs have nothing for a digest that nobody put", async () => {
    const { journal } = await prepare(makeJournal);
    expect(await journal.blobs.get("0".repeat(64))).toBeUndefined();
    await journal.blobs.put(noise(10));
    expect(await journal.blobs.get("0".repeat(64))).toBeUndefined();
  });

  test.each(notDigests)("blobs have nothing for %j", async (text) => {
    const { journal } = await prepare(makeJournal);
    await (await journal.open("run")).append({ kind: "run-resumed" });
    await journal.blobs.put(noise(10));
    expect(await journal.blobs.get(text)).toBeUndefined();
  });

  test("blobs do not change with the bytes that went in or came out", async () => {
    const { journal } = await prepare(makeJournal);
    const bytes = Buffer.from("abc");
    const { sha256 } = await journal.blobs.put(bytes);
    bytes.fill(0);
    (await journal.blobs.get(sha256))?.fill(0);
    expect(Buffer.from((await journal.blobs.get(sha256)) ?? []).toString()).toBe("abc");
  });

  test("blobs refuse a private key", async () => {
    const { journal } = await prepare(makeJournal);
    const bytes = Buffer.from(`-----BEGIN PRIVATE ${"KEY"}-----\nMIG\n`);
    await expect(journal.blobs.put(bytes)).rejects.toThrow(TypeError);
    expect(await journal.blobs.get(digestOfBytes(bytes))).toBeUndefined();
  });
}
