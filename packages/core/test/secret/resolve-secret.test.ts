import { spawnSync } from "node:child_process";
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { expect, onTestFinished, test, vi } from "vitest";
import { isHandfastError } from "../../src/errors.ts";
import { fromEnv } from "../../src/secret/from-env.ts";
import { fromFile } from "../../src/secret/from-file.ts";
import { fromValue } from "../../src/secret/from-value.ts";
import { resolveSecret } from "../../src/secret/resolve-secret.ts";
import type { SecretSource } from "../../src/secret/secret-source.ts";

const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const ed = generateKeyPairSync("ed25519").privateKey;
const passphrase = "correct horse";
const cipher = "aes-256-cbc";

interface Export {
  readonly type: "pkcs1" | "pkcs8" | "sec1";
  readonly cipher?: string;
  readonly passphrase?: string;
}
const pemOf = (key: KeyObject, options: Export): string =>
  key.export({ format: "pem", ...options }).toString();

const pkcs8 = pemOf(ec, { type: "pkcs8" });
const encrypted = pemOf(ec, { type: "pkcs8", cipher, passphrase });
const encryptedPkcs1 = pemOf(rsa, { type: "pkcs1", cipher, passphrase });
const certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
const spkiOf = (key: KeyObject): string =>
  createHash("sha256")
    .update(createPublicKey(key).export({ type: "spki", format: "der" }))
    .digest("hex");

async function keyFile(text: string | Uint8Array): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "handfast-key-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  await writeFile(join(dir, "key.pem"), text);
  return join(dir, "key.pem");
}

/** The code of a refusal, after making sure that nothing of a key is in it. */
async function refusal(source: SecretSource, spki?: string): Promise<string> {
  const thrown: unknown = await resolveSecret(source, spki).catch((error: unknown) => error);
  if (!isHandfastError(thrown)) throw thrown;
  const all = `${thrown.message} ${JSON.stringify(thrown)} ${JSON.stringify(thrown.cause)} ${thrown.stack}`;
  expect(all).not.toMatch(/BEGIN|MIG|MII|correct horse|wrong horse/);
  return thrown.code;
}

const readable: readonly (readonly [string, string, KeyObject])[] = [
  ["PKCS#8", pkcs8, ec],
  ["SEC 1", pemOf(ec, { type: "sec1" }), ec],
  ["PKCS#1", pemOf(rsa, { type: "pkcs1" }), rsa],
  ["an Ed25519 key", pemOf(ed, { type: "pkcs8" }), ed],
  ["CRLF line ends", pkcs8.replaceAll("\n", "\r\n"), ec],
  ["text and a certificate before it", `subject=edge\n${certificate}${pkcs8}`, ec],
  ["a certificate behind it", `${pkcs8}${certificate}`, ec],
  ["encrypted PKCS#8", encrypted, ec],
  ["encrypted PKCS#1", encryptedPkcs1, rsa],
];

test.each(readable)("resolveSecret reads %s into unencrypted PKCS#8", async (_, pem, key) => {
  const resolved = await resolveSecret(fromValue(pem, { passphrase }), spkiOf(key));
  expect(resolved).toBe(pemOf(key, { type: "pkcs8" }));
  expect(createPrivateKey(resolved).equals(key)).toBe(true);
});

const refused: readonly (readonly [string, string, SecretSource])[] = [
  ["an encrypted key without a passphrase", "KEY_ENCRYPTED", fromValue(encrypted)],
  ["an encrypted PKCS#1 key without a passphrase", "KEY_ENCRYPTED", fromValue(encryptedPkcs1)],
  ["a wrong passphrase", "KEY_UNREADABLE", fromValue(encrypted, { passphrase: "wrong horse" })],
  [
    "a wrong passphrase for PKCS#1",
    "KEY_UNREADABLE",
    fromValue(encryptedPkcs1, { passphrase: "wrong horse" }),
  ],
  ["an empty passphrase", "KEY_UNREADABLE", fromValue(encrypted, { passphrase: "" })],
  ["text that is no PEM", "KEY_UNREADABLE", fromValue("rubbish MIG")],
  ["a certificate alone", "KEY_UNREADABLE", fromValue(certificate)],
  ["two keys", "KEY_UNREADABLE", fromValue(`${pkcs8}${pkcs8}`)],
  ["a damaged key", "KEY_UNREADABLE", fromValue(pkcs8.replace(/\n.{20}/, "\n"))],
  ["a key that was cut off", "KEY_UNREADABLE", fromValue(pkcs8.slice(0, -40))],
  ["an OpenSSH key", "KEY_UNREADABLE", fromValue(pkcs8.replaceAll("PRIVATE", "OPENSSH PRIVATE"))],
  ["an empty text", "SECRET_MISSING", fromValue("")],
  ["a file that is missing", "SECRET_MISSING", fromFile(join(tmpdir(), "handfast-no-such-key.pem"))],
  ["a folder", "FILE_UNREADABLE", fromFile(tmpdir())],
  ["a variable that is not set", "SECRET_MISSING", fromEnv("HANDFAST_TEST_NOT_SET")],
];

test.each(refused)("resolveSecret refuses %s with %s", async (_, code, source) => {
  expect(await refusal(source)).toBe(code);
});

test("resolveSecret refuses another key than the one that is due", async () => {
  expect(await refusal(fromValue(rsa), spkiOf(ec))).toBe("KEY_MISMATCH");
  expect(await refusal(fromValue(rsa), spkiOf(rsa).toUpperCase())).toBe("KEY_MISMATCH");
});

test("resolveSecret asks for the passphrase only when the key is encrypted", async () => {
  const ask = vi.fn(async () => passphrase);
  await resolveSecret(fromValue(pkcs8, { passphrase: ask }));
  expect(ask).not.toHaveBeenCalled();
  await resolveSecret(fromValue(encrypted, { passphrase: ask }));
  expect(ask).toHaveBeenCalledTimes(1);
});

test("resolveSecret hides what a source or a prompt of the caller's own throws", async () => {
  const thrower = async (): Promise<string> => {
    throw new Error(`vault said: ${pkcs8}`);
  };
  expect(await refusal({ describe: () => "vault edge", read: thrower })).toBe("SECRET_MISSING");
  expect(await refusal(fromValue(encrypted, { passphrase: thrower }))).toBe("SECRET_MISSING");
});

test("fromFile reads DER too, encrypted or not", async () => {
  for (const options of [{}, { cipher, passphrase }]) {
    const path = await keyFile(ec.export({ type: "pkcs8", format: "der", ...options }));
    expect(await resolveSecret(fromFile(path, { passphrase }), spkiOf(ec))).toBe(pkcs8);
  }
});

test("resolveSecret refuses a key that asks for endless work before it begins", async () => {
  const der = ec.export({ type: "pkcs8", format: "der", cipher, passphrase });
  // The 2,048 rounds that Node writes, made 2^31 - 1.
  const at = der.indexOf(Buffer.from([0x02, 0x02, 0x08, 0x00]));
  expect(at).toBeGreaterThan(0);
  const longer = Buffer.concat([
    der.subarray(0, at),
    Buffer.from([0x02, 0x04, 0x7f, 0xff, 0xff, 0xff]),
    der.subarray(at + 4),
  ]);
  // The lengths of the SEQUENCEs around it.
  for (const index of outerLengths(der, at)) longer[index] = (longer[index] ?? 0) + 2;
  const source = fromFile(await keyFile(longer), { passphrase });
  await expect(resolveSecret(source)).rejects.toThrow(/asks for 2147483647 rounds, more than 10000000/);
});

/** Where the lengths of all elements stand whose content holds the octet at `at`; none needs more octets for two more. */
function outerLengths(der: Uint8Array, at: number): number[] {
  const found: number[] = [];
  for (let index = 0; index < at; ) {
    const first = der[index + 1] ?? 0;
    const octets = first < 0x80 ? 0 : first & 0x7f;
    const length =
      octets === 0
        ? first
        : Number.parseInt(Buffer.from(der.subarray(index + 2, index + 2 + octets)).toString("hex"), 16);
    const body = index + 2 + octets;
    if (at < body + length) {
      found.push(body - 1);
      index = body;
    } else {
      index = body + length;
    }
  }
  return found;
}

test("fromFile reads the file at each use", async () => {
  const path = await keyFile(pkcs8);
  const source = fromFile(path);
  expect(source.describe()).toBe(`file ${path}`);
  await resolveSecret(source, spkiOf(ec));
  await writeFile(path, pemOf(rsa, { type: "pkcs8" }));
  await resolveSecret(source, spkiOf(rsa));
});

test("fromEnv reads the variable at each use, with line feeds as they are or written out", async () => {
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const source = fromEnv("HANDFAST_TEST_KEY");
  expect(source.describe()).toBe("environment variable HANDFAST_TEST_KEY");
  for (const text of [pkcs8, pkcs8.replaceAll("\n", "\\n")]) {
    vi.stubEnv("HANDFAST_TEST_KEY", text);
    expect(await resolveSecret(source)).toBe(pkcs8);
  }
  vi.stubEnv("HANDFAST_TEST_KEY", "");
  expect(await refusal(source)).toBe("SECRET_MISSING");
});

test("fromEnv reads the variables that it is given", async () => {
  const source = fromEnv("EDGE_KEY", { passphrase, environment: { EDGE_KEY: encrypted } });
  expect(await resolveSecret(source, spkiOf(ec))).toBe(pkcs8);
  expect(await refusal(fromEnv("PATH", { environment: {} }))).toBe("SECRET_MISSING");
});

test.each(["", "1KEY", "EDGE-KEY", "EDGE KEY", "KEY="])("fromEnv refuses %j for a name", (name) => {
  expect(() => fromEnv(name)).toThrow(TypeError);
});

test("fromValue takes a key object, and no public one", async () => {
  expect(await resolveSecret(fromValue(ed), spkiOf(ed))).toBe(pemOf(ed, { type: "pkcs8" }));
  expect(() => fromValue(createPublicKey(ed))).toThrow(TypeError);
});

test.each([
  ["fromFile", () => fromFile(pkcs8)],
  ["fromEnv", () => fromEnv(pkcs8)],
])("%s refuses a key where its place is due, and does not repeat it", (_, make) => {
  expect(make).toThrow(TypeError);
  expect(make).toThrow(/^(?!.*BEGIN)(?!.*MIG)/s);
});

test("a source shows nothing of its key when it is printed or made into JSON", () => {
  for (const source of [fromValue(encrypted, { passphrase }), fromValue(ec)]) {
    const shown = `${inspect(source, { depth: 9, showHidden: true })}${JSON.stringify(source)}${source.describe()}`;
    expect(shown).not.toMatch(/BEGIN|MI[GIH]|correct horse/);
  }
});

test("resolveSecret reads keys as openssl encrypts them", async (context) => {
  const made = (...args: string[]) =>
    spawnSync("openssl", args, { input: pkcs8, encoding: "utf8" }).stdout ?? "";
  if (!made("version").startsWith("OpenSSL")) {
    process.stderr.write("skipped: there is no openssl here\n");
    return context.skip();
  }
  for (const args of [
    ["pkcs8", "-topk8", "-v2", "aes256", "-passout", `pass:${passphrase}`],
    ["ec", "-aes128", "-passout", `pass:${passphrase}`],
    ["ec", "-des3", "-passout", `pass:${passphrase}`],
  ]) {
    const source = fromValue(made(...args), { passphrase });
    expect(await resolveSecret(source, spkiOf(ec)), args.join(" ")).toBe(pkcs8);
    expect(await refusal({ describe: source.describe, read: source.read })).toBe("KEY_ENCRYPTED");
  }
});
