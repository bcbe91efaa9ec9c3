import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { isHandfastError } from "@handfast/core";
import { createCsr, encryptKey, type LocalKey, readKey, toDer } from "@handfast/pki";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { element, integer, octetString, oid, sequence } from "../../src/der/write-der.ts";
import { hasOpenssl, openssl, workFolder } from "../openssl.ts";
import { ecKey, makeRoot } from "../world.ts";
import { layOpen, refusal } from "./refusal.ts";

const few = { kind: "pbkdf2", rounds: 1_000 } as const;
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const ec = generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey;
const pemOf = (key: KeyObject, type: "pkcs1" | "pkcs8" | "sec1"): string =>
  key.export({ type, format: "pem" } as never).toString();
const derOf = (pem: string): Uint8Array =>
  new Uint8Array(Buffer.from(pem.replaceAll(/-----.*-----|\s/g, ""), "base64"));
const spkiOf = (key: KeyObject): string =>
  createHash("sha256")
    .update(createPublicKey(key).export({ type: "spki", format: "der" }))
    .digest("hex");

let key: LocalKey;
let locked: string;
let certificate: string;
beforeAll(async () => {
  key = await ecKey();
  locked = await encryptKey(key, { passphrase: "right", stretching: few });
  certificate = (await makeRoot("beside")).certificate.pem;
});

/** What OpenSSL writes for a curve, before the key. */
const parameters = "-----BEGIN EC PARAMETERS-----\nBgUrgQQAIg==\n-----END EC PARAMETERS-----\n";

describe("readKey", () => {
  it.each([
    ["PKCS#8", () => pemOf(rsa, "pkcs8"), rsa],
    ["PKCS#1", () => pemOf(rsa, "pkcs1"), rsa],
    ["SEC 1", () => pemOf(ec, "sec1"), ec],
    ["PKCS#8 in DER", () => derOf(pemOf(ec, "pkcs8")), ec],
    ["PKCS#1 in DER", () => derOf(pemOf(rsa, "pkcs1")), rsa],
    ["SEC 1 in DER", () => derOf(pemOf(ec, "sec1")), ec],
    ["PEM as bytes", () => Buffer.from(pemOf(ec, "sec1")), ec],
    ["CRLF", () => pemOf(rsa, "pkcs8").replaceAll("\n", "\r\n"), rsa],
    ["a certificate and parameters before it", () => certificate + parameters + pemOf(ec, "sec1"), ec],
    ["a certificate behind it, and text", () => `key:\n${pemOf(ec, "pkcs8")}\n${certificate}`, ec],
  ])("reads %s", (_, input, due) => {
    expect(readKey(input()).spki).toBe(spkiOf(due));
    expect(readKey(input(), { passphrase: "not needed" }).export()).toBe(pemOf(due, "pkcs8"));
  });

  const cases: readonly [name: string, input: () => string | Uint8Array, code: string, says: RegExp][] = [
    [
      "encrypted",
      () => certificate + locked,
      "KEY_ENCRYPTED",
      /block 2 of 2, ENCRYPTED PRIVATE KEY, line \d+\]: .*no passphrase/,
    ],
    ["encrypted DER", () => derOf(locked), "KEY_ENCRYPTED", /key given as bytes, DER\]/],
    ["an empty text", () => "", "KEY_UNREADABLE", /is empty/],
    ["white space", () => " \r\n", "KEY_UNREADABLE", /is empty/],
    ["no bytes", () => new Uint8Array(0), "KEY_UNREADABLE", /is empty/],
    ["no PEM", () => "hello", "KEY_UNREADABLE", /holds no PEM/],
    [
      "a certificate",
      () => certificate,
      "KEY_UNREADABLE",
      /holds no private key, but block 1 \(CERTIFICATE, line 1\)/,
    ],
    ["a certificate in DER", () => toDer(certificate), "KEY_UNREADABLE", /holds a CERTIFICATE in DER/],
    [
      "a public key",
      () => createPublicKey(rsa).export({ type: "spki", format: "pem" }).toString(),
      "KEY_UNREADABLE",
      /no private key, but block 1 \(PUBLIC KEY/,
    ],
    [
      "two keys",
      () => pemOf(ec, "sec1") + certificate + key.export(),
      "KEY_UNREADABLE",
      /2 private keys: block 1 \(EC PRIVATE KEY, line 1\), block 3 \(PRIVATE KEY, line \d+\); keep one/,
    ],
    ["a key cut off", () => key.export().slice(0, 100), "KEY_UNREADABLE", /line 1\]: .*no END mark/],
    [
      "rubbish inside",
      () => key.export().replace(/\n.*\n/, "\nAAAA\n"),
      "KEY_UNREADABLE",
      /block 1 of 1, PRIVATE KEY, line 1\]: the block is no private key/,
    ],
    ["escaped line ends", () => key.export().replaceAll("\n", "\\n"), "KEY_UNREADABLE", /escaped/],
    [
      "an OpenSSH key",
      () => key.export().replaceAll("PRIVATE", "OPENSSH PRIVATE"),
      "KEY_UNREADABLE",
      /ssh-keygen -p -m PKCS8/,
    ],
    [
      "a key of another kind",
      () => pemOf(generateKeyPairSync("ed448").privateKey, "pkcs8"),
      "KEY_UNREADABLE",
      /block 1 of 1, PRIVATE KEY, line 1\]: a key of type ed448 is not supported/,
    ],
    [
      "a curve that nobody takes",
      () => pemOf(generateKeyPairSync("ec", { namedCurve: "secp256k1" }).privateKey, "pkcs8"),
      "KEY_UNREADABLE",
      /type ec secp256k1 is not supported/,
    ],
  ];

  it.each(cases)(
    "refuses %s, says where and what to do, and repeats nothing of it",
    async (_, input, code, says) => {
      const given = input();
      const error = await refusal(() => readKey(given));
      expect([error.code, error.message]).toEqual([code, expect.stringMatching(says)]);
      const text = typeof given === "string" ? given : Buffer.from(given).toString("base64");
      for (const row of text.split("\n").filter((line) => /^[A-Za-z0-9+/]{20,}/.test(line)))
        expect(layOpen(error)).not.toContain(row.slice(0, 20));
    },
  );

  it("refuses a wrong passphrase, in PEM and DER, and repeats none", async () => {
    for (const [input, passphrase] of [
      [locked, "guessed-it"],
      [derOf(locked), "guessed-it"],
    ] as const) {
      const error = await refusal(() => readKey(input, { passphrase }));
      expect([error.code, error.message]).toEqual([
        "KEY_UNREADABLE",
        expect.stringMatching(/passphrase is wrong/),
      ]);
      expect(layOpen(error)).not.toContain("guessed-it");
    }
    expect((await refusal(() => readKey(locked, { passphrase: "" }))).code).toBe("KEY_ENCRYPTED");
  });

  it("takes a request for what it is", async () => {
    const csr = await createCsr({ subject: "CN=a", key });
    const error = await refusal(() => readKey(toDer(csr, "CERTIFICATE REQUEST")));
    expect(error.message).toMatch(/holds a CERTIFICATE REQUEST in DER/);
  });
});

const whole = (value: number): Uint8Array =>
  integer(Buffer.from(value.toString(16).padStart(12, "0"), "hex"));
const salt = octetString(new Uint8Array(8));
const aes = sequence(oid("2.16.840.1.101.3.4.1.42"), octetString(new Uint8Array(16)));
const pbes2 = (kdf: string, ...numbers: readonly number[]): Uint8Array =>
  sequence(
    sequence(
      oid("1.2.840.113549.1.5.13"),
      sequence(sequence(oid(kdf), sequence(salt, ...numbers.map(whole))), aes),
    ),
    octetString(new Uint8Array(32)),
  );
const [pbkdf2, scrypt] = ["1.2.840.113549.1.5.12", "1.3.6.1.4.1.11591.4.11"] as const;

describe("readKey of a hostile file", () => {
  it.each<[string, Uint8Array, RegExp]>([
    ["2^31 rounds of PBKDF2", pbes2(pbkdf2, 2 ** 31), /asks for 2147483648 rounds, more than 10000000/],
    ["rounds beyond all numbers", pbes2(pbkdf2, 2 ** 47), /rounds, more than/],
    ["no rounds", pbes2(pbkdf2, 0), /0 rounds are not possible/],
    ["a huge N of scrypt", pbes2(scrypt, 2 ** 40, 8, 1), /N=1099511627776.*more than 268435456/],
    ["a huge r of scrypt", pbes2(scrypt, 2, 2 ** 30, 1), /more than 268435456/],
    ["a huge p of scrypt", pbes2(scrypt, 16_384, 8, 1_000), /more than 1073741824/],
    ["a scrypt without p", pbes2(scrypt, 16_384, 8), /lacks a parameter/],
    [
      "2^31 rounds of an older scheme",
      sequence(
        sequence(oid("1.2.840.113549.1.12.1.3"), sequence(salt, whole(2 ** 31))),
        octetString(new Uint8Array(32)),
      ),
      /asks for 2147483648 rounds/,
    ],
    [
      "an encryption that is not known",
      sequence(sequence(oid("1.2.3.4"), element(0x05)), octetString(new Uint8Array(32))),
      /encryption 1\.2\.3\.4 is not known/,
    ],
  ])("refuses %s before it begins", async (_, file, says) => {
    const before = process.cpuUsage();
    const error = await refusal(() => readKey(file, { passphrase: "x" }));
    const { user, system } = process.cpuUsage(before);
    expect([error.code, error.message]).toEqual(["KEY_UNREADABLE", expect.stringMatching(says)]);
    expect(user + system).toBeLessThan(500_000);
  });

  it("gives a key or a coded error for 10,000 damaged and invented inputs", () => {
    const files = [key.export(), locked, pemOf(rsa, "pkcs1"), pemOf(ec, "sec1"), certificate + locked];
    const real = [...files.map((file) => new Uint8Array(Buffer.from(file))), ...files.slice(0, 4).map(derOf)];
    const damaged = fc
      .tuple(fc.constantFrom(...real), fc.nat(), fc.nat(7), fc.boolean())
      .map(([file, at, bit, cut]) => {
        const copy = file.slice();
        const index = at % copy.length;
        if (cut) return copy.subarray(0, index);
        copy[index] = (copy[index] ?? 0) ^ (1 << bit);
        return copy;
      });
    const marked = fc
      .string()
      .map((text) => `-----BEGIN PRIVATE KEY-----\n${text}\n-----END PRIVATE KEY-----\n`);
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array(), fc.string(), marked), (input) => {
        try {
          readKey(input, { passphrase: "right" });
        } catch (thrown) {
          if (!isHandfastError(thrown)) throw thrown;
          expect(["KEY_UNREADABLE", "KEY_ENCRYPTED"]).toContain(thrown.code);
        }
      }),
      { numRuns: 10_000 },
    );
  }, 60_000);
});

describe.skipIf(!hasOpenssl)("readKey against openssl", () => {
  const folder = workFolder();

  it.each([
    ["genrsa -aes256", ["genrsa", "-aes256", "-passout", "pass:geheim"], ["2048"]],
    [
      "genrsa -aes256 -traditional",
      ["genrsa", "-aes256", "-traditional", "-passout", "pass:geheim"],
      ["2048"],
    ],
    ["genpkey Ed25519", ["genpkey", "-algorithm", "ed25519", "-aes256", "-pass", "pass:geheim"], []],
    ["pkcs8, 600,000 rounds", ["-iter", "600000", "-v2", "aes256"], undefined],
    ["pkcs8, HMAC with SHA-512", ["-v2prf", "hmacWithSHA512"], undefined],
    ["pkcs8, triple DES", ["-v2", "des3"], undefined],
    ["pkcs8 -scrypt", ["-scrypt"], undefined],
    [
      "pkcs8 -scrypt with parameters of its own",
      ["-scrypt", "-scrypt_N", "16384", "-scrypt_r", "8", "-scrypt_p", "4"],
      undefined,
    ],
    ["pkcs8 -v1, as PKCS#12 does it", ["-v1", "PBE-SHA1-3DES"], undefined],
  ] as const)("reads %s", async (_, args, last) => {
    const file = folder.path("theirs.key");
    const plain = folder.write("plain.key", key.export());
    const made =
      last === undefined
        ? openssl("pkcs8", "-topk8", ...args, "-in", plain, "-passout", "pass:geheim", "-out", file)
        : openssl(...args, "-out", file, ...last);
    expect([made.status, made.text]).toEqual([0, expect.any(String)]);
    const theirs = folder.read("theirs.key");
    const due = openssl("pkey", "-in", file, "-passin", "pass:geheim").stdout;
    expect(readKey(theirs, { passphrase: "geheim" }).export()).toBe(due);
    expect((await refusal(() => readKey(theirs))).code).toBe("KEY_ENCRYPTED");
    const wrong = await refusal(() => readKey(theirs, { passphrase: "falsch" }));
    expect([wrong.code, wrong.message]).toEqual([
      "KEY_UNREADABLE",
      expect.stringMatching(/passphrase is wrong/),
    ]);
  });
});
