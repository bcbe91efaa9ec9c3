import { execFileSync } from "node:child_process";
import canonicalize from "canonicalize";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { subjectDer } from "../../src/certificate/read-certificate.ts";
import {
  canonicalText,
  digestOf,
  isHandfastError,
  normaliseSerial,
  readCertificate,
  readCrl,
  readPem,
  toPem,
} from "../../src/index.ts";
import { certificates, crls } from "../fixtures/certificates.ts";

const der = (pem: string): Uint8Array => readPem(pem, "CERTIFICATE", "test")[0] as Uint8Array;
const crl = (name: keyof typeof crls) => readCrl(readPem(crls[name], "X509 CRL", "test")[0] as Uint8Array);

function refusalOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (isHandfastError(error)) return error.code;
    throw error;
  }
  return "none";
}

describe("readCertificate", () => {
  it("tells what openssl tells", () => {
    const facts = readCertificate(der(certificates.a1));
    let text: string;
    try {
      text = execFileSync(
        "openssl",
        ["x509", "-noout", "-serial", "-fingerprint", "-sha256", "-subject", "-nameopt", "RFC2253"],
        {
          input: certificates.a1,
          encoding: "utf8",
        },
      );
    } catch {
      process.stderr.write("skipped: openssl is not on this machine\n");
      return;
    }
    expect(text).toContain(`serial=${facts.serial.toUpperCase()}`);
    expect(text.replaceAll(":", "").toLowerCase()).toContain(facts.sha256);
    expect(text).toContain(`subject=${facts.subject}`);
  });

  it.each([
    ["a root", "a", { ca: true, key: "ec-prime256v1" }],
    ["a leaf for clients", "a1", { ca: false, extendedKeyUsage: ["1.3.6.1.5.5.7.3.2"] }],
    ["a leaf that names an OCSP responder", "o1", { namesOcspResponder: true }],
    ["a leaf that names none", "a1", { namesOcspResponder: false }],
    ["an expired leaf", "aexp", { notAfter: Date.UTC(2021, 0, 1) }],
  ] as const)("reads %s", (_name, name, expected) => {
    expect(readCertificate(der(certificates[name]))).toMatchObject(expected);
  });

  it("refuses a time that is none with a code too", () => {
    expect(refusalOf(() => readCrl(Uint8Array.from([24, 0])))).toBe("CERTIFICATE_UNREADABLE");
  });

  it("refuses rubbish with a code, whatever it is", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(refusalOf(() => readCertificate(bytes))).toBe("CERTIFICATE_UNREADABLE");
        expect(refusalOf(() => readCrl(bytes))).toBe("CERTIFICATE_UNREADABLE");
      }),
    );
  });
});

describe("readCrl", () => {
  it.each([
    ["a-none", 0],
    ["a-a2", 1],
    ["a-a1a2", 2],
  ] as const)("reads %s with %i entries", (name, count) => {
    const facts = crl(name);
    expect(facts.revoked.size).toBe(count);
    expect(facts.issuer).toBe(subjectDer(readCertificate(der(certificates.a))));
    expect(facts.nextUpdate ?? 0).toBeGreaterThan(facts.thisUpdate);
  });

  it("names the revoked by the serials that their certificates have", () => {
    expect(crl("a-a2").revoked.has(readCertificate(der(certificates.a2)).serial)).toBe(true);
    expect(crl("a-a2").revoked.has(readCertificate(der(certificates.a1)).serial)).toBe(false);
  });
});

describe("readPem", () => {
  it("takes comments, CRLF and any line length, and gives back the same DER", () => {
    const messy = `# the edge's root\r\n${certificates.a.replaceAll("\n", "\r\n")}\n\ntext\n${certificates.b}`;
    expect(readPem(messy, "CERTIFICATE", "test").map((one) => toPem(one, "CERTIFICATE"))).toEqual([
      certificates.a,
      certificates.b,
    ]);
  });

  it.each([
    ["nothing", ""],
    ["a CRL where a certificate is due", crls["a-none"]],
    ["a block that is no base64", "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----"],
  ])("refuses %s", (_name, text) => {
    expect(refusalOf(() => readPem(text, "CERTIFICATE", "trust.edge.anchors"))).toBe(
      "CERTIFICATE_UNREADABLE",
    );
  });
});

describe("normaliseSerial", () => {
  it.each([
    ["03A5B1", "03a5b1"],
    ["00:b1:43", "b143"],
    ["0", "00"],
    ["00", "00"],
    ["abc", "0abc"],
    ["000", "00"],
    ["00012", "12"],
    ["0x0A", "0a"],
    [" 0a 1B\n", "0a1b"],
    ["0:0:7", "07"],
    ["b:1:43", "0b0143"],
  ])("writes %s as %s", (given, due) => {
    expect(normaliseSerial(given)).toBe(due);
  });

  it.each(["", ":", "0x", "12g", "-5", "CN=x"])("refuses %j, which is not hex", (given) => {
    expect(() => normaliseSerial(given)).toThrow(TypeError);
  });
});

describe("canonicalText", () => {
  it("writes what the library for RFC 8785 writes, whatever the value", () => {
    const text = fc.string({ unit: "grapheme" });
    const key = fc.oneof(
      text,
      fc.constantFrom("10", "9", "-1", "__proto__", "toJSON", "€", "\u{1f600}", "\ufb33"),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof({ depthSize: "small" }, fc.jsonValue(), tie("list"), tie("object")),
      list: fc.array(tie("value"), { maxLength: 4 }),
      object: fc
        .array(fc.tuple(key, tie("value")), { maxLength: 5 })
        .map((fields) =>
          JSON.parse(`{${fields.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`)}}`),
        ),
    }));
    fc.assert(
      fc.property(value, (one) => {
        expect(canonicalText(one)).toBe(canonicalize(one));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["NaN", { a: Number.NaN }],
    ["infinity", [Number.POSITIVE_INFINITY]],
    ["half a surrogate pair", { a: "\ud83d" }],
  ])("refuses %s", (_, value) => {
    expect(() => canonicalText(value)).toThrow();
  });

  it.each([
    ["what is undefined left out", { b: undefined, a: [undefined] }, '{"a":[null]}'],
    ["a date as JSON has it", { at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}'],
    ["a text that looks like an escape", { a: "\\ud83d" }, '{"a":"\\\\ud83d"}'],
  ])("writes %s", (_, value, due) => {
    expect(canonicalText(value)).toBe(due);
  });
});

describe("digestOf", () => {
  it("does not depend on the order of keys", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).toReversed());
        expect(digestOf(turned)).toBe(digestOf(value));
      }),
    );
  });
});
