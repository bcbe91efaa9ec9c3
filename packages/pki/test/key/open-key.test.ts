import { writeFileSync } from "node:fs";
import { fromEnv, fromFile, fromValue, type SecretSource } from "@handfast/core";
import { encryptKey, type LocalKey, openAuthority, openKey } from "@handfast/pki";
import { beforeAll, describe, expect, it } from "vitest";
import { workFolder } from "../openssl.ts";
import { ecKey, makeRoot } from "../world.ts";
import { layOpen, refusal } from "./refusal.ts";

const few = { kind: "pbkdf2", rounds: 1_000 } as const;
const folder = workFolder();
let key: LocalKey;
let locked: string;
beforeAll(async () => {
  key = await ecKey();
  locked = await encryptKey(key, { passphrase: "right", stretching: few });
});
const derOf = (pem: string): Uint8Array =>
  new Uint8Array(Buffer.from(pem.replaceAll(/-----.*-----|\s/g, ""), "base64"));
const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(folder.path(name), content, { mode: 0o600 });
  return folder.path(name);
};

describe("openKey", () => {
  it.each<[string, () => SecretSource]>([
    ["a file", () => fromFile(file("plain.key", key.export()))],
    ["an encrypted file", () => fromFile(file("locked.key", locked), { passphrase: async () => "right" })],
    ["a DER file", () => fromFile(file("key.der", derOf(key.export())))],
    ["an encrypted DER file", () => fromFile(file("locked.der", derOf(locked)), { passphrase: "right" })],
    ["a variable", () => fromEnv("ROOT_KEY", { environment: { ROOT_KEY: key.export() } })],
    [
      "a variable on one line",
      () =>
        fromEnv("ROOT_KEY", {
          passphrase: "right",
          environment: { ROOT_KEY: locked.replaceAll("\n", "\\n") },
        }),
    ],
    ["a value", () => fromValue(key.export())],
    ["a source of one's own", () => ({ describe: () => "vault root", read: async () => key.export() })],
  ])("opens %s", async (_, source) => {
    expect((await openKey(source(), { spki: key.spki })).export()).toBe(key.export());
  });

  it("asks for the passphrase only when the key is encrypted", async () => {
    const passphrase = (): never => {
      throw new Error("asked");
    };
    await openKey(fromValue(key.export(), { passphrase }));
    expect((await refusal(() => openKey(fromValue(locked, { passphrase })))).code).toBe("SECRET_MISSING");
  });

  it("opens off the main thread", async () => {
    const strong = await encryptKey(key, { passphrase: "right" });
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    await openKey(fromValue(strong, { passphrase: "right" }));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(5);
  });

  it.each<[string, () => SecretSource, string, RegExp]>([
    [
      "a missing file",
      () => fromFile(folder.path("none.key")),
      "SECRET_MISSING",
      /file .*none\.key.*no such file/,
    ],
    ["a folder", () => fromFile(folder.path(".")), "FILE_UNREADABLE", /it is a folder/],
    [
      "an empty file",
      () => fromFile(file("empty.key", "")),
      "KEY_UNREADABLE",
      /file .*empty\.key\]: it is empty/,
    ],
    [
      "a locked file without passphrase",
      () => fromFile(file("a.key", locked)),
      "KEY_ENCRYPTED",
      /file .*a\.key, block 1 of 1, ENCRYPTED PRIVATE KEY, line 1\]/,
    ],
    [
      "a wrong passphrase",
      () => fromFile(file("b.key", `first\n${locked}`), { passphrase: "wrong horse" }),
      "KEY_UNREADABLE",
      /file .*b\.key, block 1 of 1, ENCRYPTED PRIVATE KEY, line 2\]: the passphrase is wrong/,
    ],
    [
      "two keys",
      () => fromFile(file("c.key", key.export() + locked)),
      "KEY_UNREADABLE",
      /file .*c\.key\]: it holds 2 private keys: block 1 .*block 2/,
    ],
    [
      "a variable that is not set",
      () => fromEnv("ROOT_KEY", { environment: {} }),
      "SECRET_MISSING",
      /environment variable ROOT_KEY\]: it is not set/,
    ],
    [
      "a variable with half a key",
      () => fromEnv("ROOT_KEY", { environment: { ROOT_KEY: key.export().slice(0, 90) } }),
      "KEY_UNREADABLE",
      /environment variable ROOT_KEY, line 1\]: the block has no END mark/,
    ],
  ])("refuses %s, says which and where, and repeats nothing of it", async (_, source, code, says) => {
    const error = await refusal(() => openKey(source()));
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(says)]);
    const rows = [...key.export().split("\n"), ...locked.split("\n"), "wrong horse"];
    for (const row of rows.filter((text) => text.length > 10 && !text.startsWith("-----")))
      expect(layOpen(error)).not.toContain(row.slice(0, 30));
  });

  it("refuses the key of another certificate, with both names", async () => {
    const other = await ecKey();
    const source = fromFile(file("other.key", other.export()));
    const error = await refusal(() => openKey(source, { spki: key.spki }));
    expect(error.code).toBe("KEY_MISMATCH");
    expect(error.message).toMatch(
      /other\.key, block 1 of 1, PRIVATE KEY, line 1\]: it is another key than is due/,
    );
    expect(error.details.facts).toMatchObject({ found: other.spki, expected: key.spki });
    const root = await makeRoot("another");
    const opened = await openKey(source);
    const mismatch = await refusal(() => openAuthority({ certificate: root.certificate.pem, key: opened }));
    expect(mismatch.code).toBe("KEY_MISMATCH");
  });

  it("repeats nothing of what a source throws", async () => {
    const source = {
      describe: () => "vault root",
      read: async (): Promise<string> => {
        throw new Error(`denied: ${key.export()}`);
      },
    };
    const error = await refusal(() => openKey(source));
    expect([error.code, error.message]).toEqual(["SECRET_MISSING", expect.stringMatching(/vault root/)]);
    expect(layOpen(error)).not.toMatch(/BEGIN|denied/);
  });
});
