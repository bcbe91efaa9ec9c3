import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crlPartsOf, readCrlInPlace } from "../../src/certificate/index.ts";
import { isHandfastError, readCrl } from "../../src/index.ts";
import { bytes, element, entry, extension, name, reason, time, writtenCrl } from "./written-crl.ts";

const partsOf = (der: Uint8Array) => crlPartsOf(readCrl(der));

/** The code of a refusal; `none` when it is read, and everything in it can be. */
function refusalOf(der: Uint8Array): string {
  try {
    const facts = readCrl(der);
    for (const { serial } of crlPartsOf(facts).entries) if (!facts.revoked.has(serial)) return "lost";
  } catch (error) {
    if (isHandfastError(error)) return error.code;
    throw error;
  }
  return "none";
}

describe("readCrl", () => {
  it("reads version 1, without a date of the next, and no entries", () => {
    const der = writtenCrl({ version: new Uint8Array() });
    expect(readCrl(der)).toMatchObject({ thisUpdate: Date.UTC(2026, 0, 1), nextUpdate: undefined });
    expect(partsOf(der)).toMatchObject({ version: 1, number: undefined, unknownCritical: [] });
    expect(partsOf(der).entries.size).toBe(0);
  });

  it("reads reasons, dates of invalidity, number, base and point", () => {
    const since = extension(24, time("20250101000000Z"));
    const der = writtenCrl({
      nextUpdate: time("20510101000000Z"),
      entries: [
        entry("05", reason(1)),
        entry("06", reason(8), since),
        entry("07", since),
        entry("08", reason(7)),
        entry("09", extension(99, bytes("0500"))),
      ],
      extensions: [
        extension(20, bytes("02020100")),
        extension(27, bytes("0201ff".replace("ff", "7f")), true),
        extension(35, element(0x30, element(0x80, bytes("abcd")))),
        extension(
          28,
          element(
            0x30,
            element(
              0xa0,
              element(0xa0, element(0x86, Buffer.from("http://a/")), element(0x82, Buffer.from("a"))),
            ),
            element(0x82, bytes("ff")),
            element(0x83, bytes("0560")),
          ),
          true,
        ),
      ],
    });
    expect(readCrl(der).nextUpdate).toBe(Date.UTC(2051, 0, 1));
    const { entries, ...parts } = partsOf(der);
    const at = Date.UTC(2026, 0, 1);
    expect([...entries]).toEqual([
      { serial: "05", at, reason: "keyCompromise" },
      { serial: "06", at, reason: "removeFromCRL", invalidSince: Date.UTC(2025, 0, 1) },
      { serial: "07", at, reason: "unspecified", invalidSince: Date.UTC(2025, 0, 1) },
      { serial: "08", at, reason: "unspecified" },
      { serial: "09", at, reason: "unspecified" },
    ]);
    expect(parts).toMatchObject({
      number: 256n,
      baseNumber: 127n,
      aki: "abcd",
      issuingDistributionPoint: {
        urls: ["http://a/"],
        only: "ca",
        reasons: ["keyCompromise", "cACompromise"],
        indirect: false,
      },
      unknownCritical: [],
    });
  });

  it("counts a serial once, the first time, however many zeros stand before it", () => {
    const { entries } = partsOf(
      writtenCrl({ entries: ["05", "0005", "000005", "06", "05"].map((s) => entry(s)) }),
    );
    expect([entries.size, entries.duplicates, [...entries.serials()]]).toEqual([2, 3, ["05", "06"]]);
    const twice = partsOf(writtenCrl({ entries: [entry("05", reason(1)), entry("05", reason(4))] })).entries;
    expect(twice.get("05")?.reason).toBe("keyCompromise");
    expect([...twice]).toHaveLength(1);
  });

  it("names a negative serial by its octets, as certificates have it, and counts it", () => {
    const { entries } = partsOf(writtenCrl({ entries: [entry("80"), entry("ff7f"), entry("0081")] }));
    expect([entries.negatives, [...entries.serials()]]).toEqual([2, ["80", "ff7f", "81"]]);
  });

  it("takes zero, and a serial of any length", () => {
    const long = `7f${"ab".repeat(300)}`;
    const { entries } = partsOf(writtenCrl({ entries: [entry("00"), entry(long), entry("0000")] }));
    expect([...entries.serials()]).toEqual(["00", long]);
    expect(entries.get(long)?.at).toBe(Date.UTC(2026, 0, 1));
  });

  it("leaves entries of other issuers out, and those that follow them", () => {
    const of = (text: string) => extension(29, element(0x30, element(0xa4, name(text))), true);
    const der = writtenCrl({
      entries: [
        entry("01"),
        entry("02", of("other")),
        entry("03"),
        entry("04", of("ca")),
        entry("05"),
        entry("02"),
      ],
    });
    const { entries } = partsOf(der);
    expect([...entries.serials()]).toEqual(["01", "04", "05", "02"]);
    expect([entries.size, entries.foreign, entries.duplicates]).toEqual([4, 2, 0]);
    expect([readCrl(der).revoked.has("03"), readCrl(der).revoked.has("02")]).toEqual([false, true]);
  });

  it("names critical extensions that it does not know, of the list and of entries", () => {
    const strange = extension(99, bytes("0500"), true);
    expect(partsOf(writtenCrl({ extensions: [strange] })).unknownCritical).toEqual(["2.5.29.99"]);
    const { unknownCritical } = partsOf(writtenCrl({ entries: [entry("01", strange)] }));
    expect(unknownCritical).toEqual(["2.5.29.99"]);
  });

  it.each<[string, () => Uint8Array]>([
    ["nothing", () => bytes("")],
    ["a version 3", () => writtenCrl({ version: bytes("020102") })],
    ["no date", () => writtenCrl({ thisUpdate: new Uint8Array() })],
    ["a 30th of February", () => writtenCrl({ thisUpdate: time("260230000000Z") })],
    ["an entry without a serial", () => writtenCrl({ entries: [element(0x30, time("260101000000Z"))] })],
    ["an entry with an empty serial", () => writtenCrl({ entries: [entry("")] })],
    ["an entry without a date", () => writtenCrl({ entries: [element(0x30, bytes("020105"))] })],
    [
      "an entry whose date does not exist",
      () => writtenCrl({ entries: [element(0x30, bytes("020105"), time("261301000000Z"))] }),
    ],
    ["an entry that is no sequence", () => writtenCrl({ entries: [bytes("020105")] })],
    [
      "an entry with more behind it",
      () => writtenCrl({ entries: [element(0x30, entry("05").subarray(2), bytes("0500"))] }),
    ],
    ["a reason that is none", () => writtenCrl({ entries: [entry("05", extension(21, bytes("0500")))] })],
    ["a reason twice", () => writtenCrl({ entries: [entry("05", reason(1), reason(1))] })],
    [
      "an extension twice",
      () => writtenCrl({ extensions: [extension(20, bytes("020101")), extension(20, bytes("020102"))] }),
    ],
    ["a negative number", () => writtenCrl({ extensions: [extension(20, bytes("0201ff"))] })],
    [
      "a number of 65 octets",
      () => writtenCrl({ extensions: [extension(20, element(0x02, new Uint8Array(65).fill(1)))] }),
    ],
    ["a field too many", () => writtenCrl({ more: [bytes("0500")] })],
    [
      "entries after the extensions",
      () => writtenCrl({ extensions: [], more: [element(0x30, entry("05"))] }),
    ],
    ["a length that is too long", () => writtenCrl().with(1, 0x7f)],
    ["a length of no end", () => writtenCrl().with(1, 0x80)],
    ["bytes behind it", () => new Uint8Array(Buffer.concat([writtenCrl(), bytes("00")]))],
  ])("refuses %s", (_name, der) => {
    expect(refusalOf(der())).toBe("CERTIFICATE_UNREADABLE");
  });

  it("reads or refuses with a code whatever is flipped, cut or put in", () => {
    const sound = writtenCrl({
      nextUpdate: time("270101000000Z"),
      entries: [
        entry("05", reason(1)),
        entry("0080"),
        entry("05"),
        entry("07", extension(24, time("20250101000000Z"))),
      ],
      extensions: [extension(20, bytes("020101")), extension(28, bytes("3000"), true)],
    });
    expect(refusalOf(sound)).toBe("none");
    for (let at = 0; at < sound.length; at += 1) {
      expect(["none", "CERTIFICATE_UNREADABLE"]).toContain(refusalOf(sound.subarray(0, at)));
      for (let bit = 0; bit < 8; bit += 1)
        expect(["none", "CERTIFICATE_UNREADABLE"]).toContain(
          refusalOf(sound.with(at, (sound[at] ?? 0) ^ (1 << bit))),
        );
    }
    fc.assert(
      fc.property(fc.nat(sound.length), fc.uint8Array({ maxLength: 8 }), fc.nat(8), (at, put, gone) => {
        const changed = Buffer.concat([sound.subarray(0, at), put, sound.subarray(at + gone)]);
        expect(["none", "CERTIFICATE_UNREADABLE"]).toContain(refusalOf(new Uint8Array(changed)));
      }),
      { numRuns: 10_000 },
    );
  });
});

describe("readCrl on bytes that were made to hurt", () => {
  const zeros = new Uint8Array(50 * 2 ** 20);
  const fewer = zeros.subarray(0, 8 * 2 ** 20);
  /** A sequence in a sequence in a sequence, and so on. */
  const nested = (): Uint8Array => {
    const depth = 1_000_000;
    const parts = new Uint8Array(depth * 6);
    for (let level = 0; level < depth; level += 1) {
      parts.set([0x30, 0x84], level * 6);
      new DataView(parts.buffer).setUint32(level * 6 + 2, parts.length - level * 6 - 6);
    }
    return parts;
  };
  const many = (part: Uint8Array, count: number): Uint8Array => {
    const all = new Uint8Array(part.length * count);
    for (let index = 0; index < count; index += 1) all.set(part, index * part.length);
    return all;
  };

  it.each<[string, () => Uint8Array]>([
    ["50 MB of zeros", () => zeros],
    ["50 MB of zeros in a sequence", () => element(0x30, zeros)],
    ["50 MB of zeros for what is signed", () => element(0x30, element(0x30, zeros))],
    ["50 MB of zeros for entries", () => writtenCrl({ entries: [zeros] })],
    ["8 MB of zeros for a serial", () => writtenCrl({ entries: [element(0x30, element(0x02, fewer))] })],
    ["8 MB of zeros for a reason", () => writtenCrl({ entries: [entry("05", extension(21, fewer))] })],
    ["8 MB of zeros for extensions", () => writtenCrl({ extensions: [fewer] })],
    ["8 MB of zeros for a number", () => writtenCrl({ extensions: [extension(20, element(0x02, fewer))] })],
    ["8 MB of zeros for a point", () => writtenCrl({ extensions: [extension(28, element(0x30, fewer))] })],
    ["a million sequences in each other", nested],
    [
      "an OID of 8 MB",
      () =>
        writtenCrl({
          extensions: [element(0x30, element(0x06, new Uint8Array(2 ** 23).fill(0xff)), bytes("0400"))],
        }),
    ],
    ["400,000 extensions", () => writtenCrl({ extensions: [many(extension(20, bytes("020101")), 400_000)] })],
  ])("refuses %s, soon and in little room", (_name, make) => {
    const der = make();
    const before = process.memoryUsage();
    const start = performance.now();
    expect(refusalOf(der)).toBe("CERTIFICATE_UNREADABLE");
    const { heapUsed, external } = process.memoryUsage();
    expect(heapUsed + external - before.heapUsed - before.external).toBeLessThan(
      20 * der.length + 2 * 2 ** 20,
    );
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  it("reads 300,000 of the shortest entries, all the same or all different", () => {
    const same = many(entry("05"), 300_000);
    expect(partsOf(writtenCrl({ entries: [same] })).entries.duplicates).toBe(299_999);
    const differing = many(entry("00000001"), 300_000);
    const length = entry("00000001").length;
    for (let index = 0; index < 300_000; index += 1)
      new DataView(differing.buffer).setUint32(index * length + 4, index);
    const { revoked } = readCrl(writtenCrl({ entries: [differing] }));
    expect(revoked.size).toBe(300_000);
    expect([revoked.has("0493e0"), revoked.has("0493df"), revoked.has("00")]).toEqual([false, true, true]);
  });
});

describe("readCrlInPlace", () => {
  const lists = fc.array(
    fc.integer({ min: 0, max: 400 }).map((number) => entry(number.toString(16).padStart(4, "0"), reason(1))),
    { maxLength: 600, size: "max" },
  );

  it("gives what readCrl gives, wherever in some memory the list lies, and copies nothing", () => {
    fc.assert(
      fc.property(lists, fc.nat(9), (entries, before) => {
        const der = writtenCrl({ entries, extensions: [extension(20, bytes("020105"))] });
        const memory = Buffer.concat([Buffer.alloc(before, 0x30), der, Buffer.alloc(3, 0x30)]);
        const place = memory.subarray(before, before + der.length);
        const [facts, copied] = [readCrlInPlace(place), readCrl(place)];
        expect({ ...facts }).toEqual({ ...copied });
        expect([...crlPartsOf(facts).entries]).toEqual([...crlPartsOf(copied).entries]);
        expect(facts.der).toEqual(der);
        expect(facts.der.buffer).toBe(memory.buffer);
        expect(copied.der.buffer).not.toBe(memory.buffer);
      }),
      { numRuns: 30 },
    );
  });

  it("refuses what readCrl refuses", () => {
    const der = writtenCrl({ entries: [entry("05"), entry("06", reason(1))] });
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.nat(255), fc.nat(3), (at, octet, less) => {
        const changed = der.slice(0, der.length - less);
        changed[at] = octet;
        const outcome = (read: typeof readCrl): unknown => {
          try {
            return { ...read(changed) };
          } catch (error) {
            return isHandfastError(error) ? error.toJSON() : error;
          }
        };
        expect(outcome(readCrlInPlace)).toEqual(outcome(readCrl));
      }),
    );
  });
});
