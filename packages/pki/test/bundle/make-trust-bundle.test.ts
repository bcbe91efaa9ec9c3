import { makeTrustBundle, readCertificates, toDer, toPem } from "@handfast/pki";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { makeClient, makeRoot } from "../world.ts";

let pems: string[];
let leaf: string;

beforeAll(async () => {
  const roots = await Promise.all(["A", "B", "C", "D"].map((name) => makeRoot(name)));
  pems = roots.map(({ certificate }) => certificate.pem);
  leaf = (await makeClient(await makeRoot("E"))).leaf.pem;
});

/** Ways in which the same certificate is written in the wild. */
const dress = fc.constantFrom<((pem: string) => string)[]>(
  (pem) => pem,
  (pem) => pem.replaceAll("\n", "\r\n"),
  (pem) => `# a comment\n\n${pem}\n\n`,
  (pem) => `subject=CN = A\nCertificate:\n    Data:\n        Version: 3 (0x2)\n${pem}`,
  (pem) => `\uFEFF${pem}`,
  (pem) => pem.trimEnd().concat("\n"),
  (pem) => toPem(toDer(pem)).replaceAll(/^(?!-)(.{32})(.+)$/gm, "$1\n$2"),
  (pem) => pem.replaceAll(/$/gm, " ").replaceAll(/ $/g, ""),
);

describe("makeTrustBundle", () => {
  it("gives one text and one digest for one set, whatever its order, duplicates and dress", () => {
    const dressed = fc.array(fc.tuple(fc.nat(3), dress), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(dressed, (parts) => {
        const text = parts.map(([index, change]) => change(pems[index] ?? "")).join("");
        const members = [...new Set(parts.map(([index]) => index))].reverse();
        const plain = makeTrustBundle(members.map((index) => toDer(pems[index] ?? "")));
        const bundle = makeTrustBundle(text.replaceAll("\uFEFF", "\n"));
        expect(bundle.pem).toBe(plain.pem);
        expect(bundle.digest).toBe(plain.digest);
        expect(bundle.certificates).toHaveLength(members.length);
      }),
    );
  });

  it("gives different sets different digests", () => {
    const digests = [[0], [1], [0, 1], [0, 1, 2], [1, 2]].map(
      (members) => makeTrustBundle(members.map((index) => pems[index] ?? "")).digest,
    );
    expect(new Set(digests).size).toBe(digests.length);
  });

  it("writes what ALB takes: no blank line, no comment, LF, one newline at the end; and reads it back the same", () => {
    const { pem, digest, trust } = makeTrustBundle(`# one\r\n\r\n${pems.join("\r\n# next\r\n")}\r\n\r\n`);
    expect(pem).toMatch(
      /^(-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=]{1,64}\n)+-----END CERTIFICATE-----\n){4}$/,
    );
    expect(makeTrustBundle(pem)).toMatchObject({ pem, digest });
    expect(trust).toEqual({ anchors: pem });
  });

  it("refuses what is no bundle and names certificate and line", () => {
    const [a = "", b = ""] = pems;
    const lines = a.trimEnd().split("\n").length;
    const key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    const cases: readonly [string, string | Uint8Array | string[], string, RegExp][] = [
      ["nothing", "", "CERTIFICATE_UNREADABLE", /holds no certificate/],
      ["no input", [], "CERTIFICATE_UNREADABLE", /no certificate/],
      ["a comment only", "# nothing here\n", "CERTIFICATE_UNREADABLE", /holds no certificate/],
      [
        "a leaf",
        a + leaf,
        "CERTIFICATE_UNSUITABLE",
        new RegExp(`certificate=2, line=${lines + 1}, subject=CN=client`),
      ],
      ["a leaf as DER", toDer(leaf), "CERTIFICATE_UNSUITABLE", /certificate=1,/],
      ["a leaf in a second input", [a, b, leaf], "CERTIFICATE_UNSUITABLE", /certificate=3, line=1/],
      ["a key", a + key, "CERTIFICATE_UNREADABLE", /certificate=2, .*private key/],
      ["not base64", a.replace(/\n.{4}/, "\n!!!!"), "CERTIFICATE_UNREADABLE", /line=2\]: .*base64/],
      [
        "not DER",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "CERTIFICATE_UNREADABLE",
        /certificate=1, line=1/,
      ],
      [
        "cut short",
        a + b.slice(0, 200),
        "CERTIFICATE_UNREADABLE",
        new RegExp(`line=${lines + 1}\\]: .*no END`),
      ],
      ["a damaged mark", a.replace("-----END", "----END"), "CERTIFICATE_UNREADABLE", /mark is damaged/],
      ["no newline between", a.trimEnd() + b, "CERTIFICATE_UNREADABLE", /mark is damaged/],
      ["escaped twice", a.replaceAll("\n", "\\n"), "CERTIFICATE_UNREADABLE", /escaped twice/],
      [
        "DER with more behind it",
        Buffer.concat([toDer(a), Buffer.of(0)]),
        "CERTIFICATE_UNREADABLE",
        /one X.509/,
      ],
    ];
    for (const [name, input, code, message] of cases)
      expect(() => makeTrustBundle(input), name).toThrow(
        expect.objectContaining({ code, message: expect.stringMatching(message) }),
      );
  });
});

describe("readCertificates", () => {
  it("reads its own PEM and DER back to the same certificate", () => {
    for (const pem of [...pems, leaf]) {
      const [read] = readCertificates(pem);
      expect(read?.pem).toBe(pem);
      expect(readCertificates(read?.der ?? "")).toEqual([{ ...read, line: undefined }]);
      expect(readCertificates(Buffer.from(pem))).toEqual([read]);
    }
  });
});
