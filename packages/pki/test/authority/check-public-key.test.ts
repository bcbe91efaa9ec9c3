import { createPublicKey, generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkPublicKey } from "../../src/authority/check-public-key.ts";

const spki = new Uint8Array(
  generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ type: "spki", format: "der" }),
);

/** Whether Node loads the bytes, and writes the same ones again. */
function isLoaded(der: Uint8Array): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" });
    return (
      key.asymmetricKeyDetails?.namedCurve === "prime256v1" &&
      key.export({ type: "spki", format: "der" }).equals(der)
    );
  } catch {
    return false;
  }
}

function isTaken(der: Uint8Array): boolean {
  try {
    checkPublicKey(der);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: "CERTIFICATE_UNSUITABLE" });
    return false;
  }
}

describe("checkPublicKey", () => {
  it("takes of P-256 what node:crypto takes, whatever is done to the bytes", () => {
    const octets = fc.tuple(fc.nat(spki.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(octets, { maxLength: 3 }), (changes) => {
        const der = Uint8Array.from(spki);
        for (const [at, octet] of changes) der[at] = octet;
        expect(isTaken(der)).toBe(isLoaded(der));
      }),
      { numRuns: 300 },
    );
  });

  it("takes every point that is one: both roots of x, and none beyond the field", () => {
    const prime = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
    const at = (x: bigint, y: bigint): Uint8Array => {
      const pad = (value: bigint): string => value.toString(16).padStart(64, "0");
      return Uint8Array.of(...spki.subarray(0, 27), ...Buffer.from(pad(x) + pad(y), "hex"));
    };
    const x = BigInt(`0x${Buffer.from(spki.subarray(27, 59)).toString("hex")}`);
    const y = BigInt(`0x${Buffer.from(spki.subarray(59)).toString("hex")}`);
    // The root of the constant term: a point whose x may also be written as the prime itself.
    const zero = 0x66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4n;
    const cases: readonly [bigint, bigint, boolean][] = [
      [x, y, true],
      [x, prime - y, true],
      [0n, zero, true],
      [prime, zero, false],
      [0n, 0n, false],
    ];
    for (const [px, py, sound] of cases) {
      expect(isLoaded(at(px, py)), px.toString(16)).toBe(sound);
      expect(isTaken(at(px, py)), px.toString(16)).toBe(sound);
    }
  });
});
