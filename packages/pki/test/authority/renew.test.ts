import {
  type Authority,
  createAuthority,
  createCsr,
  type NameConstraints,
  openAuthority,
  profiles,
} from "@handfast/pki";
import { beforeAll, describe, expect, it } from "vitest";
import { hasOpenssl, openssl, workFolder } from "../openssl.ts";
import { clockAt, day, ecKey, makeClient, makeRoot, moment } from "../world.ts";

const folder = workFolder();
/** Verifies at the moment of the tests; whether it is so, and what openssl says. */
function verify(leaf: string, anchors: string, ...untrusted: readonly string[]): string {
  const files = [
    "-CAfile",
    folder.write("anchors.pem", anchors),
    "-untrusted",
    folder.write("untrusted.pem", `${untrusted.join("")}\n`),
  ];
  const at = ["-attime", String(moment / 1000 + 1)];
  return openssl(
    "verify",
    "-x509_strict",
    ...at,
    ...(untrusted.length === 0 ? files.slice(0, 2) : files),
    folder.write("leaf.pem", leaf),
  ).text;
}

let root: Authority;
let middle: Authority;

beforeAll(async () => {
  root = await makeRoot("old root", moment - 10 * day);
  middle = await root.issueAuthority({ subject: "CN=middle", key: await ecKey(), days: 30, pathLength: 1 });
});

describe("renew", () => {
  it("gives a root a new certificate of the same key, under which old leaves verify", async () => {
    const { leaf } = await makeClient(root);
    const renewed = await root.renew({ notBefore: moment, days: 3650 });
    const [old, fresh] = [root.certificate.facts, renewed.certificate.facts];
    expect({ ...fresh, der: 0, sha256: 0, serial: 0, notBefore: 0, notAfter: 0 }).toEqual({
      ...old,
      der: 0,
      sha256: 0,
      serial: 0,
      notBefore: 0,
      notAfter: 0,
    });
    expect(fresh.serial).not.toBe(old.serial);
    expect([fresh.notBefore, fresh.notAfter]).toEqual([moment, moment + 3650 * day]);
    expect(renewed.trust).toEqual({ anchors: renewed.certificate.pem });
    if (hasOpenssl) {
      expect(verify(leaf.pem, renewed.certificate.pem)).toContain("OK");
      expect(verify((await makeClient(renewed)).leaf.pem, root.certificate.pem)).toContain("OK");
    }
  });

  it("gives a root that named its own serial as authority one that names its key", async (context) => {
    if (!hasOpenssl) context.skip("openssl is not installed");
    const key = await ecKey();
    const config =
      "[req]\ndistinguished_name=d\nx509_extensions=e\nprompt=no\n[d]\nCN=easy\n[e]\nsubjectKeyIdentifier=hash\n" +
      "authorityKeyIdentifier=keyid:always,issuer:always\nbasicConstraints=critical,CA:true\n" +
      "keyUsage=critical,keyCertSign,cRLSign\n";
    openssl(
      "req",
      "-x509",
      "-new",
      "-key",
      folder.write("easy.key", key.export()),
      "-config",
      folder.write("easy.cnf", config),
      "-days",
      "100",
      "-out",
      folder.path("easy.pem"),
    );
    const easy = openAuthority({ certificate: folder.read("easy.pem"), key });
    const renewed = await easy.renew();
    expect(renewed.certificate.facts.aki).toBe(renewed.certificate.facts.ski);
    const { leaf } = await makeClient(renewed);
    for (const pem of [renewed.certificate.pem, leaf.pem])
      expect(
        openssl(
          "verify",
          "-no_check_time",
          "-CAfile",
          folder.write("anchors.pem", renewed.certificate.pem),
          folder.write("leaf.pem", pem),
        ).text,
      ).toContain("OK");
  });

  it("renews an intermediate by its issuer, and by nobody else", async () => {
    const { leaf } = await makeClient(middle);
    const renewed = await middle.renew({ by: root, days: 60 });
    expect(renewed.certificate.facts).toMatchObject({
      subject: "CN=middle",
      spki: middle.certificate.facts.spki,
      ski: middle.certificate.facts.ski,
      pathLength: 1,
    });
    expect(renewed.issuers).toEqual([root.certificate]);
    if (hasOpenssl) expect(verify(leaf.pem, root.certificate.pem, renewed.certificate.pem)).toContain("OK");
    await expect(middle.renew()).rejects.toMatchObject({ code: "CERTIFICATE_UNSUITABLE" });
    const stranger = await makeRoot("stranger");
    await expect(middle.renew({ by: stranger })).rejects.toMatchObject({ code: "CERTIFICATE_UNSUITABLE" });
  });
});

describe("crossSign", () => {
  it("lets those who trust one root reach what another issued", async () => {
    const key = await ecKey();
    const other = await createAuthority({
      subject: "CN=other root,O=Other",
      key,
      clock: clockAt(moment),
      keyIdentifiers: "rfc7093",
    });
    const { leaf } = await makeClient(other);
    const cross = await root.crossSign(other.certificate.pem, { days: 30 });
    expect(cross.facts).toMatchObject({
      subject: "CN=other root,O=Other",
      issuer: "CN=old root",
      spki: key.spki,
      ski: other.certificate.facts.ski,
      aki: root.certificate.facts.ski,
      ca: true,
      pathLength: undefined,
    });
    if (hasOpenssl) {
      expect(verify(leaf.pem, root.certificate.pem, cross.pem)).toContain("OK");
      expect(verify(leaf.pem, root.certificate.pem)).not.toContain("OK");
    }
    const opened = openAuthority({
      certificate: cross.pem + root.certificate.pem,
      key,
      clock: clockAt(moment),
    });
    expect((await makeClient(opened)).leaf.chain).toContain(cross.pem);
  });

  it("takes a request too, and holds both to its own path length", async () => {
    const csr = await createCsr({ subject: "CN=asking", key: await ecKey() });
    expect((await root.crossSign(csr)).facts).toMatchObject({
      subject: "CN=asking",
      ca: true,
      pathLength: 0,
      keyUsage: ["keyCertSign", "cRLSign"],
    });
    const open = await makeRoot("open");
    expect((await middle.crossSign(open.certificate.der)).facts.pathLength).toBe(0);
    const last = await middle.issueAuthority({ subject: "CN=last", key: await ecKey() });
    for (const input of [csr, open.certificate.pem])
      await expect(last.crossSign(input)).rejects.toMatchObject({ code: "CERTIFICATE_UNSUITABLE" });
  });

  it("refuses what is no CA, and rubbish", async () => {
    const { leaf } = await makeClient(root);
    const cases: readonly [string, string, string][] = [
      ["a leaf", leaf.pem, "CERTIFICATE_UNSUITABLE"],
      ["two", root.certificate.pem + middle.certificate.pem, "CERTIFICATE_UNSUITABLE"],
      ["rubbish", "rubbish", "CERTIFICATE_UNREADABLE"],
    ];
    for (const [name, input, code] of cases)
      await expect(root.crossSign(input), name).rejects.toMatchObject({ code });
  });

  it("leaves out what a certificate says of its own issuer", async (context) => {
    if (!hasOpenssl) context.skip("openssl is not installed");
    const config =
      "[e]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign,digitalSignature\nsubjectKeyIdentifier=hash\ncrlDistributionPoints=URI:http://theirs.example.com/c.crl\nauthorityInfoAccess=OCSP;URI:http://theirs.example.com/\ncertificatePolicies=1.2.3.4\n[req]\ndistinguished_name=d\n[d]\n";
    const files = [
      "-config",
      folder.write("c.cnf", config),
      "-keyout",
      folder.path("k.key"),
      "-out",
      folder.path("ca.pem"),
    ];
    openssl(
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-subj",
      "/CN=theirs",
      "-extensions",
      "e",
      ...files,
    );
    const cross = await root.crossSign(folder.read("ca.pem"));
    expect(cross.facts.keyUsage).toEqual(["digitalSignature", "keyCertSign", "cRLSign"]);
    expect(cross.facts.namesOcspResponder).toBe(false);
    expect(Buffer.from(cross.der).includes("theirs.example.com")).toBe(false);
  });
});

describe("name constraints", () => {
  const constraints: NameConstraints = {
    permitted: {
      dns: ["example.com"],
      ip: ["10.0.0.0/8", "2001:db8::/32"],
      email: ["example.com", ".mail.example.com"],
      uri: [".example.com"],
      directory: ["O=Example"],
    },
    excluded: { dns: ["secret.example.com"], ip: ["10.66.0.0/16"] },
  };
  const names = ["dns", "ip", "email", "uri"] as const;

  it("stand in the certificate, critical, as openssl reads them", async (context) => {
    if (!hasOpenssl) context.skip("openssl is not installed");
    const ca = await root.issueAuthority({
      subject: "CN=bound,O=Example",
      key: await ecKey(),
      nameConstraints: constraints,
    });
    const { text } = openssl("x509", "-in", folder.write("bound.pem", ca.certificate.pem), "-noout", "-text");
    const list = /X509v3 Name Constraints: critical\n([\s\S]*?)X509v3/
      .exec(text)?.[1]
      ?.split("\n")
      .map((line) => line.trim())
      .filter(Boolean);
    expect(list).toEqual([
      "Permitted:",
      expect.stringMatching(/^DirName: ?O ?= ?Example$/),
      "DNS:example.com",
      "email:example.com",
      "email:.mail.example.com",
      "URI:.example.com",
      "IP:10.0.0.0/255.0.0.0",
      expect.stringMatching(/^IP:2001:DB8:0:0:0:0:0:0\/FFFF:FFFF:0:0:0:0:0:0$/),
      "Excluded:",
      "DNS:secret.example.com",
      "IP:10.66.0.0/255.255.0.0",
    ]);
  });

  it("are kept by the authority itself and by those below it, as openssl judges", async () => {
    const bound = await root.issueAuthority({
      subject: "CN=bound,O=Example",
      key: await ecKey(),
      pathLength: 1,
      nameConstraints: constraints,
    });
    const key = await ecKey();
    const below = await bound.issueAuthority({ subject: "CN=below,O=Example", key });
    // Opened without those above it, it knows of no constraints.
    const blind = openAuthority({
      certificate: below.certificate.pem,
      key,
      partialChain: true,
      clock: clockAt(moment),
    });
    const profile = { ...profiles.device, names };
    const cases: readonly [boolean, string, ...string[]][] = [
      [
        true,
        "CN=a,O=Example",
        "a.example.com",
        "10.1.2.3",
        "2001:db8::1",
        "ann@example.com",
        "ann@x.mail.example.com",
        "https://a.example.com/x",
      ],
      [false, "CN=a,O=Example", "a.example.org"],
      [false, "CN=a,O=Example", "x.secret.example.com"],
      [false, "CN=a,O=Example", "192.0.2.1"],
      [false, "CN=a,O=Example", "10.66.1.1"],
      [false, "CN=a,O=Example", "ann@example.org"],
      [false, "CN=a,O=Example", "https://example.org/"],
      [false, "CN=a,O=Other", "a.example.com"],
      [false, "CN=www.example.org,O=Example"],
    ];
    for (const [allowed, subject, ...list] of cases) {
      const title = [subject, ...list].join(" ");
      const issuing = below.issueFor({ publicKey: key.publicKey, subject, names: list }, { profile });
      if (allowed) {
        const leaf = await issuing;
        if (hasOpenssl)
          expect(
            verify(leaf.pem, root.certificate.pem, below.certificate.pem, bound.certificate.pem),
            title,
          ).toContain("OK");
      } else
        await expect(issuing, title).rejects.toMatchObject({
          code: "CERTIFICATE_UNSUITABLE",
          message: expect.stringContaining("name constraints"),
        });
      if (hasOpenssl && !allowed) {
        const leaf = await blind.issueFor({ publicKey: key.publicKey, subject, names: list }, { profile });
        expect(
          verify(leaf.pem, root.certificate.pem, below.certificate.pem, bound.certificate.pem),
          title,
        ).toMatch(/permitted subtree violation|excluded subtree violation/);
      }
    }
    await expect(bound.issueAuthority({ subject: "CN=x,O=Other", key })).rejects.toMatchObject({
      code: "CERTIFICATE_UNSUITABLE",
    });
  });

  it.each<readonly [string, NameConstraints]>([
    ["nothing", {}],
    ["every DNS name", { permitted: { dns: ["example.com", ""] } }],
    ["a dot before a DNS name", { permitted: { dns: [".example.com"] } }],
    ["a star", { permitted: { dns: ["*.example.com"] } }],
    ["a range without a prefix", { permitted: { ip: ["10.0.0.0"] } }],
    ["a prefix of 33 bits", { permitted: { ip: ["10.0.0.0/33"] } }],
    ["bits behind the prefix", { permitted: { ip: ["10.1.0.0/8"] } }],
    ["no directory name", { permitted: { directory: ["hello"] } }],
    ["no mailbox", { excluded: { email: ["a@b@c"] } }],
  ])("are refused when they hold %s", async (_, nameConstraints) => {
    await expect(
      createAuthority({ subject: "CN=a", key: await ecKey(), nameConstraints }),
    ).rejects.toMatchObject({ code: "CERTIFICATE_UNSUITABLE" });
  });
});
