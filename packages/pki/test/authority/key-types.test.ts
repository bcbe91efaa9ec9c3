import { X509Certificate } from "node:crypto";
import {
  type Authority,
  createAuthority,
  type GenerateKeyOptions,
  generateKey,
  type Leaf,
  type LocalKey,
} from "@handfast/pki";
import { describe, expect, it } from "vitest";
import { hasOpenssl, openssl, workFolder } from "../openssl.ts";
import { x509 } from "./peculiar.ts";

const folder = workFolder();

const kinds: readonly (readonly [string, GenerateKeyOptions, string, string])[] = [
  ["RSA 2048", { type: "rsa", bits: 2048 }, "sha256WithRSAEncryption", "rsa-2048"],
  ["RSA 3072", { type: "rsa", bits: 3072 }, "sha256WithRSAEncryption", "rsa-3072"],
  ["RSA 4096", { type: "rsa", bits: 4096 }, "sha256WithRSAEncryption", "rsa-4096"],
  ["P-256", { type: "ec", curve: "P-256" }, "ecdsa-with-SHA256", "ec-prime256v1"],
  ["P-384", { type: "ec", curve: "P-384" }, "ecdsa-with-SHA384", "ec-secp384r1"],
  ["P-521", { type: "ec", curve: "P-521" }, "ecdsa-with-SHA512", "ec-secp521r1"],
  ["Ed25519", { type: "ed25519" }, "ed25519", "ed25519"],
  ["ML-DSA-65", { type: "ml-dsa-65" }, "ml-dsa-65", "ml-dsa-65"],
];

interface Chain {
  readonly key: LocalKey;
  readonly root: Authority;
  readonly middle: Authority;
  readonly leaf: Leaf;
}

/** Root, intermediate and leaf, all of one kind of key. */
async function makeChain(kind: GenerateKeyOptions): Promise<Chain> {
  const key = await generateKey(kind);
  const root = await createAuthority({
    subject: "CN=Root,O=Example,C=DE",
    key: await generateKey(kind),
    notBefore: Date.now() - 60_000,
    keyIdentifiers: kind.type === "rsa" ? "rfc7093" : "rfc5280",
  });
  const middle = await root.issueAuthority({ subject: "CN=Middle,O=Example", key: await generateKey(kind) });
  const leaf = await middle.issueFor(
    {
      publicKey: key.publicKey,
      subject: "CN=Müller \\, Söhne,serialNumber=A-17",
      names: ["d.example.com", "2001:db8::1", "urn:d:1"],
    },
    { profile: "device" },
  );
  return { key, root, middle, leaf };
}

const colons = (hex: string | undefined): string => (hex ?? "").toUpperCase().match(/../g)?.join(":") ?? "";

describe.each(kinds)("a chain of %s", (name, kind, signature, keyName) => {
  const made = makeChain(kind).catch((error: unknown) => {
    if (error instanceof TypeError) return undefined;
    throw error;
  });

  it("is read by us as it was asked for", async (context) => {
    const chain = (await made) ?? context.skip(`this Node has no ${name}`);
    const { facts } = chain.leaf;
    expect(facts).toMatchObject({
      version: 3,
      signature,
      key: keyName,
      subject: "CN=Müller \\, Söhne,serialNumber=A-17",
      issuer: "CN=Middle,O=Example",
      keyUsage: ["digitalSignature"],
      extendedKeyUsage: ["1.3.6.1.5.5.7.3.2"],
      ca: false,
      aki: chain.middle.certificate.facts.ski,
      spki: chain.key.spki,
    });
    expect(facts.serial).toMatch(/^[0-9a-f]{28,32}$/);
    expect(chain.middle.certificate.facts).toMatchObject({ ca: true, pathLength: 0, signature });
    expect(chain.leaf.chain).toBe(chain.leaf.pem + chain.middle.certificate.pem);
  });

  it("is read by Node, field by field, and its signatures hold", async (context) => {
    const { leaf, middle, root } = (await made) ?? context.skip(`this Node has no ${name}`);
    const path = [leaf, middle.certificate, root.certificate].map(({ pem }) => new X509Certificate(pem));
    for (const [index, one] of path.entries()) {
      const above = path[index + 1] ?? one;
      expect([one.checkIssued(above), one.verify(above.publicKey)]).toEqual([true, true]);
    }
    const [node] = path;
    expect(node?.serialNumber.toLowerCase().replace(/^(00)+/, "")).toBe(leaf.facts.serial);
    expect(node?.subjectAltName).toBe("DNS:d.example.com, IP Address:2001:DB8:0:0:0:0:0:1, URI:urn:d:1");
    expect(node?.subject).toBe("serialNumber=A-17\nCN=Müller \\, Söhne");
    expect([node?.validFromDate.getTime(), node?.validToDate.getTime()]).toEqual([
      leaf.facts.notBefore,
      leaf.facts.notAfter,
    ]);
    expect(node?.ca).toBe(false);
  });

  it("is read by @peculiar/x509, field by field", async (context) => {
    const { leaf, middle } = (await made) ?? context.skip(`this Node has no ${name}`);
    const theirs = new x509.X509Certificate(leaf.pem);
    const { facts } = leaf;
    expect(theirs.serialNumber.replace(/^(00)+(?=..)/, "")).toBe(facts.serial);
    expect([theirs.notBefore.getTime(), theirs.notAfter.getTime()]).toEqual([
      facts.notBefore,
      facts.notAfter,
    ]);
    expect(Buffer.from(theirs.publicKey.rawData).equals(Buffer.from((await made)?.key.publicKey ?? []))).toBe(
      true,
    );
    const get = <T extends x509.Extension>(oid: string): T | undefined =>
      theirs.getExtension<T>(oid) ?? undefined;
    expect(get<x509.BasicConstraintsExtension>("2.5.29.19")).toMatchObject({ ca: false, critical: true });
    expect(get<x509.KeyUsagesExtension>("2.5.29.15")).toMatchObject({
      usages: x509.KeyUsageFlags.digitalSignature,
      critical: true,
    });
    expect(get<x509.ExtendedKeyUsageExtension>("2.5.29.37")?.usages).toEqual(facts.extendedKeyUsage);
    expect(get<x509.SubjectKeyIdentifierExtension>("2.5.29.14")?.keyId).toBe(facts.ski);
    expect(get<x509.AuthorityKeyIdentifierExtension>("2.5.29.35")?.keyId).toBe(middle.certificate.facts.ski);
    expect(
      get<x509.SubjectAlternativeNameExtension>("2.5.29.17")?.names.items.map(({ type, value }) => [
        type,
        value,
      ]),
    ).toEqual([
      ["dns", "d.example.com"],
      ["ip", "2001:db8::1"],
      ["url", "urn:d:1"],
    ]);
  });

  it.skipIf(!hasOpenssl)("is read by openssl, field by field, and verified", async (context) => {
    const { leaf, middle, root } = (await made) ?? context.skip(`this Node has no ${name}`);
    const file = folder.write("leaf.pem", leaf.pem);
    const { text } = openssl(
      "x509",
      "-in",
      file,
      "-noout",
      "-text",
      "-nameopt",
      "RFC2253,utf8,-esc_msb",
      "-serial",
      "-dates",
      "-dateopt",
      "iso_8601",
    );
    const { facts } = leaf;
    expect(text).toMatch(new RegExp(`^serial=0*${facts.serial}$`, "im"));
    const moment = (ms: number): string => new Date(ms).toISOString().replace("T", " ").replace(".000", "");
    expect(text).toContain(`notBefore=${moment(facts.notBefore)}`);
    expect(text).toContain(`notAfter=${moment(facts.notAfter)}`);
    expect(text).toMatch(/Issuer: CN=Middle,O=Example\n/);
    expect(text).toMatch(/Subject: CN=Müller \\, Söhne,serialNumber=A-17\n/);
    expect(text).toMatch(/Basic Constraints: critical\n\s+CA:FALSE/);
    expect(text).toMatch(/Key Usage: critical\n\s+Digital Signature\n/);
    expect(text).toMatch(/Extended Key Usage: ?\n\s+TLS Web Client Authentication\n/);
    expect(text).toContain("DNS:d.example.com, IP Address:2001:DB8:0:0:0:0:0:1, URI:urn:d:1");
    expect(text).toContain(colons(facts.ski));
    expect(text).toContain(colons(middle.certificate.facts.ski));
    const files = [
      "-CAfile",
      folder.write("root.pem", root.certificate.pem),
      "-untrusted",
      folder.write("middle.pem", middle.certificate.pem),
    ];
    const verdict = openssl("verify", "-x509_strict", "-purpose", "sslclient", ...files, file).text;
    if (kind.type === "ml-dsa-65" && !verdict.includes("OK"))
      context.skip("this openssl has no ML-DSA-65: read, not verified");
    expect(verdict).toContain("leaf.pem: OK");
  });
});
