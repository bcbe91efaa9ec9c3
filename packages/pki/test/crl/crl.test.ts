import { hash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { HandfastError } from "@handfast/core";
import {
  type Authority,
  createAuthority,
  crlChunks,
  generateKey,
  type KeyAlgorithm,
  normaliseSerial,
  type RevokedCertificate,
  readCrl,
  readCrls,
  verifyCrl,
} from "@handfast/pki";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { workFolder } from "../openssl.ts";
import { clockAt, day, makeRoot, moment } from "../world.ts";

let root: Authority;
beforeAll(async () => {
  root = await makeRoot("crl");
});

const unsuitable = expect.objectContaining({ code: "CERTIFICATE_UNSUITABLE" });

describe("createCrl", () => {
  it("takes every spelling of a serial, once, and says until when it holds", async () => {
    const spellings = ["03A5B1", "00:03:a5:b1", "3a5b1", "0x03a5b1", "b143", "00:b1:43"];
    const crl = await root.createCrl({
      revoked: spellings.map((serial) => ({ serial, at: moment })),
      number: 7n,
      previous: "none",
      days: 10,
    });
    expect(crl.facts).toMatchObject({ thisUpdate: moment, nextUpdate: moment + 10 * day });
    expect([...crl.facts.revoked]).toEqual(["03a5b1", "b143"]);
    expect(crl.parts).toMatchObject({ version: 2, number: 7n, signature: "ecdsa-with-SHA256" });
  });

  it("leaves the list out when nothing is revoked, and reads PEM and DER back to the same", async () => {
    const crl = await root.createCrl({ revoked: [], number: 1 });
    expect(crl.facts.revoked.size).toBe(0);
    expect(readCrl(crl.pem)).toEqual(crl);
    expect(readCrl(crl.der)).toEqual(crl);
    expect(readCrl(crl.pem.replaceAll("\n", "\r\n")).sha256).toBe(crl.sha256);
  });

  it("writes dates before and after 2050, reasons and dates of invalidity", async () => {
    const revoked: RevokedCertificate[] = [
      { serial: "01", at: moment + 999 },
      { serial: "02", at: Date.UTC(2049, 11, 31, 23, 59, 59), reason: "keyCompromise" },
      { serial: "03", at: Date.UTC(2050, 0, 1), reason: "certificateHold", invalidSince: moment - day },
      { serial: "ff".repeat(20), at: 0, invalidSince: Date.UTC(2051, 0, 1) },
      { serial: "ab".repeat(64), at: moment, reason: "aACompromise", invalidSince: moment },
    ];
    const { parts } = await root.createCrl({ revoked, number: 1 });
    expect([...parts.entries]).toEqual([
      { serial: "01", at: moment, reason: "unspecified" },
      { serial: "02", at: Date.UTC(2049, 11, 31, 23, 59, 59), reason: "keyCompromise" },
      { serial: "03", at: Date.UTC(2050, 0, 1), reason: "certificateHold", invalidSince: moment - day },
      { serial: "ff".repeat(20), at: 0, reason: "unspecified", invalidSince: Date.UTC(2051, 0, 1) },
      { serial: "ab".repeat(64), at: moment, reason: "aACompromise", invalidSince: moment },
    ]);
  });

  it("takes a stream of octets, and grows as it comes", async () => {
    const count = 20_000;
    async function* stream(): AsyncGenerator<RevokedCertificate> {
      for (let index = 1; index <= count; index += 1) {
        const serial = new Uint8Array(16);
        new DataView(serial.buffer).setUint32(index % 2 === 0 ? 0 : 12, index);
        yield { serial, at: moment, reason: "superseded" };
      }
    }
    const crl = await root.createCrl({ revoked: stream(), number: 2, previous: "none" });
    expect(crl.facts.revoked.size).toBe(count);
    expect(crl.parts.entries.get("4e1f")).toEqual({ serial: "4e1f", at: moment, reason: "superseded" });
    expect(crl.parts.entries.get(`4e21${"00".repeat(12)}`)).toBeUndefined();
    for (const spelling of ["00004e20", "4e20", "4E20"])
      expect(crl.parts.entries.get(`${spelling}${"00".repeat(12)}`)?.serial).toBe(`4e20${"00".repeat(12)}`);
    expect(verifyCrl(crl, root.certificate.pem)).toEqual({ verdict: "good" });
  });

  it.each<[string, Parameters<Authority["createCrl"]>[0], RegExp]>([
    ["a serial that is not hexadecimal", { revoked: [{ serial: "xyz", at: 0 }], number: 1 }, /entry=1.*hex/],
    ["a serial without octets", { revoked: [{ serial: new Uint8Array(), at: 0 }], number: 1 }, /0 octets/],
    [
      "a serial of 65 octets",
      { revoked: [{ serial: new Uint8Array(65).fill(1), at: 0 }], number: 1 },
      /65 octets/,
    ],
    ["a moment that is none", { revoked: [{ serial: "01", at: Number.NaN }], number: 1 }, /at is no time/],
    [
      "a date of invalidity that is none",
      { revoked: [{ serial: "01", at: 0, invalidSince: 1e18 }], number: 1 },
      /invalidSince is no time/,
    ],
    [
      "removeFromCRL, which a complete list has not",
      {
        revoked: [
          { serial: "01", at: 0 },
          { serial: "02", at: 0, reason: "removeFromCRL" as never },
        ],
        number: 1,
      },
      /entry=2.*delta/,
    ],
    [
      "a reason that is none",
      { revoked: [{ serial: "01", at: 0, reason: "toString" as never }], number: 1 },
      /"toString" is none/,
    ],
    ["no number", { revoked: [] }, /needs a number/],
    ["a negative number", { revoked: [], number: -1 }, /-1 is no CRL number/],
    ["a number that is not whole", { revoked: [], number: 1.5 }, /1.5 is no CRL number/],
    ["a number of 21 octets", { revoked: [], number: 1n << 160n }, /20 octets/],
    ["no days", { revoked: [], number: 1, days: 0 }, /0 days/],
    [
      "something to forget without a list before",
      { revoked: [], number: 1, forget: [{ serial: "1", because: "x" }] },
      /nothing to forget/,
    ],
    [
      "a point without URL and kind",
      { revoked: [], number: 1, issuingDistributionPoint: {} },
      /neither a URL nor a kind/,
    ],
    [
      "a point whose URL is relative",
      { revoked: [], number: 1, issuingDistributionPoint: { urls: ["ca.crl"] } },
      /no absolute URL/,
    ],
  ])("refuses %s", async (_name, options, message) => {
    const refusal = root.createCrl(options);
    await expect(refusal).rejects.toThrow(unsuitable);
    await expect(refusal).rejects.toThrow(message);
  });

  const algorithms: [string, KeyAlgorithm][] = [
    ["RSA", { type: "rsa", bits: 2048 }],
    ["P-384", { type: "ec", curve: "P-384" }],
    ["P-521", { type: "ec", curve: "P-521" }],
    ["Ed25519", { type: "ed25519" }],
    ["ML-DSA-65", { type: "ml-dsa-65" }],
  ];
  it.each(algorithms)("signs with %s, also by a key that only promises", async (_name, algorithm) => {
    const local = await generateKey(algorithm as never);
    const { signSync: _left, ...key } = local;
    const clock = clockAt(moment);
    const [at, later] = [
      await createAuthority({ subject: "CN=at once", key: local, clock }),
      await createAuthority({ subject: "CN=later", key, clock }),
    ];
    const options = { revoked: [{ serial: "0a", at: moment }], number: 1 };
    expect(verifyCrl(await at.createCrl(options), at.certificate.pem)).toEqual({ verdict: "good" });
    expect(verifyCrl((await later.createCrl(options)).pem, later.certificate.pem).verdict).toBe("good");
    expect(verifyCrl(await later.createCrl(options), at.certificate.pem)).toMatchObject({
      verdict: "bad",
      reason: "issuer-differs",
    });
  });
});

describe("readCrl", () => {
  it("refuses what is not exactly one CRL", async () => {
    const { pem, der } = await root.createCrl({ revoked: [], number: 1 });
    for (const input of [
      "",
      pem + pem,
      root.certificate.pem,
      root.certificate.der,
      der.slice(0, -1),
      Buffer.from(pem.slice(0, 99)),
    ])
      expect(() => readCrl(input)).toThrow(expect.objectContaining({ code: "CERTIFICATE_UNREADABLE" }));
  });

  it("reads PEM however its lines are cut, and refuses one whose base64 is damaged", async () => {
    for (const length of [1, 2, 3, 20]) {
      const serials = Array.from({ length }, (_, index) => ({
        serial: `7${index % 10}`.repeat(index + 1),
        at: 0,
      }));
      const { pem, der } = await root.createCrl({ revoked: serials, number: 1 });
      const body = pem.split("\n").slice(1, -2).join("");
      const wrap = (...lines: readonly string[]): string =>
        ["-----BEGIN X509 CRL-----", ...lines, "-----END X509 CRL-----"].join("\n");
      for (const text of [
        wrap(body),
        wrap(...(body.match(/.{1,76}/g) ?? [])),
        wrap(...(body.match(/.{1,63}/g) ?? [])),
        wrap(`  ${body}  `),
        `# a comment\n${wrap(body)}\n\n`,
        `${wrap(body)}\r\n# the end, with so many words that it is longer than a line`,
      ])
        for (const input of [text, Buffer.from(text)])
          expect(Buffer.compare(readCrl(input).der, der), text).toBe(0);
      for (const text of [
        wrap(body.replace(/^.{8}/, "$&*")),
        wrap(body.replace(/^.{8}./, "$&_")),
        wrap(body.replace(/^(.{8})./, "$1_")),
        wrap(body.replace(/^.{8}/, "$&=")),
        wrap(body.slice(0, -1)),
        wrap(body.slice(0, -4)),
        wrap(body, "===="),
        wrap(""),
        wrap(body).slice(0, -1),
        wrap(body) + wrap(body),
      ])
        expect(() => readCrl(text), text).toThrow(
          expect.objectContaining({ code: "CERTIFICATE_UNREADABLE" }),
        );
    }
  });

  describe("of several hundred KB", () => {
    const begin = "-----BEGIN X509 CRL-----\n";
    const lineOctets = 65;
    /** The first octet of the second piece that is decoded. */
    const border = begin.length + Math.ceil(65_536 / lineOctets) * lineOctets;
    let text: string;
    let whole: Uint8Array;
    beforeAll(async () => {
      const revoked = Array.from({ length: 10_000 }, (_, index) => ({
        serial: (0x7f00_0000 + index * 7).toString(16).repeat(4),
        at: moment,
      }));
      const crl = await root.createCrl({ revoked, number: 1 });
      [text, whole] = [crl.pem, crl.der];
      expect(text.length).toBeGreaterThan(400_000);
    });

    const put = (at: number, instead: string, octets: number): string =>
      text.slice(0, at) + instead + text.slice(at + octets);
    const digest = (der: Uint8Array): string => hash("sha256", der);
    /** The digest of the DER that is read, or the code of the refusal. */
    const outcome = (input: string | Uint8Array): string => {
      try {
        return digest(readCrl(input).der);
      } catch (error) {
        return error instanceof HandfastError ? error.code : String(error);
      }
    };
    /** The same line by line: whatever stands in front of the block keeps it from being decoded in one go. */
    const outcomeByLine = (input: string): string => outcome(`# by line\n${input}`);

    it.each<[string, number]>([
      ["in the middle of a piece", begin.length + 500 * lineOctets + 30],
      ["at the last character of a piece", border - 2],
      ["at the first character of the next", border],
      ["in the middle of the third", border + 1_700 * lineOctets + 3],
    ])("refuses damage %s", (_, at) => {
      expect(text.slice(at, at + 1)).toMatch(/[A-Za-z0-9+/]/);
      for (const [octets, instead] of [
        ...[0, 1].flatMap((octets) => ["_", "=", "*", "\u00e4", "=="].map((sign) => [octets, sign] as const)),
        ...["", "-", "\r\n", "\n"].map((sign) => [1, sign] as const),
      ] as const)
        expect([octets, instead, outcome(put(at, instead, octets))]).toEqual([
          octets,
          instead,
          "CERTIFICATE_UNREADABLE",
        ]);
    });

    it("reads lines that were cut anew, and a character that went from one piece to another", () => {
      const at = begin.length + 500 * lineOctets + 30;
      const due = digest(whole);
      expect(outcome(put(at, "\n", 0))).toBe(due);
      expect(outcome(put(border - 1, "", 1))).toBe(due);
      expect(outcome(text.replaceAll("\n", "\r\n"))).toBe(due);
      const moved = `${text.slice(0, border - 2)}\n${text.slice(border - 2, border - 1)}${text.slice(border)}`;
      expect(outcome(moved)).toBe(due);
    });

    it("is read as line by line wherever something is changed", () => {
      const place = fc.oneof(
        fc.nat(text.length - 1),
        fc.integer({ min: border - 4, max: border + 4 }),
        fc.integer({ min: text.length - 40, max: text.length - 1 }),
      );
      const instead = fc.constantFrom("", "A", "/", "_", "-", "=", "\n", " ", "\r\n", "\u00e4", "A=", "AAAA");
      fc.assert(
        fc.property(place, fc.nat(4), instead, (at, octets, sign) => {
          const changed = put(at, sign, octets);
          expect(outcome(changed)).toBe(outcomeByLine(changed));
        }),
        { numRuns: 60 },
      );
    });
  });

  it("reads several where several are asked for, in their order, and loses none", async () => {
    const all = await Promise.all(
      [1, 2, 3].map((number) => root.createCrl({ revoked: [], number, previous: "none" })),
    );
    const text = all.map(({ pem }) => pem).join("");
    for (const input of [text, Buffer.from(text), `# words\n${root.certificate.pem}${text}`])
      expect(readCrls(input).map(({ sha256 }) => sha256)).toEqual(all.map(({ sha256 }) => sha256));
    for (const input of [all[0]?.pem ?? "", all[0]?.der ?? ""])
      expect(readCrls(input).map(({ parts }) => parts.number)).toEqual([1n]);
    for (const input of [
      "",
      root.certificate.pem,
      root.certificate.der,
      `${text}-----BEGIN X509 CRL-----\n`,
      `${text}-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n`,
      `${text}-----BEGIN X509 CRL-----\nA: b\n-----END X509 CRL-----\n`,
      `${text}-----BEGIN X509 CLR-----\nAAAA`,
      text.replace("-----END", "----END"),
    ])
      expect(() => readCrls(input), String(input)).toThrow(
        expect.objectContaining({ code: "CERTIFICATE_UNREADABLE" }),
      );
  });

  it("does not change when the bytes do that it was read from", async () => {
    const der = Uint8Array.from(
      (await root.createCrl({ revoked: [{ serial: "0a", at: 0 }], number: 1 })).der,
    );
    const crl = readCrl(der);
    der.fill(0);
    expect([...crl.facts.revoked]).toEqual(["0a"]);
  });
});

describe("crlChunks", () => {
  const { path, read } = workFolder();

  it.each([0, 1, 2, 1_000, 3_000])("puts out what pem and der are, of %i entries", async (count) => {
    const revoked = Array.from({ length: count }, (_, index) => ({ serial: `0${index}1`, at: moment }));
    const crl = await root.createCrl({ revoked, number: 1 });
    const body = Buffer.from(crl.der)
      .toString("base64")
      .replaceAll(/.{64}(?=.)/g, "$&\n");
    expect(crl.pem).toBe(`-----BEGIN X509 CRL-----\n${body}\n-----END X509 CRL-----\n`);
    await pipeline(crlChunks(crl), createWriteStream(path("list.pem")));
    expect(read("list.pem")).toBe(crl.pem);
    const der: Uint8Array[] = [];
    for await (const chunk of crlChunks(crl, { form: "der" })) der.push(chunk);
    expect(Buffer.compare(Buffer.concat(der), crl.der)).toBe(0);
  });
});

describe("normaliseSerial", () => {
  it.each([
    ["00", "00"],
    ["0", "00"],
    ["00:00:01", "01"],
    [" 0A ", "0a"],
    ["100", "0100"],
  ])("gives %j the form %j", (from, to) => {
    expect(normaliseSerial(from)).toBe(to);
    expect(normaliseSerial(to)).toBe(to);
  });
});
