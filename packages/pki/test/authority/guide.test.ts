import { checkIdentity, createAuthority, openAuthority, readCertificates, readKey } from "@handfast/pki";
import { describe, expect, it } from "vitest";
import { hasOpenssl, openssl, workFolder } from "../openssl.ts";
import { clockAt, day, ecKey, makeClient } from "../world.ts";

const folder = workFolder();

function run(...args: readonly string[]): void {
  const { status, text } = openssl(...args);
  if (status !== 0) throw new Error(text);
}

describe.skipIf(!hasOpenssl)("openssl's own", () => {
  it('root, key and leaf by the five commands of "Authenticated Origin Pull (AWS integration)" are read', () => {
    const at = folder.path;
    run("genrsa", "-aes256", "-passout", "pass:geheim", "-out", at("rootca.key"), "4096");
    run(
      "req",
      "-x509",
      "-new",
      "-nodes",
      "-key",
      at("rootca.key"),
      "-passin",
      "pass:geheim",
      "-sha256",
      "-days",
      "1826",
      "-subj",
      "/C=US/O=Example/CN=example.com",
      "-out",
      at("rootca.crt"),
    );
    run("genrsa", "-out", at("cert.key"), "4096");
    run("req", "-new", "-key", at("cert.key"), "-subj", "/C=US/CN=shop.example.com", "-out", at("cert.csr"));
    folder.write("cert.v3.ext", "basicConstraints=CA:FALSE\n");
    run(
      "x509",
      "-req",
      "-in",
      at("cert.csr"),
      "-CA",
      at("rootca.crt"),
      "-CAkey",
      at("rootca.key"),
      "-passin",
      "pass:geheim",
      "-CAcreateserial",
      "-out",
      at("cert.crt"),
      "-days",
      "730",
      "-sha256",
      "-extfile",
      at("cert.v3.ext"),
    );

    const [root] = readCertificates(folder.read("rootca.crt"));
    const [leaf] = readCertificates(folder.read("cert.crt"));
    expect(root?.facts).toMatchObject({
      subject: "CN=example.com,O=Example,C=US",
      ca: true,
      selfIssued: true,
      key: "rsa-4096",
      signature: "sha256WithRSAEncryption",
    });
    expect(leaf?.facts).toMatchObject({
      subject: "CN=shop.example.com,C=US",
      issuer: root?.facts.subject,
      ca: false,
      version: 3,
      extendedKeyUsage: undefined,
    });
    expect((leaf?.facts.notAfter ?? 0) - (leaf?.facts.notBefore ?? 0)).toBe(730 * day);

    const key = readKey(folder.read("rootca.key"), { passphrase: "geheim" });
    expect(root?.facts.spki).toBe(key.spki);
    expect(readKey(folder.read("cert.key")).spki).toBe(leaf?.facts.spki);
    expect(openAuthority({ certificate: root?.pem ?? "", key }).certificate.sha256).toBe(root?.sha256);
    const findings = checkIdentity({
      chain: folder.read("cert.crt"),
      key: folder.read("cert.key"),
      anchors: folder.read("rootca.crt"),
    });
    expect(findings.filter(({ severity }) => severity === "blocker")).toEqual([]);
  }, 120_000);

  it.each([
    ["the last second of UTCTime", Date.UTC(2049, 11, 31, 23, 59, 59), "UTCTIME", "491231235959Z"],
    ["the first of GeneralizedTime", Date.UTC(2050, 0, 1), "GENERALIZEDTIME", "20500101000000Z"],
  ])("reading of validities ends and begins at %s", async (_, moment, type, text) => {
    const root = await createAuthority({
      subject: "CN=a",
      key: await ecKey(),
      notBefore: moment - 10 * day,
      days: 10,
    });
    const after = await createAuthority({
      subject: "CN=a",
      key: await ecKey(),
      clock: clockAt(moment),
      notBefore: moment,
      days: 10,
    });
    const parse = (pem: string): string => openssl("asn1parse", "-in", folder.write("t.pem", pem)).text;
    for (const { certificate } of [root, after, (await makeClient(after)).leaf].map((one) =>
      "certificate" in one ? one : { certificate: one },
    ))
      expect(parse(certificate.pem)).toMatch(new RegExp(`prim: ${type} +:${text}`));
    const dates = openssl(
      "x509",
      "-in",
      folder.write("t.pem", root.certificate.pem),
      "-noout",
      "-enddate",
      "-dateopt",
      "iso_8601",
    ).text;
    expect(dates.trim()).toBe(
      `notAfter=${new Date(moment).toISOString().replace("T", " ").replace(".000", "")}`,
    );
  });
});
