import { isHandfastError } from "@handfast/core";
import { wouldAccept } from "@handfast/pki";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { element } from "../../src/der/write-der.ts";
import { extension, now } from "./make-certificate.ts";
import { address, directoryName, dnsName, email, makeLine, nameConstraints, uri } from "./make-chain.ts";
import { distributionPoint, makeList } from "./make-list.ts";

const point = element(0x30, element(0x30, element(0xa0, element(0xa0, uri("http://crl.example.com/a")))));
const constraints = nameConstraints(
  [dnsName("example.com"), directoryName([["O", "Example"]])],
  [address(10, 0, 0, 0, 255, 0, 0, 0), email("example.net")],
);
const [root, ca, leaf] = makeLine([
  { constraints },
  { basic: { ca: true, pathLength: 0 }, subject: [["O", "Example"]] },
  {
    subject: [
      ["O", "Example"],
      ["E", "ann@example.com"],
    ],
    names: [dnsName("a.example.com"), address(192, 0, 2, 1), uri("https://a.example.com")],
    more: [extension("2.5.29.31", point)],
  },
]);
const lists = [root, ca].map((one) =>
  makeList(one ?? root, { point: distributionPoint([], [uri("http://crl.example.com/a")]), revoked: [1, 2] }),
);

/** Bytes with some bits flipped, or cut off. */
function damage(der: Uint8Array, flips: readonly number[], cut: number | null): Uint8Array {
  const bytes = Uint8Array.from(der);
  for (const flip of flips) {
    const bit = flip % (8 * bytes.length);
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  }
  return cut === null ? bytes : bytes.subarray(0, cut % bytes.length);
}

describe("wouldAccept on damaged bytes", () => {
  const sound = { leaf: leaf?.der ?? root.der, ca: ca?.der ?? root.der, root: root.der };

  it.each(["leaf", "root", "list"] as const)("gives a verdict or a coded error: %s", (which) => {
    const target = which === "list" ? (lists[1] as Uint8Array) : sound[which];
    fc.assert(
      fc.property(
        fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
        fc.option(fc.nat(), { freq: 9 }),
        (flips, cut) => {
          const bytes = damage(target, flips, cut);
          const own = { ...sound, ...(which === "list" ? {} : { [which]: bytes }) };
          try {
            const { verdict } = wouldAccept(
              own.leaf,
              { anchors: own.root, crls: which === "list" ? [lists[0] as Uint8Array, bytes] : lists },
              { at: now, rules: { crlRule: "covered", partialChain: true } },
            );
            expect(["accepted", "refused", "unknown"]).toContain(verdict);
          } catch (error) {
            expect(isHandfastError(error) ? error.code : error).toBe("CERTIFICATE_UNREADABLE");
          }
        },
      ),
      { numRuns: 2_500 },
    );
  });
});
