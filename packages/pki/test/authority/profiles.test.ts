import { generateKeyPairSync, webcrypto, X509Certificate } from "node:crypto";
import { type Authority, generateKey, type LocalKey, type Profile, profiles } from "@handfast/pki";
import { beforeAll, describe, expect, it } from "vitest";
import { hasOpenssl, openssl, workFolder } from "../openssl.ts";
import { ecKey, makeRoot } from "../world.ts";
import { x509 } from "./peculiar.ts";

const folder = workFolder();
let root: Authority;
let key: LocalKey;

beforeAll(async () => {
  root = await makeRoot("profiles");
  key = await ecKey();
});

/** A request of openssl with the extensions given as lines of its configuration. */
function request(subject: string, ...extensions: readonly string[]): string {
  const config = `[req]\ndistinguished_name=dn\nprompt=no\nutf8=yes\nreq_extensions=ext\n[dn]\n${subject}\n[ext]\n${extensions.join("\n")}\n`;
  const made = [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-keyout",
    folder.path("k.key"),
  ];
  const { status, text } = openssl(
    "req",
    "-new",
    "-config",
    folder.write("r.cnf", config),
    ...made,
    "-out",
    folder.path("r.csr"),
  );
  if (status !== 0) throw new Error(text);
  return folder.read("r.csr");
}

const sanOf = (pem: string): string | undefined => new X509Certificate(pem).subjectAltName;

describe.skipIf(!hasOpenssl)(
  "issue keeps what the profile allows of a request of openssl, and says what it dropped",
  () => {
    it("of the subject, the names and the other extensions", async () => {
      const csr = request(
        "C=DE\nO=Example\nOU=it\nCN=shop\nemailAddress=ann@example.com",
        "subjectAltName=DNS:shop.example.com,IP:10.0.0.1,email:ann@example.com,otherName:1.2.3.4;UTF8:x",
        "basicConstraints=critical,CA:TRUE",
        "keyUsage=digitalSignature,keyCertSign",
        "extendedKeyUsage=clientAuth,codeSigning",
        "1.3.6.1.5.5.7.1.24=DER:3003020105",
      );
      const leaf = await root.issue(csr);
      expect(leaf.facts).toMatchObject({
        subject: "CN=shop,OU=it,O=Example,C=DE",
        ca: false,
        keyUsage: ["digitalSignature"],
        extendedKeyUsage: ["1.3.6.1.5.5.7.3.2"],
      });
      expect(sanOf(leaf.pem)).toBe("DNS:shop.example.com");
      expect(leaf.dropped).toEqual([
        { part: "subject", value: "emailAddress=ann@example.com" },
        { part: "names", value: "ip=10.0.0.1" },
        { part: "names", value: "email=ann@example.com" },
        { part: "names", value: expect.stringMatching(/^other=a0/) },
        { part: "extensions", value: "basicConstraints CA:TRUE" },
        { part: "extensions", value: "keyUsage keyCertSign" },
        { part: "extensions", value: "extendedKeyUsage 1.3.6.1.5.5.7.3.3" },
        { part: "extensions", value: "1.3.6.1.5.5.7.1.24" },
      ]);
    });

    it("and drops nothing of a request that asks for what it gets", async () => {
      const csr = request(
        "CN=ann",
        "subjectAltName=email:ann@example.com",
        "basicConstraints=CA:FALSE",
        "keyUsage=digitalSignature",
        "extendedKeyUsage=clientAuth",
        "subjectKeyIdentifier=hash",
      );
      const leaf = await root.issue(csr, { profile: "person" });
      expect(leaf.dropped).toEqual([]);
      expect(sanOf(leaf.pem)).toBe("email:ann@example.com");
    });

    it("and takes requests of RSA-PSS and Ed25519, but none that is signed with SHA-1", async () => {
      const make = (...args: readonly string[]): string => {
        const { status, text } = openssl(
          "req",
          "-new",
          "-nodes",
          "-subj",
          "/CN=a",
          "-keyout",
          folder.path("k.key"),
          ...args,
          "-out",
          folder.path("r.csr"),
        );
        if (status !== 0) throw new Error(text);
        return folder.read("r.csr");
      };
      const pss = make("-newkey", "rsa:2048", "-sigopt", "rsa_padding_mode:pss", "-sha384");
      expect((await root.issue(pss)).facts.key).toBe("rsa-2048");
      expect((await root.issue(make("-newkey", "ed25519"))).facts.key).toBe("ed25519");
      await expect(root.issue(make("-newkey", "rsa:2048", "-sha1"))).rejects.toMatchObject({
        code: "CERTIFICATE_UNSUITABLE",
        message: expect.stringContaining("sha1"),
      });
    });
  },
);

describe("a profile of one's own", () => {
  const scanner: Profile = {
    name: "scanner",
    extendedKeyUsage: ["1.3.6.1.5.5.7.3.2", "1.3.6.1.4.1.99999.1"],
    keyUsage: { ec: ["digitalSignature", "keyAgreement"] },
    days: { usual: 7, most: 14 },
    names: ["uri"],
    subject: ["CN", "2.5.4.97"],
    requires: { names: true, subject: ["CN"] },
    urls: {
      crl: ["http://crl.example.com/s.crl"],
      ocsp: ["http://ocsp.example.com"],
      issuer: ["http://ca.example.com/c.cer"],
    },
  };

  it("decides purposes, usages, days, attributes and URLs", async () => {
    const leaf = await root.issueFor(
      { publicKey: key.publicKey, subject: "CN=s-1,organizationIdentifier=X-1", names: ["urn:s:1"] },
      { profile: scanner },
    );
    const { facts } = leaf;
    expect(facts).toMatchObject({
      extendedKeyUsage: scanner.extendedKeyUsage,
      keyUsage: ["digitalSignature", "keyAgreement"],
      namesOcspResponder: true,
    });
    expect(facts.notAfter - facts.notBefore).toBe(7 * 86_400_000);
    const node = new X509Certificate(leaf.pem);
    expect(node.infoAccess).toContain("CA Issuers - URI:http://ca.example.com/c.cer");
    expect(Buffer.from(leaf.der).includes("http://crl.example.com/s.crl")).toBe(true);
  });

  it("refuses what it does not take, with what and why", async () => {
    const cases: readonly [string, () => Promise<unknown>, string][] = [
      [
        "a kind of key",
        async () =>
          root.issueFor(
            {
              publicKey: (await generateKey({ type: "ed25519" })).publicKey,
              subject: "CN=a",
              names: ["urn:a:1"],
            },
            { profile: scanner },
          ),
        "ed25519",
      ],
      [
        "a kind of name",
        () =>
          root.issueFor(
            { publicKey: key.publicKey, subject: "CN=a", names: ["a.example.com"] },
            { profile: scanner },
          ),
        "dns",
      ],
      [
        "an attribute",
        () =>
          root.issueFor(
            { publicKey: key.publicKey, subject: "CN=a,O=b", names: ["urn:a:1"] },
            { profile: scanner },
          ),
        "O",
      ],
      [
        "no name",
        () => root.issueFor({ publicKey: key.publicKey, subject: "CN=a" }, { profile: scanner }),
        "names",
      ],
      [
        "no common name",
        () => root.issueFor({ publicKey: key.publicKey, names: ["urn:a:1"] }, { profile: scanner }),
        "CN",
      ],
      [
        "too many days",
        () =>
          root.issueFor(
            { publicKey: key.publicKey, subject: "CN=a", names: ["urn:a:1"] },
            { profile: scanner, days: 15 },
          ),
        "14",
      ],
    ];
    for (const [name, issue, reason] of cases)
      await expect(issue(), name).rejects.toMatchObject({
        code: "CERTIFICATE_UNSUITABLE",
        message: expect.stringContaining(reason),
      });
  });

  it("is refused itself with every mistake and its path", async () => {
    const wrong = {
      ...scanner,
      extendedKeyUsage: ["clientAuth"],
      keyUsage: { ec: ["keyCertSign"] },
      days: { usual: 20, most: 10 },
      subject: ["XYZ"],
      urls: { crl: ["ldap://x"] },
      extra: true,
    } as unknown as Profile;
    const issuing = root.issueFor({ publicKey: key.publicKey, subject: "CN=a" }, { profile: wrong });
    const error = (await issuing.catch((caught: unknown) => caught)) as {
      code: string;
      details: { issues: readonly { path: readonly unknown[] }[] };
    };
    expect(error.code).toBe("CERTIFICATE_UNSUITABLE");
    expect(error.details.issues.map(({ path }) => path.join("."))).toEqual(
      expect.arrayContaining(["extendedKeyUsage.0", "keyUsage.ec.0", "days", "subject.0", "urls.crl.0", ""]),
    );
    await expect(
      root.issueFor({ publicKey: key.publicKey, subject: "CN=a" }, { profile: "client" as "device" }),
    ).rejects.toMatchObject({
      code: "CERTIFICATE_UNSUITABLE",
      message: expect.stringContaining("edge-client, device, person, server"),
    });
  });

  it("those of the package can't be changed", () => {
    expect(() => (profiles.server.names as string[]).push("uri")).toThrow(TypeError);
  });
});

describe("nothing is signed that nobody could use", () => {
  const spki = (pair: {
    publicKey: { export(options: { type: "spki"; format: "der" }): Buffer };
  }): Uint8Array => new Uint8Array(pair.publicKey.export({ type: "spki", format: "der" }));
  const issue = (
    request: Partial<Parameters<Authority["issueFor"]>[0]>,
    options: Parameters<Authority["issueFor"]>[1] = {},
  ): Promise<unknown> => root.issueFor({ publicKey: key.publicKey, subject: "CN=a", ...request }, options);

  it.each<readonly [string, () => Promise<unknown>]>([
    ["neither a subject nor a name", () => issue({ subject: undefined })],
    ["a subject that is no name", () => issue({ subject: "hello" })],
    ["a line end in a subject", () => issue({ subject: "CN=a\nb" })],
    ["an escaped NUL in a subject", () => issue({ subject: "CN=a\\00b" })],
    ["a common name of 65 characters", () => issue({ subject: `CN=${"a".repeat(65)}` })],
    ["a line end in a name", () => issue({ names: ["a.example.com\nb"] })],
    ["a name with a blank", () => issue({ names: ["a b.example.com"] })],
    ["a name that is not ASCII", () => issue({ names: ["müller.example.com"] })],
    ["a label of 64 characters", () => issue({ names: [`${"a".repeat(64)}.example.com`] })],
    ["a name with a star inside", () => issue({ names: ["a.*.example.com"] })],
    ["no days", () => issue({}, { days: 0 })],
    ["days that are no number", () => issue({}, { days: Number.NaN })],
    ["endless days", () => root.issueAuthority({ subject: "CN=a", key, days: Number.POSITIVE_INFINITY })],
    ["a start that is no number", () => issue({}, { notBefore: Number.NaN })],
    [
      "an RSA key of 1024 bits",
      () => issue({ publicKey: spki(generateKeyPairSync("rsa", { modulusLength: 1024 })) }),
    ],
    [
      "a curve that providers don't take",
      () => issue({ publicKey: spki(generateKeyPairSync("ec", { namedCurve: "secp256k1" })) }),
    ],
    ["a key of X25519", () => issue({ publicKey: spki(generateKeyPairSync("x25519")) })],
    ["bytes that are no key", () => issue({ publicKey: Uint8Array.of(0x30, 1, 2) })],
    ["text that is no key", () => issue({ publicKey: "hello" })],
    [
      "a point beside the curve",
      () => issue({ publicKey: key.publicKey.map((octet, index) => (index === 90 ? octet ^ 1 : octet)) }),
    ],
    ["bytes behind the key", () => issue({ publicKey: Uint8Array.of(...key.publicKey, 0) })],
    ["half a path length", () => root.issueAuthority({ subject: "CN=a", key, pathLength: 0.5 })],
    ["a negative path length", () => root.issueAuthority({ subject: "CN=a", key, pathLength: -1 })],
    ["an authority of no name", () => root.issueAuthority({ subject: "", key })],
  ])("%s", async (_, signing) => {
    await expect(signing()).rejects.toMatchObject({ code: "CERTIFICATE_UNSUITABLE" });
  });

  it("but a leaf without a subject, whose names are then critical (RFC 5280, 4.2.1.6)", async () => {
    const leaf = await root.issueFor({ publicKey: key.publicKey, names: ["a.example.com"] });
    expect(leaf.facts.subject).toBe("");
    expect(Buffer.from(leaf.der).toString("hex")).toContain("0603551d110101ff");
    expect(sanOf(leaf.pem)).toBe("DNS:a.example.com");
  });

  it.each([
    ["a line end", { utf8String: "a\nb" }],
    ["a NUL", { bmpString: "a\0b" }],
    ["65 characters", { utf8String: "a".repeat(65) }],
  ])("and no request whose common name holds %s", async (_, value) => {
    const keys = await webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
      "sign",
      "verify",
    ]);
    const made = await x509.Pkcs10CertificateRequestGenerator.create(
      {
        name: new x509.Name([{ CN: [value] }]).toJSON(),
        keys,
        signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
      },
      webcrypto as never,
    );
    await expect(root.issue(new Uint8Array(made.rawData))).rejects.toMatchObject({
      code: "CERTIFICATE_UNSUITABLE",
    });
    await expect(root.issue(new Uint8Array(made.rawData), { subject: "CN=fine" })).resolves.toBeDefined();
  });
});
