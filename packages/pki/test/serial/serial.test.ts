import { X509Certificate } from "node:crypto";
import { formatSerial, normaliseSerial, parseSerial, readEcho, type SerialSpelling } from "@handfast/pki";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ecKey, makeClient, makeRoot } from "../world.ts";

const forms: Readonly<Record<SerialSpelling, RegExp>> = {
  alb: /^([0-9A-F]{2})+$/,
  cloudfront: /^[0-7][0-9a-f](:[0-9a-f]{2})*$/,
  "cloudfront-kvs": /^([0-9A-F]{2})+$/,
  // the pattern of ACM's own API reference
  acm: /^[0-9a-f]{2}(:[0-9a-f]{2}){1,19}$/,
  // what a session of STS may be called
  "roles-anywhere": /^[\w+=,.@-]{2,64}$/,
};
const spellings = Object.keys(forms) as readonly SerialSpelling[];

/** Serial numbers as the bytes of DER: with leading zeros, with the high bit, of one byte to twenty. */
const serial = fc
  .oneof(
    fc.uint8Array({ minLength: 1, maxLength: 20 }),
    fc.uint8Array({ minLength: 1, maxLength: 18 }).map((bytes) => Uint8Array.of(0, 0x80, ...bytes)),
    fc.constantFrom(Uint8Array.of(0), Uint8Array.of(0x80), Uint8Array.of(0, 0, 1)),
  )
  .map((bytes) => Buffer.from(bytes).toString("hex"));

describe("formatSerial", () => {
  it.each([
    ["03a5b1", ["03A5B1", "03:a5:b1", "03A5B1", "03:a5:b1", "03a5b1"]],
    ["b143", ["B143", "00:b1:43", "B143", "b1:43", "b143"]],
    ["7", ["07", "07", "07", "00:07", "07"]],
    ["0", ["00", "00", "00", "00:00", "00"]],
  ])("writes %s in every spelling", (hex, due) => {
    expect(
      (["alb", "cloudfront", "cloudfront-kvs", "acm", "roles-anywhere"] as const).map((one) =>
        formatSerial(hex, one),
      ),
    ).toEqual(due);
  });

  it("is read back by parseSerial, whatever the number and the spelling, and has the provider's form", () => {
    fc.assert(
      fc.property(serial, fc.constantFrom(...spellings), (hex, spelling) => {
        const written = formatSerial(hex, spelling);
        expect(parseSerial(written)).toBe(normaliseSerial(hex));
        expect(formatSerial(written, spelling)).toBe(written);
        expect(written).toMatch(forms[spelling]);
        expect(BigInt(`0x${parseSerial(written)}`)).toBe(BigInt(`0x${hex}`));
      }),
    );
  });

  it("refuses what ACM can't look for, and a spelling that nobody has", () => {
    expect(() => formatSerial("ab".repeat(21), "acm")).toThrow(TypeError);
    expect(() => formatSerial("ab", "toString" as SerialSpelling)).toThrow(TypeError);
  });
});

describe("parseSerial", () => {
  it("reads decimal only where that is said, and finds the same number", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 160n) - 1n }), (number) => {
        const read = parseSerial(number.toString(), { written: "decimal" });
        expect(BigInt(`0x${read}`)).toBe(number);
        expect(read).toBe(normaliseSerial(read));
      }),
    );
    expect(parseSerial("10")).toBe("10");
    expect(parseSerial("10", { written: "decimal" })).toBe("0a");
  });

  it("names the number that Node, the facts and an echo name", async () => {
    const { leaf } = await makeClient(await makeRoot("serials"));
    const { serialNumber } = new X509Certificate(leaf.der);
    expect(parseSerial(serialNumber)).toBe(leaf.facts.serial);
    for (const spelling of spellings)
      expect(readEcho(formatSerial(serialNumber, spelling))?.serial).toBe(leaf.facts.serial);
  });

  it.each([
    ["nothing", "", {}, /not hexadecimal/],
    ["a name", "CN=client", {}, /not hexadecimal/],
    ["a negative number", "-5", {}, /not hexadecimal/],
    ["digits that no hex of 20 bytes has", "9".repeat(41), {}, /written: "decimal"/],
    ["a text that is too long", "a".repeat(129), {}, /64 bytes/],
    ["a file", "a".repeat(100_000), {}, /too long/],
    ["hex that is called decimal", "b143", { written: "decimal" }, /not decimal/],
  ] as const)("refuses %s", (_, text, options, reason) => {
    const read = () => parseSerial(text, options);
    expect(read).toThrow(expect.objectContaining({ code: "CERTIFICATE_UNREADABLE" }));
    expect(read).toThrow(reason);
  });

  it("shows nothing of a key that is given in place of a serial number", async () => {
    const text = (await ecKey()).export();
    const [, line = ""] = text.split("\n");
    for (const wrong of [text, ` ${text}`, text.replaceAll("\n", " "), line, text.slice(0, 100)])
      for (const written of ["hex", "decimal"] as const) {
        const read = () => parseSerial(wrong, { written });
        expect(read).toThrow(expect.objectContaining({ code: "CERTIFICATE_UNREADABLE" }));
        expect(read).not.toThrow(line.slice(0, 12));
      }
  });
});
