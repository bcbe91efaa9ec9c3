import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SerialTable, serialFrom, serialTo } from "../../src/certificate/serial-table.ts";
import { entry } from "./written-crl.ts";

/** Content octets of INTEGERs, few enough that the same come again, with and without zeros in front. */
const serial = fc
  .tuple(fc.integer({ min: 0, max: 0x7ff }), fc.constantFrom("", "00", "0000"))
  .map(([number, zeros]) => zeros + number.toString(16).padStart(4, "0"));

/** Entries one after the other, and where each begins. */
function poolOf(serials: readonly string[]): readonly [Uint8Array, Uint32Array] {
  const entries = serials.map((one) => entry(one));
  let at = 0;
  const places = entries.map(({ length }) => {
    at += length;
    return at - length;
  });
  return [new Uint8Array(Buffer.concat(entries)), Uint32Array.from(places)];
}

describe("SerialTable.addAll", () => {
  it("comes to what add comes to, in batches of any size, also where one holds a serial twice", () => {
    const serials = fc.oneof(
      fc.array(serial, { maxLength: 30 }),
      fc.array(serial, { minLength: 200, maxLength: 1_500, size: "max" }),
    );
    fc.assert(
      fc.property(
        serials,
        fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }),
        fc.nat(500),
        (list, sizes, expected) => {
          const [pool, places] = poolOf(list);
          const oneByOne = new SerialTable(expected);
          const added = [...places].filter((at) => oneByOne.add(pool, at));
          const together = new SerialTable(expected);
          for (let from = 0, batch = 0; from < places.length; batch += 1) {
            const some = places.subarray(from, from + (sizes[batch % sizes.length] as number));
            together.addAll(pool, some, some.length);
            from += some.length;
          }
          expect(together.size).toBe(oneByOne.size);
          expect(together.size).toBe(added.length);
          for (const at of places) {
            const to = serialTo(pool, at);
            const place = together.find(pool, pool, serialFrom(pool, at, to), to);
            expect(place).toBe(oneByOne.find(pool, pool, serialFrom(pool, at, to), to));
            expect(place).toBeGreaterThanOrEqual(0);
          }
        },
      ),
    );
  });

  it("takes no more of the places than it was told", () => {
    const [pool, places] = poolOf(["0001", "0002", "0001", "0003"]);
    const table = new SerialTable();
    table.addAll(pool, places, 3);
    expect(table.size).toBe(2);
    table.addAll(pool, places, 0);
    table.addAll(pool, places, 4);
    expect(table.size).toBe(3);
  });
});
