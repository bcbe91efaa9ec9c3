import { createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { inspect } from "node:util";
import { isHandfastError } from "@handfast/core";
import {
  createCsr,
  type GenerateKeyOptions,
  generateKey,
  type Leaf,
  type LocalKey,
  type MakePkcs12Options,
  makePkcs12,
  type Pkcs12Profile,
} from "@handfast/pki";
import { beforeAll, describe, expect, it } from "vitest";
import { ecKey, makeClient, makeRoot } from "../world.ts";

const profiles: readonly Pkcs12Profile[] = ["modern", "apple-legacy"];

let key: LocalKey;
let leaf: Leaf;
beforeAll(async () => {
  const root = await makeRoot("keystores");
  const issuing = await root.issueAuthority({ subject: "CN=issuing", key: await ecKey() });
  ({ key, leaf } = await makeClient(issuing));
});

const make = (options: Partial<MakePkcs12Options> = {}): Promise<Uint8Array> =>
  makePkcs12({ chain: leaf.chain, key, passphrase: "a passphrase", rounds: 1_000, ...options });

describe("makePkcs12", () => {
  it.each(profiles)("%s opens in Node with its passphrase and no other", async (profile) => {
    for (const passphrase of [
      "a passphrase",
      "Schlüssel",
      "пароль",
      "鍵",
      "🔑 beyond the BMP",
      "x".repeat(200),
    ]) {
      const pfx = Buffer.from(await make({ profile, passphrase }));
      expect(createSecureContext({ pfx, passphrase }).context).toBeDefined();
      for (const wrong of [`${passphrase} `, "", passphrase.normalize("NFD").slice(1)])
        expect(() => createSecureContext({ pfx, passphrase: wrong })).toThrow(/mac verify failure/);
    }
  });

  it.for([
    { type: "rsa", bits: 2048 },
    { type: "ec", curve: "P-521" },
    { type: "ed25519" },
    { type: "ml-dsa-65" },
  ] satisfies GenerateKeyOptions[])("takes a key of type $type", async (kind, { skip }) => {
    const own = await generateKey(kind).catch((thrown: unknown) => {
      if (kind.type === "ml-dsa-65") skip("this Node has no ML-DSA-65");
      throw thrown;
    });
    const root = await makeRoot("kinds of keys");
    const issued = await root.issue(await createCsr({ subject: "CN=kind", key: own }));
    for (const profile of profiles) {
      const pfx = Buffer.from(await make({ profile, chain: issued.chain, key: own }));
      expect(createSecureContext({ pfx, passphrase: "a passphrase" }).context).toBeDefined();
    }
  });

  it("protects by 300,000 rounds, and as many as are asked for", async () => {
    // INTEGER 300000
    const count = (file: Uint8Array): number =>
      Buffer.from(file).toString("hex").split("02030493e0").length - 1;
    expect(count(await make({ rounds: undefined }))).toBe(3);
    expect(count(await make({ rounds: 1_000 }))).toBe(0);
  });

  it("writes the same file from the same random bytes, and another one from others", async () => {
    for (const profile of profiles) {
      const from = (octet: number) => make({ profile, random: (size) => new Uint8Array(size).fill(octet) });
      expect(await from(1)).toEqual(await from(1));
      expect(await from(1)).not.toEqual(await from(2));
      expect(await make({ profile })).not.toEqual(await make({ profile }));
    }
  });

  it("shows neither key nor subject in the clear", async () => {
    const secret = createPrivateKey(key.export()).export({ type: "pkcs8", format: "der" });
    for (const profile of profiles) {
      const file = Buffer.from(await make({ profile }));
      expect(file.includes(secret.subarray(-32))).toBe(false);
      expect(file.includes("client.example.com")).toBe(false);
    }
  });

  it("takes DER, a chain in any order and a certificate twice", async () => {
    const [own = "", issuer = ""] = leaf.chain.split(/(?<=-----END CERTIFICATE-----\n)/);
    const random = (size: number) => new Uint8Array(size);
    const due = await make({ random });
    expect(await make({ random, chain: issuer + own + issuer })).toEqual(due);
    expect(await make({ random, chain: Buffer.from(leaf.chain) })).toEqual(due);
    expect(await make({ random, chain: new X509Certificate(own).raw })).toEqual(
      await make({ random, chain: own }),
    );
  });

  it("refuses a key that can't leave its store, and one of another certificate; no error holds a key", async () => {
    const other = await ecKey();
    const { export: _, ...remote } = key;
    const cases: readonly [string, Partial<MakePkcs12Options>, string, RegExp][] = [
      ["a key in a store", { key: remote }, "KEY_UNREADABLE", /can't leave its store/],
      [
        "an export that is no key",
        { key: { ...key, export: () => "PEM" } },
        "KEY_UNREADABLE",
        /mend the handle/,
      ],
      ["another key", { key: other }, "KEY_MISMATCH", /CN=client\.example\.com.*belongs to no certificate/],
      ["no chain", { chain: "" }, "CERTIFICATE_UNREADABLE", /no certificate/],
      ["the key in the chain", { chain: key.export() }, "CERTIFICATE_UNREADABLE", /private key/],
    ];
    for (const [name, options, code, message] of cases) {
      const error: unknown = await make(options).catch((thrown: unknown) => thrown);
      if (!isHandfastError(error)) throw error;
      expect([name, error.code]).toEqual([name, code]);
      expect(error.message).toMatch(message);
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(key.export().split("\n")[1]);
    }
  });

  it.each([
    ["an empty passphrase", { passphrase: "" }, /passphrase is empty/],
    ["a null character", { passphrase: "a\0b" }, /null character/],
    ["half a surrogate pair", { passphrase: "a\ud83d" }, /surrogate/],
    ["too few rounds", { rounds: 999 }, /999 rounds/],
    ["rounds that no JDK takes", { rounds: 5_000_001 }, /5000001 rounds/],
    ["half a round", { rounds: 1_000.5 }, /whole number/],
    ["a profile that is not there", { profile: "toString" as Pkcs12Profile }, /no profile toString/],
    ["a random source that is dry", { random: () => new Uint8Array() }, /random source/],
  ])("refuses %s", async (_, options, message) => {
    await expect(make(options)).rejects.toThrow(TypeError);
    await expect(make(options)).rejects.toThrow(message);
  });
});
