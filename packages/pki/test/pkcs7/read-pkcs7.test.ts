import { readFileSync } from "node:fs";
import { isHandfastError } from "@handfast/core";
import {
  type Authority,
  type Crl,
  makeTrustBundle,
  readCertificates,
  readCrl,
  readPkcs7,
} from "@handfast/pki";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { explicit, integer, octetString, oid, sequence, setOf } from "../../src/der/write-der.ts";
import { hasOpenssl, openssl, workFolder } from "../openssl.ts";
import { makeRoot } from "../world.ts";

const sets = {
  certificates: (...members: Uint8Array[]) => explicit(0, ...members),
  crls: (...members: Uint8Array[]) => explicit(1, ...members),
};

/** A message that carries the fields given: RFC 5652, 5.1. */
function message(...fields: readonly Uint8Array[]): Uint8Array {
  const content = sequence(oid("1.2.840.113549.1.7.1"));
  const signed = sequence(integer(Uint8Array.of(1)), setOf(), content, ...fields, setOf());
  return sequence(oid("1.2.840.113549.1.7.2"), explicit(0, signed));
}

const pem = (der: Uint8Array, label = "PKCS7"): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString("base64").replace(/.{64}/g, "$&\n")}\n-----END ${label}-----\n`;

const refusal = (work: () => unknown): string => {
  try {
    work();
  } catch (thrown) {
    if (isHandfastError(thrown)) return `${thrown.code}: ${thrown.message}`;
    throw thrown;
  }
  return "nothing was refused";
};

let roots: readonly Authority[];
let crl: Crl;
let whole: Uint8Array;
beforeAll(async () => {
  roots = await Promise.all(["one", "two", "three"].map((name) => makeRoot(name)));
  crl = await (roots[0] as Authority).createCrl({ number: 1, revoked: [] });
  whole = message(sets.certificates(...roots.map(({ certificate }) => certificate.der)), sets.crls(crl.der));
});

describe("readPkcs7", () => {
  it("gives the certificates and CRLs, in order, from DER, PEM and what Windows calls a certificate", () => {
    const due = { certificates: roots.map(({ certificate }) => certificate), crls: [crl] };
    const inputs = [whole, pem(whole), pem(whole, "CMS"), pem(whole, "CERTIFICATE"), Buffer.from(pem(whole))];
    for (const input of inputs) expect(readPkcs7(input)).toEqual(due);
    expect(readPkcs7(message())).toEqual({ certificates: [], crls: [] });
  });

  it.each([
    ["nothing", () => "", /holds no PEM/],
    ["a certificate", () => roots[0]?.certificate.der ?? "", /no PKCS#7 message/],
    ["a key", () => pem(whole, "PRIVATE KEY"), /line 1: it is a PRIVATE KEY/],
    ["two messages", () => pem(whole) + pem(whole), /2 PEM blocks/],
    ["a damaged block", () => pem(whole).replace("END", "ENDE"), /mark is damaged/],
    ["bytes after it", () => Buffer.concat([whole, Buffer.from([0])]), /bytes follow/],
    ["an attribute certificate", () => message(sets.certificates(explicit(2))), /attribute certificate/],
    ["an OCSP response", () => message(sets.crls(explicit(1))), /no CRL/],
    ["fields in disorder", () => message(sets.crls(), sets.certificates()), /RFC 5652/],
    [
      "encrypted data",
      () => sequence(oid("1.2.840.113549.1.7.3"), explicit(0, octetString(whole))),
      /signed data/,
    ],
    ["an empty certificate", () => message(sets.certificates(sequence())), /too short/],
    [
      "fields without end",
      () => message(...Array.from({ length: 9 }, () => octetString(whole))),
      /more than it may/,
    ],
    [
      "rubbish for a certificate",
      () => message(sets.certificates(sequence(octetString(new Uint8Array(99))))),
      /not one X\.509 certificate/,
    ],
  ])("refuses %s", (_, input, reason) => {
    const said = refusal(() => readPkcs7(input()));
    expect(said).toMatch(/^CERTIFICATE_UNREADABLE: /);
    expect(said).toMatch(reason);
  });

  it("gives a value or a coded error for bytes that were cut, flipped or made up", () => {
    const cut = fc.nat(whole.length - 1).map((size) => whole.subarray(0, size));
    const flipped = fc
      .tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }))
      .map(([at, bits]) => whole.map((octet, index) => (index === at ? octet ^ bits : octet)));
    const begun = fc
      .uint8Array({ maxLength: 300 })
      .map((bytes) => Buffer.concat([Buffer.from("308006092a864886f70d010702", "hex"), bytes]));
    fc.assert(
      fc.property(fc.oneof(cut, flipped, begun, fc.uint8Array()), (bytes) => {
        for (const read of [readPkcs7, readCertificates]) {
          try {
            read(bytes);
          } catch (thrown) {
            if (!isHandfastError(thrown)) throw thrown;
          }
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it("takes time in proportion to the bytes, however deep they are nested", () => {
    const deep = Buffer.concat([
      Buffer.from("308006092a864886f70d010702", "hex"),
      Buffer.from("a080".repeat(1_000_000), "hex"),
    ]);
    const begin = performance.now();
    expect(refusal(() => readPkcs7(deep))).toMatch(/ends too early/);
    expect(performance.now() - begin).toBeLessThan(5_000);
  });
});

describe("readCertificates", () => {
  it("opens PKCS#7 among other blocks, and names its line", () => {
    const [one, two, three] = roots.map(({ certificate }) => certificate);
    const text = `# ours\n${one?.pem}${pem(message(sets.certificates(two?.der ?? whole, three?.der ?? whole)))}`;
    const found = readCertificates(text);
    expect(found.map(({ sha256 }) => sha256)).toEqual([one?.sha256, two?.sha256, three?.sha256]);
    expect(found[1]?.line).toBe(found[2]?.line);
    expect(text.split("\n")[(found[1]?.line ?? 0) - 1]).toBe("-----BEGIN PKCS7-----");
    expect(makeTrustBundle(whole).digest).toBe(
      makeTrustBundle(roots.map(({ trust }) => trust.anchors)).digest,
    );
  });

  it("refuses a message without certificates, and a damaged one, by line", () => {
    const empty = message(sets.crls(crl.der));
    expect(refusal(() => readCertificates(empty))).toMatch(/CERTIFICATE_UNREADABLE.*holds no certificate/);
    expect(refusal(() => readCertificates(`\n\n${pem(empty)}`))).toMatch(/certificate=1, line=3/);
    expect(refusal(() => readCertificates(`\n${pem(whole.subarray(0, 99))}`))).toMatch(
      /line=2.*ends too early/,
    );
  });
});

describe.skipIf(!hasOpenssl)("readPkcs7 against openssl", () => {
  const folder = workFolder();
  const readBytes = (name: string): Buffer => readFileSync(folder.path(name));

  it("reads what crl2pkcs7 writes, with and without CRL", () => {
    const bundle = folder.write("bundle.pem", roots.map(({ trust }) => trust.anchors).join(""));
    const list = folder.write("list.pem", crl.pem);
    for (const form of ["PEM", "DER"]) {
      const bare = openssl(
        ...["crl2pkcs7", "-nocrl", "-certfile", bundle, "-outform", form, "-out", folder.path("bare")],
      );
      expect(bare.status).toBe(0);
      openssl("crl2pkcs7", "-in", list, "-certfile", bundle, "-outform", form, "-out", folder.path("full"));
      const due = roots.map(({ certificate }) => certificate.sha256);
      for (const name of ["bare", "full"]) {
        const read = readPkcs7(readBytes(name));
        // openssl prepends each certificate or keeps the order, by version
        expect(read.certificates.map(({ sha256 }) => sha256).sort()).toEqual([...due].sort());
        expect(read.crls.map(({ sha256 }) => sha256)).toEqual(name === "full" ? [crl.sha256] : []);
      }
    }
    expect(readCrl(crl.der).sha256).toBe(crl.sha256);
  });

  it("reads a signed message in BER, of lengths that are known only at the end", async () => {
    const text = folder.write("text", "signed\n".repeat(20_000));
    openssl(
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-subj",
      "/CN=signer",
      "-keyout",
      folder.path("key"),
      "-out",
      folder.path("cert"),
    );
    const made = openssl(
      ...["cms", "-sign", "-stream", "-nodetach", "-binary", "-in", text, "-signer", folder.path("cert")],
      ...["-inkey", folder.path("key"), "-outform", "DER", "-out", folder.path("ber")],
    );
    expect([made.status, made.text]).toEqual([0, ""]);
    const bytes = readBytes("ber");
    expect([...bytes.subarray(0, 2)]).toEqual([0x30, 0x80]);
    expect(readPkcs7(bytes).certificates.map(({ facts }) => facts.subject)).toEqual(["CN=signer"]);
  });
});
