import { createAuthority, createCsr, encryptKey, generateKey, makePkcs12, toDer } from "@handfast/pki";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ecKey, makeClient, makeRoot, moment } from "../world.ts";
import { outcomeOf, readers, slowOutcomeOf, slowReaders } from "./readers.ts";

const root = await makeRoot("root");
const { leaf, key } = await makeClient(root);
const request = await createCsr({ subject: "CN=a,O=Example", key, names: ["a.example.com"] });
const bound = await createAuthority({
  subject: "CN=bound",
  key,
  pathLength: 1,
  nameConstraints: { permitted: { dns: ["a.example.com"] } },
});
const crl = await root.createCrl({
  revoked: [{ serial: "0a", at: moment, reason: "superseded" }],
  number: 1,
});
const rsa = await generateKey({ type: "rsa", bits: 2048 });

/** Real files, as bytes. */
const files: Readonly<Record<string, Uint8Array>> = {
  "a certificate, DER": leaf.der,
  "a certificate, PEM": Buffer.from(leaf.pem),
  "a chain with a comment": Buffer.from(`# edge\r\n${leaf.pem}${root.certificate.pem}`),
  "a CRL, DER": crl.der,
  "a CRL, PEM": Buffer.from(crl.pem),
  "a request": Buffer.from(request),
  "a request, DER": toDer(request, "CERTIFICATE REQUEST"),
  "a CA with limits, DER": bound.certificate.der,
  "an EC key": Buffer.from(key.export()),
  "an RSA key": Buffer.from(rsa.export()),
  "an encrypted key": Buffer.from(
    await encryptKey(key, { passphrase: "x", stretching: { kind: "pbkdf2", rounds: 1_000 } }),
  ),
  "a PKCS#12 file": await makePkcs12({ chain: leaf.chain, key, passphrase: "x" }),
};

const names = fc.constantFrom(...Object.keys(readers));
const file = fc.constantFrom(...Object.values(files));

/** Bytes that look like DER: tags that are in use, lengths that are true or lie. */
const derLike: fc.Arbitrary<Uint8Array> = fc.letrec<{ node: Uint8Array }>((tie) => ({
  node: fc
    .tuple(
      fc.constantFrom(
        0x30,
        0x31,
        0x02,
        0x03,
        0x04,
        0x05,
        0x06,
        0x0c,
        0x13,
        0x17,
        0x18,
        0xa0,
        0xa3,
        0x80,
        0x1f,
      ),
      fc.oneof(
        { depthSize: "small" },
        fc.uint8Array({ maxLength: 24 }),
        fc.array(tie("node"), { maxLength: 5 }),
      ),
      fc.constantFrom("true", "true", "true", "long", "short", "indefinite", "huge"),
    )
    .map(([tag, content, length]) => {
      const body = content instanceof Uint8Array ? content : Buffer.concat(content);
      const size = body.length;
      const octets = {
        true: size < 128 ? [size] : [0x82, size >> 8, size & 255],
        long: [0x82, 0x7f, 0xff],
        short: [Math.max(0, size - 1) & 127],
        indefinite: [0x80],
        huge: [0x84, 0xff, 0xff, 0xff, 0xff],
      }[length] ?? [0];
      return Buffer.concat([Uint8Array.from([tag, ...octets]), body]);
    }),
})).node;

/** Text that looks like PEM, with bodies that are DER or not. */
const pemLike = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        "CERTIFICATE",
        "X509 CRL",
        "PRIVATE KEY",
        "EC PRIVATE KEY",
        "PKCS7",
        "ENCRYPTED PRIVATE KEY",
        "",
      ),
      fc.oneof(derLike, fc.uint8Array({ maxLength: 60 }), file),
      fc.constantFrom("\n", "\r\n", "\r", "\n\n", " "),
      fc.constantFrom("", "# a\n", "-----", "Proc-Type: 4,ENCRYPTED\n", "\uFEFF", "\0"),
    ),
    { maxLength: 4 },
  )
  .map((blocks) =>
    Buffer.from(
      blocks
        .map(([label, body, end, extra]) => {
          const base64 = Buffer.from(body).toString("base64");
          return `${extra}-----BEGIN ${label}-----${end}${base64}${end}-----END ${label}-----${end}`;
        })
        .join(""),
    ),
  );

describe("readers of what comes from outside", () => {
  it("give a value or a coded error, whatever the bytes", { timeout: 240_000 }, () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 300 }), derLike, pemLike);
    fc.assert(
      fc.property(names, bytes, (name, input) => {
        expect(outcomeOf(readers[name] as never, input)).toMatch(/^(value|[A-Z_]+)$/);
      }),
      { numRuns: 10_000 },
    );
  });

  it.each(Object.entries(files))("give a value or a coded error for %s with bits turned over", (_, whole) => {
    fc.assert(
      fc.property(
        names,
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(7)), { minLength: 1, maxLength: 3 }),
        (name, flips) => {
          const damaged = Uint8Array.from(whole);
          for (const [at, bit] of flips) damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
          expect(outcomeOf(readers[name] as never, damaged)).toMatch(/^(value|[A-Z_]+)$/);
        },
      ),
      { numRuns: 400 },
    );
  });

  it.each(Object.entries(files))("give a value or a coded error for %s cut off anywhere", (_, whole) => {
    for (const [name, read] of Object.entries(readers))
      for (let end = 0; end < whole.length; end += Math.max(1, Math.floor(whole.length / 60)))
        expect(outcomeOf(read, whole.subarray(0, end)), `${name} at ${end}`).toMatch(/^(value|[A-Z_]+)$/);
  });

  it("give a value or a coded error behind a promise too", { timeout: 240_000 }, async () => {
    const slowNames = fc.constantFrom(...Object.keys(slowReaders));
    const damaged = fc
      .tuple(file, fc.array(fc.tuple(fc.nat(), fc.nat(7)), { maxLength: 3 }))
      .map(([whole, flips]) => {
        const copy = Uint8Array.from(whole);
        for (const [at, bit] of flips) copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ (1 << bit);
        return copy;
      });
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 300 }), derLike, pemLike, {
      arbitrary: damaged,
      weight: 3,
    });
    await fc.assert(
      fc.asyncProperty(slowNames, bytes, async (name, input) => {
        expect(await slowOutcomeOf(slowReaders[name] as never, input)).toMatch(/^(value|[A-Z_]+)$/);
      }),
      { numRuns: 4_000 },
    );
  });

  it("never show any part of a key in an error", async () => {
    const secret = (await ecKey()).export();
    const body = secret.split("\n")[1] ?? "";
    for (const text of [
      secret.replace("-----END", "----END"),
      secret + secret,
      `${secret}!!`,
      secret.slice(0, 90),
    ])
      for (const read of Object.values(readers)) {
        const said = messageOf(() => read(Buffer.from(text)));
        for (let at = 0; at + 8 <= body.length; at += 8) expect(said).not.toContain(body.slice(at, at + 8));
      }
  });
});

function messageOf(act: () => unknown): string {
  try {
    return JSON.stringify(act()) ?? "";
  } catch (cause) {
    return cause instanceof Error ? `${cause.message}${JSON.stringify(cause)}` : "";
  }
}
