import {
  certificateFacts,
  createAuthority,
  createCsr,
  encryptKey,
  generateKey,
  openAuthority,
  readCrl,
  readKey,
  toDer,
} from "@handfast/pki";
import { describe, expect, it } from "vitest";
import { hasOpenssl, openssl, workFolder } from "../openssl.ts";
import { ecKey, makeClient } from "../world.ts";

const folder = workFolder();
const { read } = folder;

describe.skipIf(!hasOpenssl)("openssl as the other party", () => {
  it("createAuthority does what the guide's first step does, and openssl verifies the chain", async () => {
    const rootKey = await generateKey({ type: "rsa", bits: 2048 });
    const root = await createAuthority({ subject: "CN=example.com,O=Example", key: rootKey });
    const middle = await root.issueAuthority({ subject: "CN=Edge CA", key: await ecKey() });
    const { leaf } = await makeClient(middle);
    const rootFile = folder.write("root.pem", root.trust.anchors);
    const middleFile = folder.write("middle.pem", middle.certificate.pem);
    const leafFile = folder.write("leaf.pem", leaf.pem);
    const verify = (...more: string[]): string =>
      openssl("verify", "-x509_strict", "-CAfile", rootFile, "-untrusted", middleFile, ...more, leafFile)
        .text;
    expect(verify("-purpose", "sslclient")).toContain("leaf.pem: OK");
    expect(verify("-purpose", "sslserver")).not.toContain("OK");
    const text = openssl("x509", "-in", rootFile, "-noout", "-text").text;
    expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE/);
    expect(text).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign/);
    expect(openssl("x509", "-in", leafFile, "-noout", "-text").text).toMatch(
      /Basic Constraints: critical\s+CA:FALSE/,
    );
  });

  it("issue takes a request and a locked CA key that openssl made", async () => {
    const pass = ["-passout", "pass:geheim"];
    openssl("genrsa", "-aes256", ...pass, "-out", folder.path("ca.key"), "2048");
    const signing = ["-key", folder.path("ca.key"), "-passin", "pass:geheim", "-sha256", "-days", "1826"];
    openssl(
      "req",
      "-x509",
      "-new",
      ...signing,
      "-subj",
      "/C=DE/O=Example/CN=example.com",
      "-out",
      folder.path("ca.crt"),
    );
    const fresh = [
      "-newkey",
      "rsa:2048",
      "-keyout",
      folder.path("cert.key"),
      "-out",
      folder.path("cert.csr"),
    ];
    openssl("req", "-new", "-nodes", ...fresh, "-subj", "/C=DE/CN=shop.example.com");
    const authority = openAuthority({
      certificate: read("ca.crt"),
      key: readKey(read("ca.key"), { passphrase: "geheim" }),
    });
    const leaf = await authority.issue(read("cert.csr"));
    expect(leaf.facts.subject).toBe("CN=shop.example.com,C=DE");
    expect(leaf.facts.issuer).toBe("CN=example.com,O=Example,C=DE");
    expect(leaf.facts.spki).toBe(readKey(read("cert.key")).spki);
    const leafFile = folder.write("issued.pem", leaf.chain);
    expect(openssl("verify", "-CAfile", folder.path("ca.crt"), leafFile).text).toContain("OK");
  });

  it.each(["-sha256", "-sha1", "-sha512"])("certificateFacts reads a certificate of openssl, %s", (hash) => {
    const file = folder.path("theirs.crt");
    const named = [
      "-subj",
      "/CN=theirs",
      "-set_serial",
      "0x00ab12",
      "-addext",
      "extendedKeyUsage=clientAuth,emailProtection",
    ];
    openssl(
      "req",
      "-x509",
      "-nodes",
      "-newkey",
      "rsa:2048",
      "-keyout",
      folder.path("x.key"),
      hash,
      ...named,
      "-out",
      file,
    );
    const facts = certificateFacts(toDer(read("theirs.crt")));
    expect(facts).toMatchObject({
      serial: "ab12",
      signatureHash: hash.slice(1),
      ca: true,
      key: "rsa-2048",
      keyBits: 2048,
      extendedKeyUsage: ["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.4"],
    });
    const theirs = openssl(
      "x509",
      "-in",
      file,
      "-noout",
      "-fingerprint",
      "-sha256",
      "-ext",
      "subjectKeyIdentifier",
    ).text;
    const flat = theirs.replaceAll(":", "").toLowerCase();
    expect(flat).toContain(facts.sha256);
    expect(flat).toContain(facts.ski);
  });

  it("createCsr makes what openssl req verifies, with the names asked for", async () => {
    for (const key of [await ecKey(), await generateKey({ type: "rsa", bits: 2048 })]) {
      const names = ["a.example.com", "*.b.example.com", "::1"];
      const file = folder.write("ours.csr", await createCsr({ subject: "CN=ours,C=DE", key, names }));
      const { text } = openssl("req", "-in", file, "-noout", "-verify", "-text");
      expect(text).toContain("verify OK");
      expect(text).toMatch(/Subject: C ?= ?DE, CN ?= ?ours/);
      expect(text).toContain("DNS:a.example.com, DNS:*.b.example.com, IP Address:0:0:0:0:0:0:0:1");
      const bare = folder.write("bare.csr", await createCsr({ subject: "CN=ours", key }));
      expect(openssl("req", "-in", bare, "-noout", "-verify").text).toContain("verify OK");
    }
  });

  it("createCrl makes what openssl verifies and enforces; readCrl reads what openssl makes", async () => {
    const key = await ecKey();
    const root = await createAuthority({ subject: "CN=crl root", key });
    const [bad, good] = [await makeClient(root), await makeClient(root)];
    const crl = await root.createCrl({
      revoked: [
        { serial: bad.leaf.facts.serial, at: root.certificate.facts.notBefore, reason: "keyCompromise" },
      ],
      number: 1000,
      previous: "none",
    });
    const rootFile = folder.write("crl-root.pem", root.certificate.pem);
    const crlFile = folder.write("ours.crl", crl.pem);
    expect(openssl("crl", "-in", crlFile, "-CAfile", rootFile, "-noout").text).toContain("verify OK");
    expect(openssl("crl", "-in", crlFile, "-noout", "-text").text).toMatch(
      /CRL Number:\s+1000[\s\S]*Key Compromise/,
    );
    const check = (pem: string): string =>
      openssl("verify", "-crl_check", "-CRLfile", crlFile, "-CAfile", rootFile, folder.write("one.pem", pem))
        .text;
    expect(check(good.leaf.pem)).toContain("OK");
    expect(check(bad.leaf.pem)).toContain("certificate revoked");

    const keyFile = folder.write("crl-root.key", await encryptKey(key, { passphrase: "geheim" }));
    folder.write("index.txt", "R\t300101000000Z\t261101000000Z,superseded\t00AB12\tunknown\t/CN=gone\n");
    const config = `[ca]\ndefault_ca=d\n[d]\ndatabase=${folder.path("index.txt")}\ndefault_md=sha256\ndefault_crl_days=7\n`;
    const files = ["-config", folder.write("ca.cnf", config), "-cert", rootFile, "-keyfile", keyFile];
    openssl("ca", "-gencrl", ...files, "-passin", "pass:geheim", "-out", folder.path("theirs.crl"));
    const theirs = readCrl(read("theirs.crl"));
    expect([...theirs.facts.revoked]).toEqual(["ab12"]);
    expect(theirs.facts.issuer).toBe(crl.facts.issuer);
    expect((theirs.facts.nextUpdate ?? 0) - theirs.facts.thisUpdate).toBe(7 * 86_400_000);
  });
});
