import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Versions, versionInEffect, writeVersion } from "../../src/cloudflare/settling.ts";

describe("settling", () => {
  test("versionInEffect keeps to the old value until the new one has settled", () => {
    const first = writeVersion([], "a", 0, 5);
    expect([0, 4, 5].map((now) => versionInEffect(first, now))).toEqual([undefined, undefined, "a"]);
    const quick = writeVersion(writeVersion(first, "b", 10, 5), "c", 11, 5);
    expect([11, 14, 15, 16].map((now) => versionInEffect(quick, now))).toEqual(["a", "a", "b", "c"]);
  });

  test("writeVersion lets writes take effect in their order", () => {
    const written = writeVersion(writeVersion([], "slow", 0, 10), "fast", 1, 0);
    expect([9, 10].map((now) => versionInEffect(written, now))).toEqual([undefined, "fast"]);
  });

  test("writeVersion forgets nothing that is still to act", () => {
    const writes = fc.array(fc.record({ wait: fc.nat(20), settling: fc.nat(20) }), { maxLength: 12 });
    fc.assert(
      fc.property(writes, fc.nat(40), (all, later) => {
        let [now, last] = [0, 0];
        let versions: Versions<number> = [];
        const every: { value: number; from: number }[] = [];
        for (const [value, { wait, settling }] of all.entries()) {
          now += wait;
          last = Math.max(last, now + settling);
          versions = writeVersion(versions, value, now, settling);
          every.push({ value, from: last });
        }
        for (let at = now; at <= now + later; at += 1)
          expect(versionInEffect(versions, at)).toBe(every.findLast(({ from }) => from <= at)?.value);
      }),
    );
  });
});
