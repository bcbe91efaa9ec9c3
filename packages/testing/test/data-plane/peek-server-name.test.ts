import { Duplex } from "node:stream";
import { connect } from "node:tls";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readServerName } from "../../src/data-plane/peek-server-name.ts";

/** The first message that Node's own client sends. */
function helloFor(servername: string | undefined): Promise<Buffer> {
  return new Promise((resolve) => {
    const wire = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        done();
        resolve(chunk);
        setImmediate(() => client.destroy());
      },
    });
    const client = connect({ socket: wire, ...(servername === undefined ? {} : { servername }) });
    client.on("error", () => undefined);
  });
}

/** The same message in records of at most `size` bytes. */
function inRecords(hello: Buffer, size: number): Buffer {
  const records: Buffer[] = [];
  for (let at = 5; at < hello.length; at += size) {
    const part = hello.subarray(at, at + size);
    records.push(Buffer.of(0x16, 3, 1, part.length >> 8, part.length & 0xff), part);
  }
  return Buffer.concat(records);
}

describe("readServerName", async () => {
  const hello = await helloFor("Shop.Example.com");

  test("reads the name, in lower case", () => {
    expect(readServerName(hello)).toEqual({ servername: "shop.example.com" });
  });

  test("finds none where none was sent", async () => {
    expect(readServerName(await helloFor(undefined))).toEqual({ servername: undefined });
  });

  test("waits for the whole message, however it is cut", () => {
    for (let length = 0; length < hello.length; length += 1)
      expect(readServerName(hello.subarray(0, length))).toBe("more");
    for (const size of [1, 3, 64, 200])
      expect(readServerName(inRecords(hello, size))).toEqual({ servername: "shop.example.com" });
  });

  test.each([
    ["plain HTTP", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
    ["another record", Buffer.of(0x15, 3, 1, 0, 2, 1, 0)],
    ["another message", Buffer.of(0x16, 3, 1, 0, 4, 2, 0, 0, 0)],
    ["a message that is cut short inside", Buffer.of(0x16, 3, 1, 0, 6, 1, 0, 0, 2, 3, 3)],
  ])("finds no name in %s", (_, bytes) => {
    expect(readServerName(bytes)).toEqual({ servername: undefined });
  });

  test("never throws, whatever comes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(hello.length - 1), (noise, at) => {
        const damaged = Buffer.from(hello);
        damaged.set(noise.subarray(0, hello.length - at), at);
        for (const bytes of [Buffer.from(noise), damaged]) {
          const found = readServerName(bytes);
          expect(found === "more" || "servername" in found).toBe(true);
        }
      }),
    );
  });
});
