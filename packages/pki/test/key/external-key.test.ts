import { constants, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { createAuthority, createCsr, type ExternalSigner, externalKey, generateKey } from "@handfast/pki";
import { turnableClock } from "@handfast/testing";
import { describe, expect, it } from "vitest";
import { hasOpenssl, openssl, workFolder } from "../openssl.ts";
import { digestSigner } from "./digest-signer.ts";
import { layOpen, refusal } from "./refusal.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

const kinds = [
  { name: "RSA", key: rsa, algorithm: { type: "rsa", bits: 2048 }, hash: "sha256" },
  ...(["P-256", "P-384", "P-521"] as const).map((curve, index) => ({
    name: curve,
    key: generateKeyPairSync("ec", { namedCurve: curve }).privateKey,
    algorithm: { type: "ec", curve },
    hash: ["sha256", "sha384", "sha512"][index],
  })),
];

describe("externalKey", () => {
  it.each(kinds)("signs by digest with $name", async ({ key, algorithm }) => {
    const signer = digestSigner(key);
    const handle = await externalKey(signer);
    expect(handle.algorithm).toEqual(algorithm);
    expect([handle.signSync, handle.export]).toEqual([undefined, undefined]);
    const data = Buffer.alloc(10_000, "to be signed");
    for (const hash of ["sha256", "sha384", "sha512"] as const)
      expect(verify(hash, data, createPublicKey(key), await handle.sign(data, hash))).toBe(true);
    expect(signer.asked.map(({ digest }) => digest.length)).toEqual([32, 48, 64]);
  });

  const faults: readonly [string, ExternalSigner["sign"], "rsa" | "ec", RegExp][] = [
    [
      "the digest hashed again",
      async ({ digest }) => new Uint8Array(sign("sha256", digest, ec)),
      "ec",
      /hashed again/,
    ],
    ["PSS", async () => pss(Buffer.from("x")), "rsa", /RSASSA-PSS; sign with RSASSA-PKCS1-v1_5/],
    [
      "r and s side by side",
      async () => new Uint8Array(sign("sha256", Buffer.from("x"), { key: ec, dsaEncoding: "ieee-p1363" })),
      "ec",
      /side by side; give an ECDSA-Sig-Value in DER/,
    ],
    ["nothing", async () => undefined, "ec", /gave nothing/],
    ["too little", async () => new Uint8Array(3), "rsa", /does not fit/],
  ];
  const pss = (data: Buffer): Uint8Array =>
    new Uint8Array(sign("sha256", data, { key: rsa, padding: constants.RSA_PKCS1_PSS_PADDING }));

  it.each(faults)("lets no signature through that is %s", async (_, signature, type, message) => {
    const signer = { ...digestSigner(type === "rsa" ? rsa : ec), sign: signature };
    const handle = await externalKey(signer);
    const error = await refusal(() => handle.sign(Buffer.from("x"), "sha256"));
    expect([error.code, error.message]).toEqual(["REMOTE_UNEXPECTED", expect.stringMatching(message)]);
    expect(error.message).toContain("vault key test");
  });

  it("names what the store threw, and repeats nothing of it", async () => {
    const denied = Object.assign(new Error("PIN 1234 is wrong"), { name: "AccessDeniedException" });
    const refuse = async (): Promise<never> => {
      throw denied;
    };
    const handle = await externalKey({ ...digestSigner(ec), sign: refuse });
    for (const work of [
      () => handle.sign(Buffer.from("x"), "sha256"),
      () => externalKey({ ...digestSigner(ec), publicKey: refuse }),
    ]) {
      const error = await refusal(work);
      expect(error.code).toBe("REMOTE_REJECTED");
      expect(error.details.provider).toEqual({ code: "AccessDeniedException" });
      expect(layOpen(error)).not.toContain("1234");
    }
  });

  it("refuses what is no public key, and keys that don't sign digests", async () => {
    const ed25519 = digestSigner(generateKeyPairSync("ed25519").privateKey);
    const rubbish = { ...ed25519, publicKey: async () => Uint8Array.of(1, 2, 3) };
    expect(await refusal(() => externalKey(ed25519))).toMatchObject({
      code: "KEY_UNREADABLE",
      message: expect.stringMatching(/ed25519 does not sign digests.*write a KeyHandle/),
    });
    expect((await refusal(() => externalKey(rubbish))).message).toMatch(/no SubjectPublicKeyInfo/);
  });
});

describe.skipIf(!hasOpenssl)("an authority whose key is external, against openssl", () => {
  const folder = workFolder();

  it.each(kinds)("issues a leaf that verifies, $name", async ({ name, key, hash }) => {
    const signer = digestSigner(key);
    const clock = turnableClock(Date.now() + 10_000);
    const root = await createAuthority({ subject: "CN=external", key: await externalKey(signer), clock });
    const own = await generateKey({ type: "ec", curve: "P-256" });
    const leaf = await root.issue(await createCsr({ subject: "CN=client.example.com", key: own }), {});
    const crl = await root.createCrl({ number: 1, revoked: [] });
    expect(new Set(signer.asked.map((request) => request.hash))).toEqual(new Set([hash]));
    const rootFile = folder.write(`${name}-root.pem`, root.certificate.pem);
    const leafFile = folder.write(`${name}-leaf.pem`, leaf.pem);
    const crlFile = folder.write(`${name}.crl`, crl.pem);
    const at = ["-attime", String(Math.floor(clock.now() / 1000))];
    expect(openssl("verify", ...at, "-CAfile", rootFile, "-purpose", "sslclient", leafFile).text).toContain(
      "OK",
    );
    expect(openssl("crl", "-in", crlFile, "-CAfile", rootFile, "-noout").text).toContain("verify OK");
  });
});
