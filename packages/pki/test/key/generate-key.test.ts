import { createPublicKey, verify } from "node:crypto";
import { inspect } from "node:util";
import { encryptKey, type GenerateKeyOptions, generateKey, readKey } from "@handfast/pki";
import { describe, expect, it } from "vitest";
import { ecKey } from "../world.ts";

const kinds: readonly GenerateKeyOptions[] = [
  { type: "rsa", bits: 2048 },
  { type: "rsa", bits: 3072 },
  { type: "ec", curve: "P-256" },
  { type: "ec", curve: "P-384" },
  { type: "ec", curve: "P-521" },
  { type: "ed25519" },
  { type: "ml-dsa-65" },
];
const nameOf = (kind: GenerateKeyOptions): string => Object.values(kind).join(" ");

describe("generateKey", () => {
  it.each(kinds.map((kind) => [nameOf(kind), kind] as const))(
    "makes a key that signs, says what it is, and comes back from its file: %s",
    async (_, kind) => {
      const key = await generateKey(kind);
      expect(key.algorithm).toEqual(kind);
      const data = Buffer.from("to be signed");
      const publicKey = createPublicKey({ key: Buffer.from(key.publicKey), format: "der", type: "spki" });
      for (const hash of ["sha256", "sha384", "sha512"] as const)
        for (const signature of [await key.sign(data, hash), key.signSync?.(data, hash)]) {
          const own = kind.type === "ed25519" || kind.type === "ml-dsa-65" ? null : hash;
          expect(verify(own, data, publicKey, signature ?? Buffer.alloc(0))).toBe(true);
        }
      expect(readKey(key.export()).spki).toBe(key.spki);
      const stretching = { kind: "pbkdf2", rounds: 1_000 } as const;
      const file = await encryptKey(key, { passphrase: "pass phrase", stretching });
      expect(readKey(file, { passphrase: "pass phrase" }).export()).toBe(key.export());
    },
  );

  it("leaves the main thread free while it makes an RSA key", async () => {
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    await generateKey({ type: "rsa", bits: 3072 });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(1);
  });

  it.each([
    [{ type: "rsa", bits: 1024 }, /1024 bits; use 2048, 3072, 4096 or 8192/],
    [{ type: "ec", curve: "secp256k1" }, /no curve secp256k1; use P-256/],
    [{ type: "dsa" }, /no key of type dsa; use rsa, ec, ed25519 or ml-dsa-65/],
  ])("refuses %j, which nothing here can use", async (kind, message) => {
    const refused = generateKey(kind as GenerateKeyOptions);
    await expect(refused).rejects.toThrow(TypeError);
    await expect(refused).rejects.toThrow(message);
  });

  it("keeps the key out of JSON and out of what a debugger prints", async () => {
    const key = await ecKey();
    const secret = key.export().split("\n")[1] ?? "";
    for (const text of [JSON.stringify(key), inspect(key, { depth: 9, showHidden: true })]) {
      expect(text).not.toContain("PRIVATE");
      expect(text).not.toContain(secret);
    }
  });
});
