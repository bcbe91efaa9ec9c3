import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { expect, it, test } from "vitest";
import { labelDer } from "../../src/certificate/label-der.ts";
import { readBlocks } from "../../src/certificate/read-blocks.ts";
import { writeBlock } from "../../src/certificate/write-block.ts";
import { certificates, crls } from "../fixtures/certificates.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const locked = { cipher: "aes-256-cbc", passphrase: "x" };

it.each([
  certificates.a1,
  Object.values(crls)[0] ?? "",
  ...[rsa, ec].flatMap(({ privateKey, publicKey }) => [
    privateKey.export({ type: "pkcs8", format: "pem" }),
    privateKey.export({ type: "pkcs8", format: "pem", ...locked }),
    publicKey.export({ type: "spki", format: "pem" }),
  ]),
  rsa.privateKey.export({ type: "pkcs1", format: "pem" }),
  ec.privateKey.export({ type: "sec1", format: "pem" }),
  generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }),
])(
  "labelDer gives a block without marks the label that it had, and writeBlock writes it again: %#",
  (text) => {
    const pem = text.toString();
    const blocks = readBlocks(pem);
    const block = "reason" in blocks ? undefined : blocks[0];
    const der = block?.der ?? new Uint8Array(0);
    expect(labelDer(der)).toBe(block?.label);
    expect(writeBlock(der, block?.label ?? "")).toBe(pem);
  },
);

test("labelDer knows what openssl makes of requests, PKCS#7 and PKCS#12", (context) => {
  const run = (input: string, ...args: readonly string[]) => spawnSync("openssl", args, { input }).stdout;
  if (spawnSync("openssl", ["version"]).status !== 0) return context.skip("there is no openssl here");
  const csr = run(
    "",
    "req",
    "-newkey",
    "ed25519",
    "-nodes",
    "-keyout",
    "/dev/null",
    "-subj",
    "/CN=a",
    "-outform",
    "DER",
  );
  expect(labelDer(csr)).toBe("CERTIFICATE REQUEST");
  const p7 = run(Object.values(crls)[0] ?? "", "crl2pkcs7", "-outform", "DER");
  expect(labelDer(p7)).toBe("PKCS7");
  const p12 = run(certificates.a1, "pkcs12", "-export", "-nokeys", "-passout", "pass:x");
  expect(labelDer(p12)).toBe("PKCS12");
});

test("labelDer calls nothing by a name that is no DER, and never throws", () => {
  for (const text of ["", "hello", "-----BEGIN X-----", "0", "0\u0000"])
    expect(labelDer(Buffer.from(text))).toBeUndefined();
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      labelDer(bytes);
      labelDer(Uint8Array.of(0x30, bytes.length & 0x7f, ...bytes.subarray(0, bytes.length & 0x7f)));
    }),
  );
});

test("readBlocks takes time by the length of a hostile line, not by its square", () => {
  const before = process.cpuUsage();
  for (const line of [
    "BEGIN".repeat(200_000),
    `${"END ".repeat(200_000)}x-----`,
    `-----${" ".repeat(1_000_000)}`,
  ])
    readBlocks(line);
  const { user, system } = process.cpuUsage(before);
  expect(user + system).toBeLessThan(2_000_000);
});

test.each([
  ["lower case", "-----begin CERTIFICATE-----"],
  ["a dash less before", "----BEGIN CERTIFICATE-----"],
  ["a dash less behind", "-----BEGIN CERTIFICATE----"],
  ["text before", "x BEGIN CERTIFICATE-----"],
  ["text behind", "-----END CERTIFICATE----- x"],
  ["dashes alone", "  -----"],
])("readBlocks takes a mark with %s for damaged", (_, line) => {
  expect(readBlocks(`hello\n${line}\n`)).toMatchObject({
    line: 2,
    reason: expect.stringContaining("damaged"),
  });
});

test("readBlocks takes dashes in a text for no mark", () => {
  for (const line of ["a ----- b", "the end: -----", "BEGIN, as they say, -----"])
    expect(readBlocks(`${line}\n`)).toEqual([]);
});
