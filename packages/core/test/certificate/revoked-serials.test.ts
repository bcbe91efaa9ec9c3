import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crlPartsOf } from "../../src/certificate/index.ts";
import { normaliseSerial, readCrl } from "../../src/index.ts";
import { entry, writtenCrl } from "./written-crl.ts";

/** Content octets of INTEGERs that are not negative, and often the same. */
const serials = fc.array(
  fc
    .oneof(fc.integer({ min: 0, max: 40 }), fc.bigInt({ min: 1n << 120n, max: (1n << 120n) + 20n }))
    .map((number) => {
      const hex = number.toString(16);
      const even = hex.length % 2 === 0 ? hex : `0${hex}`;
      return /^[89a-f]/.test(even) ? `00${even}` : even;
    }),
  { maxLength: 60 },
);
const revokedOf = (list: readonly string[]) =>
  readCrl(writtenCrl({ entries: list.map((serial) => entry(serial)) })).revoked;
const setOf = (list: readonly string[]) =>
  new Set(list.map((serial) => serial.replace(/^(?:00)+(?=..)/, "")));

/** Calls what TypeScript's ES2024 does not know of sets, and Node does. */
function call(set: ReadonlySet<string>, method: string, other: ReadonlySet<string>): unknown {
  return Reflect.apply(Reflect.get(set, method), set, [other]);
}

const sorted = (set: unknown): readonly string[] => [...(set as ReadonlySet<string>)].sort();

describe("CrlFacts.revoked", () => {
  it("is what a set of the same serials is, in every way that a set can be read", () => {
    fc.assert(
      fc.property(serials, serials, (mine, theirs) => {
        const [view, other] = [revokedOf(mine), revokedOf(theirs)];
        const [set, plain] = [setOf(mine), setOf(theirs)];
        expect(view.size).toBe(set.size);
        expect([...view]).toEqual([...set]);
        expect([...view.keys()]).toEqual([...set.keys()]);
        expect([...view.values()]).toEqual([...set.values()]);
        expect([...view.entries()]).toEqual([...set.entries()]);
        expect(new Set(view)).toEqual(set);
        expect(Array.from(view)).toEqual(Array.from(set));
        const seen: unknown[] = [];
        view.forEach(function (this: unknown, ...given) {
          seen.push([this, ...given]);
        }, seen);
        expect(seen).toEqual([...set].map((serial) => [seen, serial, serial, view]));
        for (const serial of [...set, ...plain]) expect(view.has(serial)).toBe(set.has(serial));
        for (const by of [other, plain]) {
          for (const method of ["union", "intersection", "difference", "symmetricDifference"] as const) {
            expect(sorted(call(view, method, by))).toEqual(sorted(call(set, method, plain)));
            expect(sorted(call(plain, method, view))).toEqual(sorted(call(plain, method, set)));
          }
          for (const method of ["isSubsetOf", "isSupersetOf", "isDisjointFrom"] as const) {
            expect(call(view, method, by)).toBe(call(set, method, plain));
            expect(call(plain, method, view)).toBe(call(plain, method, set));
          }
        }
      }),
    );
  });

  it.each(["a", "", "-5", "xy", "05ab", "05xy", 5, null])("has no %j", (serial) => {
    expect(revokedOf(["05", "00ab", "00"]).has(serial as string)).toBe(false);
  });

  it.each([
    ...["0", "5", "005", "0005", "AB", "ab ", "00:ab", "0xAB"],
    ...["0AB1C2", "ab1c2", "0A:B1:C2", "00:0a:b1:c2", "0a b1 c2"],
  ])("has what %j is another spelling of", (serial) => {
    const list = readCrl(writtenCrl({ entries: ["05", "00ab", "00", "0ab1c2"].map((one) => entry(one)) }));
    expect(list.revoked.has(serial)).toBe(true);
    const { entries } = crlPartsOf(list);
    expect([entries.has(serial), entries.get(serial)?.serial]).toEqual([true, normaliseSerial(serial)]);
  });

  it.each(["", "xy", "-5", 5, undefined])("looks for no entry of %j, which is no serial", (serial) => {
    const { entries } = crlPartsOf(readCrl(writtenCrl({ entries: [entry("05")] })));
    expect(() => entries.get(serial as string)).toThrow(TypeError);
    expect(() => entries.has(serial as string)).toThrow(TypeError);
  });

  it("goes into JSON, a spread of the facts and a comparison as a set does", () => {
    const facts = readCrl(writtenCrl({ entries: [entry("05")] }));
    expect(JSON.stringify(facts.revoked)).toBe(JSON.stringify(new Set(["05"])));
    expect([...{ ...facts }.revoked]).toEqual(["05"]);
    expect(facts.revoked).toEqual(readCrl(facts.der).revoked);
    expect(facts.revoked).not.toEqual(revokedOf(["06"]));
  });

  it("can't be changed", () => {
    const facts = readCrl(writtenCrl({ entries: [entry("05")] }));
    expect(Reflect.get(facts.revoked, "add")).toBeUndefined();
    expect(Reflect.set(facts.revoked, "size", 7)).toBe(false);
    expect(facts.revoked.size).toBe(1);
  });
});
