import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { inspect } from "node:util";
import { isHandfastError } from "@handfast/core";
import { encryptKey, generateKey, type KeyHandle, type LocalKey, readKey } from "@handfast/pki";
import { describe, expect, it } from "vitest";
import { hasOpenssl, openssl, workFolder } from "../openssl.ts";
import { ecKey, makeRoot } from "../world.ts";

const kinds: readonly { name: string; make: () => Promise<LocalKey>; algorithm: KeyHandle["algorithm"] }[] = [
  {
    name: "RSA-4096",
    make: () => generateKey({ type: "rsa", bits: 4096 }),
    algorithm: { type: "rsa", bits: 4096 },
  },
  ...(["P-256", "P-384", "P-521"] as const).map((curve) => ({
    name: curve,
    make: () => generateKey({ type: "ec", curve }),
    algorithm: { type: "ec" as const, curve },
  })),
];

describe.each(kinds)("generateKey $name", ({ make, algorithm }) => {
  it("makes a key that signs, says what it is, and comes back from its file", async () => {
    const key = await make();
    expect(key.algorithm).toEqual(algorithm);
    const data = Buffer.from("to be signed");
    const publicKey = createPublicKey({ key: Buffer.from(key.publicKey), format: "der", type: "spki" });
    for (const hash of ["sha256", "sha384", "sha512"] as const)
      expect(verify(hash, data, publicKey, await key.sign(data, hash))).toBe(true);
    expect(readKey(key.export()).spki).toBe(key.spki);
    expect(
      readKey(encryptKey(key, { passphrase: "pass phrase" }), { passphrase: "pass phrase" }).export(),
    ).toBe(key.export());
  });
});

describe("generateKey", () => {
  it("leaves the main thread free while it makes an RSA key", async () => {
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    await generateKey({ type: "rsa", bits: 3072 });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(1);
  });

  it("refuses sizes and curves that no provider takes", async () => {
    await expect(generateKey({ type: "rsa", bits: 1024 as 2048 })).rejects.toThrow(TypeError);
    await expect(generateKey({ type: "ec", curve: "secp256k1" as "P-256" })).rejects.toThrow(TypeError);
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

describe("encryptKey", () => {
  it("refuses a key that can't leave its store, and an empty passphrase", async () => {
    const key = await ecKey();
    const { export: _, ...remote } = key;
    expect(() => encryptKey(remote, { passphrase: "x" })).toThrow(
      expect.objectContaining({ code: "KEY_UNREADABLE" }),
    );
    expect(() => encryptKey(key, { passphrase: "" })).toThrow(TypeError);
  });
});

function refusal(work: () => unknown): { code: string; message: string; whole: string } {
  try {
    work();
  } catch (thrown) {
    if (isHandfastError(thrown))
      return {
        code: thrown.code,
        message: thrown.message,
        whole: inspect(thrown, { depth: 9, showHidden: true }),
      };
    throw thrown;
  }
  throw new Error("nothing was refused");
}

describe("readKey", () => {
  it("reads PKCS#1 and SEC1, CRLF line ends, and a certificate beside the key", async () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    const pkcs1 = rsa.export({ type: "pkcs1", format: "pem" }).toString();
    expect(readKey(pkcs1).algorithm).toEqual({ type: "rsa", bits: 2048 });
    const ec = generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey;
    const sec1 = ec.export({ type: "sec1", format: "pem" }).toString();
    const root = await makeRoot("beside");
    const parameters = "-----BEGIN EC PARAMETERS-----\nBgUrgQQAIg==\n-----END EC PARAMETERS-----\n";
    const file = `${root.certificate.pem}${parameters}${sec1}`.replaceAll("\n", "\r\n");
    expect(readKey(file).algorithm).toEqual({ type: "ec", curve: "P-384" });
  });

  it("refuses what is no usable key, says what to do, and repeats nothing of the text", async () => {
    const key = await ecKey();
    const pem = key.export();
    const body = pem.split("\n")[1] ?? "";
    const locked = encryptKey(key, { passphrase: "right" });
    const root = await makeRoot("no key");
    const ed25519 = generateKeyPairSync("ed25519")
      .privateKey.export({ type: "pkcs8", format: "pem" })
      .toString();
    const cases: readonly [string, () => unknown, string, RegExp][] = [
      ["encrypted, no passphrase", () => readKey(locked), "KEY_ENCRYPTED", /passphrase/],
      ["empty passphrase", () => readKey(locked, { passphrase: "" }), "KEY_ENCRYPTED", /passphrase/],
      [
        "wrong passphrase",
        () => readKey(locked, { passphrase: "wrong" }),
        "KEY_UNREADABLE",
        /passphrase is wrong/,
      ],
      ["empty text", () => readKey(""), "KEY_UNREADABLE", /holds no PEM/],
      ["a certificate", () => readKey(root.certificate.pem), "KEY_UNREADABLE", /holds a CERTIFICATE/],
      ["two keys", () => readKey(pem + pem), "KEY_UNREADABLE", /2 private keys/],
      ["cut off", () => readKey(pem.slice(0, 100)), "KEY_UNREADABLE", /END mark/],
      ["rubbish inside", () => readKey(pem.replace(body, "AAAA")), "KEY_UNREADABLE", /no private key/],
      ["escaped newlines", () => readKey(pem.replaceAll("\n", "\\n")), "KEY_UNREADABLE", /escaped/],
      ["Ed25519", () => readKey(ed25519), "KEY_UNREADABLE", /ed25519 is not supported/],
    ];
    for (const [name, work, code, message] of cases) {
      const error = refusal(work);
      expect([name, error.code]).toEqual([name, code]);
      expect(error.message).toMatch(message);
      expect(error.whole).not.toContain(body.slice(0, 40));
    }
  });
});

describe.skipIf(!hasOpenssl)("keys against openssl", () => {
  const folder = workFolder();

  it("encryptKey writes what openssl reads with the passphrase only", async () => {
    const file = folder.write("ours.key", encryptKey(await ecKey(), { passphrase: "geheim" }));
    expect(openssl("pkey", "-in", file, "-passin", "pass:geheim", "-noout", "-check").text).toContain(
      "valid",
    );
    expect(openssl("pkey", "-in", file, "-passin", "pass:falsch", "-noout").status).not.toBe(0);
    expect(openssl("asn1parse", "-in", file).text).toMatch(/PBES2[\s\S]*aes-256-cbc/);
  });

  it.each([
    ["PKCS#8", []],
    ["the old form", ["-traditional"]],
  ] as const)("readKey reads what openssl genrsa -aes256 writes, %s", (_, extra) => {
    const file = folder.path("theirs.key");
    openssl("genrsa", "-aes256", "-passout", "pass:geheim", ...extra, "-out", file, "2048");
    const pem = openssl("pkey", "-in", file, "-passin", "pass:geheim").stdout;
    const text = openssl("base64", "-e", "-in", file).stdout;
    const locked = Buffer.from(text, "base64").toString();
    expect(readKey(locked, { passphrase: "geheim" }).export()).toBe(pem);
    expect(refusal(() => readKey(locked)).code).toBe("KEY_ENCRYPTED");
    expect(refusal(() => readKey(locked, { passphrase: "falsch" })).code).toBe("KEY_UNREADABLE");
  });
});
