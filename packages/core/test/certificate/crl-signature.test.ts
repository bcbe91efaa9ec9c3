import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { checkCrlSignature } from "../../src/certificate/index.ts";
import { type CertificateFacts, type CrlFacts, readCertificate, readCrl, readPem } from "../../src/index.ts";
import { certificates, crls } from "../fixtures/certificates.ts";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
if (!hasOpenssl) process.stderr.write("skipped: signatures of openssl, because it is not installed\n");

const der = (pem: string, label: "CERTIFICATE" | "X509 CRL"): Uint8Array =>
  readPem(pem, label, "test")[0] as Uint8Array;

describe("checkCrlSignature", () => {
  const crl = readCrl(der(crls["a-a2"], "X509 CRL"));
  const a = readCertificate(der(certificates.a, "CERTIFICATE"));
  const b = readCertificate(der(certificates.b, "CERTIFICATE"));

  it("finds a list good with its own issuer, and with no other", () => {
    expect(checkCrlSignature(crl, a)).toEqual({ verdict: "good" });
    expect(checkCrlSignature(crl, b)).toMatchObject({ verdict: "bad", reason: "issuer-differs" });
  });

  it("finds a list bad when any octet of its content or signature was changed", () => {
    for (let at = 0; at < crl.der.length; at += 1) {
      const changed = crl.der.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      let facts: CrlFacts;
      try {
        facts = readCrl(changed);
      } catch {
        continue;
      }
      expect(checkCrlSignature(facts, a).verdict, `octet ${at}`).toBe("bad");
    }
  });
});

describe.skipIf(!hasOpenssl)("checkCrlSignature on lists of openssl", () => {
  const folder = mkdtempSync(join(tmpdir(), "handfast-crl-signature-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  writeFileSync(
    join(folder, "ca.cnf"),
    "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=30\n[req]\n" +
      "distinguished_name=n\nx509_extensions=e\n[n]\n[e]\nbasicConstraints=critical,CA:TRUE\n[nosign]\n" +
      "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n",
  );
  writeFileSync(join(folder, "index.txt"), "R\t400101000000Z\t260101000000Z\t05\tunknown\t/CN=gone\n");

  const openssl = (...args: readonly string[]): void => {
    const { status, stderr } = spawnSync("openssl", args, { cwd: folder, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
  };
  const read = (file: string): string => readFileSync(join(folder, file), "utf8");

  /** A CA of the name, and its list. */
  function makeCa(
    name: string,
    newkey: readonly string[],
    signing: readonly string[] = [],
    extensions = "e",
  ): { readonly ca: CertificateFacts; readonly list: CrlFacts } {
    const config = ["-config", "ca.cnf"];
    openssl(
      ...["req", "-x509", ...config, "-extensions", extensions, ...newkey, "-nodes"],
      ...["-keyout", `${name}.key`, "-subj", "/CN=issuer", "-days", "30", "-out", `${name}.crt`],
    );
    openssl(
      ...["ca", ...config, "-gencrl", "-cert", `${name}.crt`, "-keyfile", `${name}.key`],
      ...[...signing, "-out", `${name}.crl`],
    );
    return {
      ca: readCertificate(der(read(`${name}.crt`), "CERTIFICATE")),
      list: readCrl(der(read(`${name}.crl`), "X509 CRL")),
    };
  }

  const rsa = ["-newkey", "rsa:2048"];
  const ec = (curve: string): readonly string[] => [
    "-newkey",
    "ec",
    "-pkeyopt",
    `ec_paramgen_curve:${curve}`,
  ];
  const pss = ["-sigopt", "rsa_padding_mode:pss"];

  it.each([
    ["RSASSA-PKCS1-v1_5 and SHA-256", rsa, []],
    ["RSASSA-PKCS1-v1_5 and SHA-512", rsa, ["-md", "sha512"]],
    ["RSASSA-PSS with a salt of 32 octets", rsa, [...pss, "-sigopt", "rsa_pss_saltlen:32"]],
    ["RSASSA-PSS and SHA-384 with the longest salt", rsa, [...pss, "-md", "sha384"]],
    ["a key that is for RSASSA-PSS only", ["-newkey", "rsa-pss"], []],
    ["ECDSA on P-256", ec("P-256"), []],
    ["ECDSA on P-521 and SHA-512", ec("P-521"), ["-md", "sha512"]],
    ["Ed25519", ["-newkey", "ed25519"], []],
    ["Ed448", ["-newkey", "ed448"], []],
  ])("takes %s, and refuses another key of the same name", (name, newkey, signing) => {
    const { ca, list } = makeCa(name.replaceAll(" ", "-"), newkey, signing);
    expect(checkCrlSignature(list, ca)).toEqual({ verdict: "good" });
    const other = makeCa("other", newkey).ca;
    expect(checkCrlSignature(list, other)).toMatchObject({ verdict: "bad", reason: "signature" });
    const kind = makeCa("kind", newkey.includes("ec") ? rsa : ec("P-256")).ca;
    expect(checkCrlSignature(list, kind)).toMatchObject({ verdict: "bad", reason: "signature" });
  });

  it("refuses an issuer whose key usage leaves cRLSign out", () => {
    const { ca, list } = makeCa("nosign", ec("P-256"), [], "nosign");
    expect(checkCrlSignature(list, ca)).toMatchObject({ verdict: "bad", reason: "key-usage" });
  });

  it("refuses a mask of RSASSA-PSS that is made with another hash, and says so", () => {
    const { ca, list } = makeCa("mask", rsa, [...pss, "-sigopt", "rsa_mgf1_md:sha512"]);
    expect(checkCrlSignature(list, ca)).toMatchObject({ verdict: "bad", reason: "algorithm" });
  });
});
