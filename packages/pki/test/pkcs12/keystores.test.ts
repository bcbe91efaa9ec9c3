import { execFile, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { promisify } from "node:util";
import {
  type Authority,
  createCsr,
  generateKey,
  type Leaf,
  type LocalKey,
  type MakePkcs12Options,
  makePkcs12,
  type Pkcs12Profile,
  readCertificates,
  readKey,
} from "@handfast/pki";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasOpenssl, openssl, workFolder } from "../openssl.ts";
import { ecKey, makeClient, makeRoot } from "../world.ts";

const hasCurl = spawnSync("curl", ["--version"]).status === 0;
const hasKeytool = spawnSync("keytool", ["-help"]).status === 0;
for (const [name, there] of [
  ["curl", hasCurl],
  ["keytool", hasKeytool],
] as const)
  if (!there)
    process.stderr.write(`skipped: PKCS#12 against ${name}, because the program is not installed\n`);

const folder = workFolder();
const profiles: readonly Pkcs12Profile[] = ["modern", "apple-legacy"];
const passphrase = "correct horse battery staple";

let root: Authority;
let key: LocalKey;
let leaf: Leaf;
beforeAll(async () => {
  root = await makeRoot("keystores", Date.now());
  const issuing = await root.issueAuthority({ subject: "CN=issuing", key: await ecKey() });
  key = await generateKey({ type: "rsa", bits: 2048 });
  leaf = await issuing.issue(await createCsr({ subject: "CN=laptop-7.example.com", key }));
});

async function fileOf(profile: Pkcs12Profile, options: Partial<MakePkcs12Options> = {}): Promise<string> {
  const path = folder.path(`${profile}.p12`);
  writeFileSync(
    path,
    await makePkcs12({ chain: leaf.chain, key, passphrase, profile, rounds: 1_000, ...options }),
  );
  return path;
}

describe.skipIf(!hasOpenssl)("makePkcs12 against openssl", () => {
  it.each([
    [
      "modern",
      /MAC: sha256, Iteration 300000[\s\S]*PBES2, PBKDF2, AES-256-CBC, Iteration 300000, PRF hmacWithSHA256[\s\S]*Shrouded Keybag: PBES2, PBKDF2, AES-256-CBC, Iteration 300000/,
    ],
    [
      "apple-legacy",
      /MAC: sha1, Iteration 2048[\s\S]*pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048[\s\S]*Shrouded Keybag: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048/,
    ],
  ] as const)("%s is what its name says, and gives key, chain and name back", async (profile, algorithms) => {
    const file = await fileOf(profile, { friendlyName: "Läptop 7", rounds: undefined });
    const opened = openssl("pkcs12", "-info", "-in", file, "-passin", `pass:${passphrase}`, "-nodes");
    expect(opened.text).toMatch(algorithms);
    expect(opened.status).toBe(0);
    const blocks = (of: string): string =>
      (opened.stdout.match(new RegExp(`-----BEGIN ${of}-----[^-]+-----END ${of}-----`, "g")) ?? []).join(
        "\n",
      );
    expect(
      readCertificates(blocks("CERTIFICATE"))
        .map(({ pem }) => pem)
        .join(""),
    ).toBe(leaf.chain);
    expect(readKey(blocks("PRIVATE KEY")).export()).toBe(key.export());
    expect(opened.stdout.match(/friendlyName: .*/g)).toHaveLength(2);
    expect(new Set(opened.stdout.match(/localKeyID: .*/g)).size).toBe(1);
    expect(openssl("pkcs12", "-in", file, "-passin", "pass:wrong", "-noout").text).toMatch(
      /Mac verify error/,
    );
  });

  it.each(profiles)("%s opens with passphrases beyond ASCII", async (profile) => {
    for (const words of ["Schlüssel", "пароль", "鍵", "🔑 beyond the BMP"]) {
      const file = await fileOf(profile, { passphrase: words });
      const { status, text } = openssl("pkcs12", "-in", file, "-passin", `pass:${words}`, "-nodes");
      expect([words, status, text.includes("PRIVATE KEY")]).toEqual([words, 0, true]);
    }
  });
});

describe.skipIf(!hasKeytool)("makePkcs12 against the JDK", () => {
  it.each(profiles)("%s is a keystore with one private key and its chain", async (profile) => {
    const file = await fileOf(profile, { friendlyName: "laptop-7" });
    const { status, stdout } = spawnSync(
      "keytool",
      [
        "-J-Duser.language=en",
        "-list",
        "-v",
        "-keystore",
        file,
        "-storetype",
        "PKCS12",
        "-storepass",
        passphrase,
      ],
      { encoding: "utf8" },
    );
    expect(stdout).toMatch(/Alias name: laptop-7[\s\S]*PrivateKeyEntry[\s\S]*Certificate chain length: 2/);
    expect(status).toBe(0);
  });
});

describe("makePkcs12 in a handshake", () => {
  let server: Server;
  let url: string;
  beforeAll(async () => {
    const { leaf: own, key: ownKey } = await makeServer();
    server = createServer(
      {
        cert: own.chain,
        key: ownKey.export(),
        ca: root.trust.anchors,
        requestCert: true,
        rejectUnauthorized: true,
      },
      ({ socket }, response) => {
        response.end((socket as TLSSocket).getPeerCertificate().subject.CN);
      },
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `https://localhost:${(server.address() as AddressInfo).port}/`;
  });
  afterAll(() => server.close());

  async function makeServer(): Promise<{ leaf: Leaf; key: LocalKey }> {
    return makeClient(root, { profile: "server", names: ["localhost"] });
  }

  it.each(profiles)("%s lets Node in", async (profile) => {
    const pfx = Buffer.from(await makePkcs12({ chain: leaf.chain, key, passphrase, profile }));
    const seen = await new Promise<string>((resolve, reject) => {
      request(url, { pfx, passphrase, ca: root.trust.anchors, family: 4, agent: false }, (response) => {
        response.setEncoding("utf8").once("data", resolve).once("error", reject);
      })
        .once("error", reject)
        .end();
    });
    expect(seen).toBe("laptop-7.example.com");
  });

  it.skipIf(!hasCurl).each(profiles)("%s lets curl in", async (profile) => {
    const file = await fileOf(profile);
    const trusted = folder.write("root.pem", root.trust.anchors);
    const call = (...more: string[]) =>
      promisify(execFile)("curl", [
        "-sS",
        "-4",
        "--noproxy",
        "*",
        "--max-time",
        "20",
        "--cacert",
        trusted,
        ...more,
        url,
      ]);
    expect((await call("--cert-type", "P12", "--cert", file, "--pass", passphrase)).stdout).toBe(
      "laptop-7.example.com",
    );
    await expect(call()).rejects.toThrow(/curl/);
  });
});
