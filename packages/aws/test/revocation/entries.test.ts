import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { listEntries, listLimits, measureList } from "../../src/revocation/entries.ts";
import { issuerToken } from "../../src/revocation/issuer-token.ts";
import { writeLists } from "../../src/revocation/marks.ts";
import { crlOf, crlSets, serials } from "./lists.ts";
import { nameOf, toDer } from "./names.ts";

const token = (name: string): string => issuerToken(toDer(nameOf(name)));

describe("listEntries", () => {
  it("has an entry for each serial, without leading zeros, naming each issuer once", () => {
    const entries = listEntries([
      crlOf("Root A", ["07", "0abc", "00"]),
      crlOf("Root B", ["07", "ff"]),
      crlOf("Root A", ["ff", "07"]),
    ]);
    const both = [token("Root A"), token("Root B")].toSorted().join(" ");
    expect([...entries]).toEqual([
      { key: "7", value: both },
      { key: "abc", value: token("Root A") },
      { key: "0", value: token("Root A") },
      { key: "ff", value: both },
    ]);
  });

  it("looks up what it tells, for any CRLs", () => {
    fc.assert(
      fc.property(crlSets, (crls) => {
        const entries = listEntries(crls);
        const told = [...entries];
        expect(new Set(told.map(({ key }) => key)).size).toBe(
          new Set(crls.flatMap(({ revoked }) => [...revoked])).size,
        );
        for (const { key, value } of told) expect(entries.valueOf(key)).toBe(value);
        expect(entries.valueOf("123456789")).toBeUndefined();
      }),
      { numRuns: 20 },
    );
  });
});

describe("measureList", () => {
  it("counts what the service will count", () => {
    const crls = [crlOf("Root A", ["07", "0abc"])];
    const names = writeLists(crls.map(({ sha256 }) => sha256));
    const bytes = "7abc".length + 2 * token("Root A").length + "lists".length + names.length;
    expect(measureList(crls)).toEqual({ items: 3, bytes, tooMuch: undefined });
    expect(measureList([])).toEqual({ items: 1, bytes: "listsnone".length, tooMuch: undefined });
  });

  it.each([
    ["100,000 serials of 20 bytes", 100_000, "ffffffff", undefined],
    ["110,000 serials of 20 bytes", 110_000, "ffffffff", /^110001 entries of \d+ bytes/],
  ])("says whether there is room: %s", (_, count, before, why) => {
    const { tooMuch } = measureList([
      crlOf(
        "Root A",
        serials(count).map((serial) => before + serial),
      ),
    ]);
    if (why === undefined) expect(tooMuch).toBeUndefined();
    else expect(tooMuch).toMatch(why);
  });

  it("takes as many CRLs as the value that names them has room for", () => {
    const many = Array.from({ length: listLimits.lists + 1 }, (_, index) => crlOf(`Root ${index}`, ["07"]));
    expect(measureList(many.slice(1)).tooMuch).toBeUndefined();
    const values = listEntries(many.slice(1)).valueOf("7") ?? "";
    expect(
      Math.max(values.length, writeLists(many.slice(1).map(({ sha256 }) => sha256)).length),
    ).toBeLessThan(listLimits.valueBytes);
    expect(measureList(many).tooMuch).toBe("16 CRLs, and there is room for the names of 15");
  });

  it("refuses a serial that is no key", () => {
    expect(measureList([crlOf("Root A", ["f".repeat(514)])]).tooMuch).toMatch(
      /^a revoked serial number of 514 digits/,
    );
  });
});
