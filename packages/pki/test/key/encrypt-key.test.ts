import { createPrivateKey } from "node:crypto";
import { type EncryptKeyOptions, encryptKey, type LocalKey, readKey } from "@handfast/pki";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { hasOpenssl, openssl, workFolder } from "../openssl.ts";
import { ecKey } from "../world.ts";
import { refusal } from "./refusal.ts";

let key: LocalKey;
beforeAll(async () => {
  key = await ecKey();
});
const few = { kind: "pbkdf2", rounds: 1_000 } as const;
const small = { kind: "scrypt", cost: 16, blockSize: 1, parallelization: 1 } as const;

describe("encryptKey", () => {
  it("gives back the key to whoever has the passphrase, whatever it is", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ minLength: 1, unit: "grapheme" }).filter((text) => Buffer.byteLength(text) <= 1_024),
        fc.constantFrom(few, small),
        async (passphrase, stretching) => {
          const file = await encryptKey(key, { passphrase, stretching });
          expect(readKey(file, { passphrase }).export()).toBe(key.export());
          expect(createPrivateKey({ key: file, passphrase }).export({ type: "pkcs8", format: "pem" })).toBe(
            key.export(),
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  it("writes other bytes each time, and the same for the same random bytes", async () => {
    const options = { passphrase: "x", stretching: few };
    expect(await encryptKey(key, options)).not.toBe(await encryptKey(key, options));
    const fixed = { ...options, random: (size: number) => new Uint8Array(size).fill(7) };
    expect(await encryptKey(key, fixed)).toBe(await encryptKey(key, fixed));
  });

  it("stretches the passphrase off the main thread", async () => {
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    await encryptKey(key, { passphrase: "x" });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(5);
  });

  it("refuses a key that can't leave its store", async () => {
    const { export: _, ...remote } = key;
    expect((await refusal(() => encryptKey(remote, { passphrase: "x" }))).code).toBe("KEY_UNREADABLE");
  });

  it.each<[string, Partial<EncryptKeyOptions>, RegExp]>([
    ["an empty passphrase", { passphrase: "" }, /passphrase is empty/],
    ["a passphrase that OpenSSL would not read", { passphrase: "ü".repeat(513) }, /longer than 1024 bytes/],
    ["too few rounds", { stretching: { kind: "pbkdf2", rounds: 999 } }, /999 rounds are too few/],
    ["no rounds", { stretching: { kind: "pbkdf2", rounds: 0 } }, /0 rounds/],
    ["rounds that are no number", { stretching: { kind: "pbkdf2", rounds: Number.NaN } }, /whole numbers/],
    [
      "more rounds than readKey would do",
      { stretching: { kind: "pbkdf2", rounds: 10_000_001 } },
      /more than 10000000/,
    ],
    ["a scrypt that is no power of two", { stretching: { ...small, cost: 17 } }, /power of two/],
    ["a scrypt that OpenSSL would not open", { stretching: { kind: "scrypt", cost: 32_768 } }, /OpenSSL/],
    ["a scrypt that nobody would do", { stretching: { kind: "scrypt", cost: 2 ** 31 } }, /more than/],
  ])("refuses %s", async (_, options, message) => {
    const refused = encryptKey(key, { passphrase: "x", ...options });
    await expect(refused).rejects.toThrow(TypeError);
    await expect(refused).rejects.toThrow(message);
  });
});

describe.skipIf(!hasOpenssl)("encryptKey against openssl", () => {
  const folder = workFolder();

  it.each<[string, EncryptKeyOptions["stretching"], RegExp]>([
    [
      "600,000 rounds of PBKDF2 when nothing is said",
      undefined,
      /PBES2[\s\S]*PBKDF2[\s\S]*INTEGER\s*:0927C0[\s\S]*hmacWithSHA256[\s\S]*aes-256-cbc/,
    ],
    ["the rounds that are asked for", { kind: "pbkdf2", rounds: 1_500 }, /INTEGER\s*:05DC/],
    [
      "scrypt",
      { kind: "scrypt" },
      /scrypt[\s\S]*INTEGER\s*:4000[\s\S]*INTEGER\s*:08[\s\S]*INTEGER\s*:05[\s\S]*aes-256-cbc/,
    ],
    [
      "the most memory that scrypt may take",
      { kind: "scrypt", cost: 16_384, blockSize: 15, parallelization: 1 },
      /scrypt[\s\S]*INTEGER\s*:0F/,
    ],
  ])("writes %s, which opens with the passphrase only", async (_, stretching, structure) => {
    const file = folder.write("ours.key", await encryptKey(key, { passphrase: "geheim", stretching }));
    expect(openssl("pkey", "-in", file, "-passin", "pass:geheim").stdout).toBe(key.export());
    expect(openssl("pkey", "-in", file, "-passin", "pass:falsch", "-noout").status).not.toBe(0);
    expect(openssl("asn1parse", "-in", file).text).toMatch(structure);
    expect(readKey(folder.read("ours.key"), { passphrase: "geheim" }).export()).toBe(key.export());
  });
});
