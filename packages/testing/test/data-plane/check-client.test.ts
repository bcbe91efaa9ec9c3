import { afterAll, describe, expect, test } from "vitest";
import { type CertificateFacts, readCertificate } from "../../src/data-plane/certificate-facts.ts";
import { checkClient, type RefusalReason } from "../../src/data-plane/check-client.ts";
import { readRevocationList } from "../../src/data-plane/revocation-list.ts";
import { type Authority, caExtensions, has, run, workshop } from "./openssl-certificates.ts";

const shop = has("openssl") ? workshop() : undefined;
const made = shop && (await makeCertificates(shop));
afterAll(() => shop?.remove());

/** A key and a certificate in one call, for what an authority of the workshop can't make. */
async function selfSigned(
  bench: NonNullable<typeof shop>,
  name: string,
  ...args: readonly string[]
): Promise<string> {
  const file = bench.file(`${name}.pem`, "");
  const key = bench.file(`${name}.key`, "");
  const extension = ["-addext", "basicConstraints=critical,CA:TRUE"];
  const { code, output } = await run("openssl", [
    ...["req", "-x509", "-nodes", "-days", "30", "-subj", `/CN=${name}`, "-keyout", key, "-out", file],
    ...extension,
    ...args,
  ]);
  if (code !== 0) throw new Error(output);
  return file;
}

async function versionOne(bench: NonNullable<typeof shop>, root: Authority): Promise<string> {
  const out = bench.file("v1.pem", "");
  const csr = bench.file("v1.csr", "");
  const key = bench.file("v1.key", root.key);
  const ca = bench.file("v1-ca.pem", root.certificate);
  await run("openssl", ["req", "-new", "-key", key, "-subj", "/CN=v1", "-out", csr]);
  const made = await run("openssl", [
    "x509",
    "-req",
    "-in",
    csr,
    "-CA",
    ca,
    "-CAkey",
    key,
    "-set_serial",
    "7",
    "-out",
    out,
  ]);
  if (made.code !== 0) throw new Error(made.output);
  return out;
}

async function makeCertificates(bench: NonNullable<typeof shop>) {
  const root = bench.authority("/CN=Root");
  const twin = bench.authority("/CN=Root");
  const nobody = bench.authority("/CN=Root, closed", undefined, [
    "basicConstraints=critical,CA:TRUE,pathlen:0",
  ]);
  const below = bench.authority("/CN=Below", nobody);
  const noCa = bench.authority("/CN=No CA", root, ["basicConstraints=critical,CA:FALSE"]);
  const forServers = bench.authority("/CN=For servers", root, [
    ...caExtensions,
    "extendedKeyUsage=serverAuth",
  ]);
  const read = async (file: string): Promise<string> => (await run("cat", [file])).output;
  const leaf = root.issue("leaf");
  return {
    root,
    twin,
    nobody,
    below,
    forServers,
    noCa,
    leaf,
    crl: root.revoke([]),
    comingCrl: root.revoke([], { last: "20480101000000Z", next: "20490101000000Z" }),
    v1: await read(await versionOne(bench, root)),
    ed25519: await read(await selfSigned(bench, "ed25519", "-newkey", "ed25519")),
    rsa1024: await read(await selfSigned(bench, "rsa1024", "-newkey", "rsa:1024")),
    rsa2048: await read(await selfSigned(bench, "rsa2048", "-newkey", "rsa:2048")),
  };
}

describe("checkClient", () => {
  if (shop === undefined || made === undefined) {
    test.skip("needs the program openssl", () => undefined);
    return;
  }
  const { root, twin, nobody, below, forServers, leaf, crl, comingCrl, v1, ed25519, rsa1024, rsa2048 } = made;
  const { noCa } = made;
  const facts = (...pems: readonly string[]): CertificateFacts[] => pems.map((pem) => readCertificate(pem));
  const check = (more: Partial<Parameters<typeof checkClient>[0]>): RefusalReason | undefined =>
    checkClient({
      presented: facts(leaf.certificate),
      anchors: facts(root.certificate),
      crls: [],
      ignoreExpiry: false,
      intermediateAnchors: false,
      at: Date.now(),
      ...more,
    });
  const alone = (pem: string) => ({ presented: facts(pem), anchors: facts(pem) });
  const underBelow = below.issue("under below").certificate;
  const chain = facts(underBelow, below.certificate);

  test.each([
    ["a good one", {}, undefined],
    ["nothing shown", { presented: [] }, "UnmappedConnectionError"],
    ["no anchor", { anchors: [] }, "ClientCertUntrusted"],
    [
      "an anchor of the same name in front of the right one",
      { anchors: facts(twin.certificate, root.certificate) },
      undefined,
    ],
    ["only an anchor of the same name", { anchors: facts(twin.certificate) }, "ClientCertUntrusted"],
    ["a version 1 certificate", { presented: facts(v1) }, "ClientCertInvalid"],
    [
      "an issuer that is no CA",
      { presented: facts(noCa.issue("y").certificate, noCa.certificate) },
      "ClientCertUntrusted",
    ],
    ["an Ed25519 key", alone(ed25519), "ClientCertTypeUnsupported"],
    ["an RSA key of 1024 bits", alone(rsa1024), "ClientCertTypeUnsupported"],
    ["an RSA key of 2048 bits, its own anchor", alone(rsa2048), undefined],
    [
      "a CA below one that allows none below",
      { presented: chain, anchors: facts(nobody.certificate) },
      "ClientCertInvalid",
    ],
    [
      "an anchor that is no root",
      { presented: chain, anchors: facts(below.certificate) },
      "ClientCertUntrusted",
    ],
    [
      "an anchor that is no root, accepted",
      { presented: chain, anchors: facts(below.certificate), intermediateAnchors: true },
      undefined,
    ],
    [
      "an issuer for servers only",
      { presented: facts(forServers.issue("x").certificate, forServers.certificate) },
      "ClientCertPurposeInvalid",
    ],
    [
      "a CRL that is not yet in force",
      { crls: [readRevocationList(comingCrl)] },
      "ClientCertCrlProcessingError",
    ],
    [
      "a CRL in force beside one that is not yet",
      { crls: [readRevocationList(comingCrl), readRevocationList(crl)] },
      undefined,
    ],
    ["a CRL in force beside an unreadable one", { crls: [undefined, readRevocationList(crl)] }, undefined],
  ] as const)("judges %s", (_name, more, expected) => {
    expect(check(more)).toBe(expected);
  });
});

describe("readRevocationList", () => {
  if (shop === undefined || made === undefined) {
    test.skip("needs the program openssl", () => undefined);
    return;
  }

  test.each([
    ["ECDSA", ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"], ["-md", "sha384"]],
    ["RSA", ["-newkey", "rsa:2048"], ["-md", "sha512"]],
    ["RSASSA-PSS", ["-newkey", "rsa:2048"], ["-md", "sha256", "-sigopt", "rsa_padding_mode:pss"]],
  ])("knows its signer and entries: %s", async (name, key, sign) => {
    const ca = await selfSigned(shop, `crl-${name}`, ...key);
    const index = shop.file(`index-${name}`, `R\t301231235959Z\t260101000000Z\t00AB12\tunknown\t/CN=x\n`);
    const config = shop.file(
      `crl-${name}.cnf`,
      `[ca]\ndefault_ca=c\n[c]\ndatabase=${index}\ndefault_crl_days=9\n`,
    );
    const from = ["-cert", ca, "-keyfile", ca.replace(".pem", ".key"), "-config", config];
    const { output } = await run("openssl", ["ca", "-gencrl", ...from, ...sign]);
    const list = readRevocationList(output);
    const signer = readCertificate((await run("cat", [ca])).output);
    const { leaf } = made;
    expect(list.signedBy(signer.x509.publicKey)).toBe(true);
    expect(list.signedBy(readCertificate(leaf.certificate).x509.publicKey)).toBe(false);
    expect(list.issuerDer).toBe(signer.subjectDer);
    expect(list.size).toBe(1);
    expect(["AB12", "00ab12", "AB13", "12"].map(list.revokes)).toEqual([true, true, false, false]);
    expect((list.nextUpdate ?? 0) - list.thisUpdate).toBe(9 * 24 * 3_600_000);
  });

  test("refuses what is no CRL, and one that was cut", () => {
    const body = made.crl.replace(/-----.*?-----|\s/g, "");
    const wrap = (text: string): string => `-----BEGIN X509 CRL-----\n${text}\n-----END X509 CRL-----\n`;
    expect(readRevocationList(wrap(body)).size).toBe(0);
    for (const wrong of ["", body, wrap(""), wrap(body.slice(0, 80)), made.root.certificate]) {
      expect(() => readRevocationList(wrong)).toThrow(RangeError);
    }
  });
});
