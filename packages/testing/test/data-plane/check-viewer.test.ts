import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { readCertificate } from "../../src/data-plane/certificate-facts.ts";
import { checkViewer } from "../../src/data-plane/check-viewer.ts";
import { has, workshop } from "./openssl-certificates.ts";

const shop = has("openssl") ? workshop() : undefined;
afterAll(() => shop?.remove());

describe("checkViewer", () => {
  if (shop === undefined) {
    test.skip("needs the program openssl", () => undefined);
    return;
  }
  const selfSigned = (name: string, ...key: readonly string[]): string => {
    const out = shop.file(`${name}.pem`, "");
    execFileSync(
      "openssl",
      [
        ...["req", "-x509", "-nodes", "-days", "30", "-subj", `/CN=${name}`, ...key],
        ...["-keyout", shop.file(`${name}.key`, ""), "-out", out],
      ],
      { stdio: "pipe" },
    );
    return readFileSync(out, "utf8");
  };
  const curve = (name: string): readonly string[] => [
    "-newkey",
    "ec",
    "-pkeyopt",
    `ec_paramgen_curve:${name}`,
  ];

  test.each([
    ["P-256", curve("P-256"), undefined],
    ["P-384", curve("P-384"), undefined],
    ["P-521", curve("P-521"), "ClientCertTypeUnsupported"],
    ["Ed25519", ["-newkey", "ed25519"], "ClientCertTypeUnsupported"],
    ["RSA of 2048 bits", ["-newkey", "rsa:2048"], undefined],
    ["RSA of 1024 bits", ["-newkey", "rsa:1024"], "ClientCertTypeUnsupported"],
  ] as const)("takes the keys that CloudFront names: %s", (name, key, expected) => {
    const facts = [readCertificate(selfSigned(name.replaceAll(" ", "-"), ...key))];
    const verdict = checkViewer({
      presented: facts,
      anchors: facts,
      ignoreExpiry: false,
      ocsp: false,
      at: Date.now(),
    });
    expect("reason" in verdict ? verdict.reason : undefined).toBe(expected);
  });

  test("ends a chain at the first anchor, below which every certificate must name a responder", () => {
    const root = shop.authority("/CN=Root");
    const aia = "authorityInfoAccess=OCSP;URI:http://ocsp.example.com/";
    const issuing = shop.authority("/CN=Issuing", root);
    const leaf = issuing.issue("leaf", { extensions: [aia, "extendedKeyUsage=clientAuth"] });
    const [first, second, last] = [leaf, issuing, root].map(({ certificate }) =>
      readCertificate(certificate),
    );
    if (first === undefined || second === undefined || last === undefined) throw new Error("no certificates");
    const check = { presented: [first, second], ignoreExpiry: false, ocsp: true, at: Date.now() };
    expect(checkViewer({ ...check, anchors: [last] })).toEqual({ reason: "ClientCertRejected" });
    expect(checkViewer({ ...check, anchors: [last, second] })).toEqual({ path: [first, second] });
    expect(checkViewer({ ...check, anchors: [first] })).toEqual({ path: [first] });
  });
});
