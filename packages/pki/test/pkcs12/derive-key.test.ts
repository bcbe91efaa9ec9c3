import { hash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deriveKey, deriveKeys, type KeyRequest } from "../../src/pkcs12/derive-key.ts";
import { bmpPassphrase } from "../../src/pkcs12/encode-passphrase.ts";
import { hasOpenssl, openssl } from "../openssl.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const request: fc.Arbitrary<KeyRequest> = fc.record({
  digest: fc.constantFrom("sha1", "sha256"),
  purpose: fc.constantFrom(1, 2, 3),
  passphrase: fc.string({ unit: "grapheme", minLength: 1, maxLength: 70 }).map(bmpPassphrase),
  salt: fc.uint8Array({ minLength: 1, maxLength: 70 }),
  rounds: fc.integer({ min: 1, max: 30 }),
  size: fc.integer({ min: 1, max: 100 }),
});

describe("deriveKey", () => {
  it.skipIf(!hasOpenssl)("gives what OpenSSL's PKCS12KDF gives, whatever is asked", () => {
    fc.assert(
      fc.property(request, (asked) => {
        const { text, stdout } = openssl(
          ...["kdf", "-keylen", `${asked.size}`, "-kdfopt", `digest:${asked.digest}`],
          ...["-kdfopt", `hexpass:${hex(asked.passphrase)}`, "-kdfopt", `hexsalt:${hex(asked.salt)}`],
          ...["-kdfopt", `iter:${asked.rounds}`, "-kdfopt", `id:${asked.purpose}`, "PKCS12KDF"],
        );
        expect(stdout, text).not.toBe("");
        expect(hex(deriveKey(asked, hash))).toBe(stdout.trim().replaceAll(":", "").toLowerCase());
      }),
      { numRuns: 60 },
    );
  });

  it("gives what the vectors in the tests of the Legion of the Bouncy Castle give", () => {
    const derived = deriveKey(
      {
        digest: "sha1",
        purpose: 1,
        passphrase: bmpPassphrase("smeg"),
        salt: Buffer.from("0a58cf64530d823f", "hex"),
        rounds: 1,
        size: 24,
      },
      hash,
    );
    expect(hex(derived)).toBe("8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3");
  });
});

describe("deriveKeys", () => {
  it("gives the same from another thread, and leaves this one free", async () => {
    const asked: KeyRequest = {
      digest: "sha256",
      purpose: 3,
      passphrase: bmpPassphrase("a passphrase"),
      salt: Buffer.alloc(16, 7),
      rounds: 100_000,
      size: 32,
    };
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    const derived = await deriveKeys([asked, { ...asked, rounds: 1 }]);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(10);
    expect(derived.map(hex)).toEqual(
      [asked, { ...asked, rounds: 1 }].map((one) => hex(deriveKey(one, hash))),
    );
  });
});
