import "reflect-metadata";
import { X509Certificate } from "node:crypto";
import { createCsr, generateKey, makeTrustBundle, readCertificates, readCrl } from "@handfast/pki";
import { X509Certificate as PeculiarCertificate } from "@peculiar/x509";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hasOpenssl, openssl, workFolder } from "../openssl.ts";
import { caWorld, day, errorOf, newRequest, start } from "./ca-world.ts";

describe("serverlessCa", () => {
  let world: ReturnType<typeof caWorld>;
  beforeEach(() => {
    world = caWorld();
  });
  afterEach(() => world.close());
  const folder = workFolder();

  it("gives an identity and a trust for a spec, as every other party reads them", async () => {
    const { csr, key } = await newRequest();
    const leaf = await world.issuer.issue(csr, { days: 90 });
    const trust = await world.issuer.trust();
    expect(leaf.facts).toMatchObject({
      notBefore: start - 300_000,
      notAfter: start + 90 * day,
      ca: false,
      extendedKeyUsage: ["1.3.6.1.5.5.7.3.2"],
    });
    const node = new X509Certificate(leaf.pem);
    expect(node.publicKey.export({ format: "der", type: "spki" })).toEqual(Buffer.from(key.publicKey));
    expect(new PeculiarCertificate(leaf.pem).serialNumber.replace(/^0+/, "")).toBe(
      leaf.facts.serial.replace(/^0+/, ""),
    );
    expect(leaf.identity("edge-key")).toEqual({ chain: leaf.chain, key: { secret: "edge-key" } });
    const [, issuing, ...more] = readCertificates(leaf.chain);
    expect([issuing?.pem, more]).toEqual([world.ca.issuing, []]);
    expect(trust).toEqual(makeTrustBundle([world.ca.root ?? "", world.ca.issuing ?? ""]).trust);
    expect(leaf.dropped).toEqual([]);
  });

  it("gives what openssl verifies with the root alone", async (context) => {
    if (!hasOpenssl) context.skip("openssl is not installed");
    const leaf = await world.issuer.issue((await newRequest()).csr);
    const [root, chain] = [
      folder.write("root.pem", world.ca.root ?? ""),
      folder.write("chain.pem", leaf.chain),
    ];
    const at = ["-attime", String(start / 1000), "-purpose", "sslclient"];
    expect(openssl("verify", ...at, "-CAfile", root, "-untrusted", chain, chain).text).toContain("OK");
  });

  it("has names of every kind written, and the whole subject", async () => {
    const { csr } = await newRequest("CN=edge.example.com,OU=it,O=Example,L=Berlin,ST=BE,C=DE", {
      names: ["edge.example.com", "192.0.2.7", "2001:db8::7", "ann@example.com", "https://example.com/edge"],
    });
    const leaf = await world.issuer.issue(csr);
    expect(leaf.dropped).toEqual([]);
    expect(new X509Certificate(leaf.pem).subjectAltName).toBe(
      "DNS:edge.example.com, IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:7, email:ann@example.com, URI:https://example.com/edge",
    );
    expect(leaf.facts.subject.split(",").sort()).toEqual(
      ["C=DE", "CN=edge.example.com", "L=Berlin", "O=Example", "OU=it", "ST=BE"].sort(),
    );
  });

  it("says what the CA left out without a word", async () => {
    const { csr } = await newRequest("CN=edge.example.com,OU=two,OU=one,DC=example", {
      names: ["edge.example.com", "under_score.example.com", "localhost"],
    });
    const leaf = await world.issuer.issue(csr);
    expect(leaf.dropped).toEqual([
      { part: "subject", value: "DC=example" },
      { part: "subject", value: "OU=two" },
      { part: "names", value: "dns=under_score.example.com" },
      { part: "names", value: "dns=localhost" },
    ]);
  });

  it("certifies for server and client when told to", async () => {
    const both = world.connect({ purpose: "client-and-server" });
    const { facts } = await both.issue((await newRequest()).csr);
    expect([...(facts.extendedKeyUsage ?? [])].sort()).toEqual(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
  });

  it("takes the days that the CA gives, where it gives fewer", async () => {
    const { facts } = await world.issuer.issue((await newRequest()).csr, { days: 800 });
    expect(facts.notAfter).toBe(start + 365 * day);
  });

  it("asks for 30 days, or what its options say", async () => {
    const usual = await world.issuer.issue((await newRequest()).csr);
    const seven = await world.connect({ days: 7 }).issue((await newRequest()).csr);
    expect([usual, seven].map(({ facts }) => (facts.notAfter - start) / day)).toEqual([30, 7]);
  });

  it("tells that a key was certified before, and has it certified again only when told to", async () => {
    const { csr } = await newRequest();
    const first = await world.issuer.issue(csr);
    const error = await errorOf(world.issuer.issue(csr));
    expect(error.code).toBe("REMOTE_REJECTED");
    expect(error.message).toMatch(/Private key has already been used.*reissue/);
    const second = await world.connect({ reissue: true }).issue(csr);
    expect([second.facts.spki, second.facts.serial === first.facts.serial]).toEqual([
      first.facts.spki,
      false,
    ]);
  });

  it("finds function and objects of production, or where it is told", async () => {
    world.close();
    world = caWorld({ environment: "prod", project: "pki" });
    const issuer = world.connect({ project: "pki" });
    expect((await issuer.issue((await newRequest()).csr)).facts.subject).toContain("edge.example.com");
    const told = world.connect({
      environment: "any",
      function: world.ca.functionArn,
      bundle: "pki-ca-bundle.pem",
    });
    expect((await told.issue((await newRequest()).csr)).facts.subject).toContain("edge.example.com");
    expect(await told.trust()).toEqual(await issuer.trust());
  });

  it("works from another account that the CA names", async () => {
    world.close();
    world = caWorld({ principals: ["444455556666"] });
    const credentials = world.cloud.credentialsOf("444455556666");
    const issuer = world.connect({
      function: world.ca.functionArn,
      lambda: { credentials },
      s3: { credentials },
    });
    expect((await issuer.issue((await newRequest()).csr)).facts.subject).toContain("edge.example.com");
  });

  it.each(["RSA_2048", "ECC_NIST_P521"] as const)("works with CA keys of kind %s", async (spec) => {
    world.close();
    world = caWorld({ rootKey: spec, issuingKey: spec });
    const key = await generateKey({ type: "rsa", bits: 2048 });
    const leaf = await world.issuer.issue(await createCsr({ subject: "CN=edge.example.com", key }));
    expect(leaf.facts.key).toBe("rsa-2048");
  });

  it("gives the CRLs of both CAs, in which a revoked certificate stands after the next run", async () => {
    const leaf = await world.issuer.issue((await newRequest()).csr);
    const listed = async () =>
      (await world.issuer.crls()).map((pem) => readCrl(pem).facts.revoked.has(leaf.facts.serial));
    expect(await listed()).toEqual([false, false]);
    world.ca.revoke(BigInt(`0x${leaf.facts.serial}`).toString());
    world.ca.run();
    expect(await listed()).toEqual([true, false]);
  });

  it("knows the roots that it is told, in the spelling of openssl as well", async () => {
    const { fingerprint256 } = new X509Certificate(world.ca.root ?? "");
    const pinned = world.connect({ roots: [fingerprint256] });
    expect((await pinned.issue((await newRequest()).csr)).facts.subject).toContain("edge.example.com");
    expect(await pinned.trust()).toEqual(await world.issuer.trust());
  });
});
