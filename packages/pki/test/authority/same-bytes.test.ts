import { webcrypto } from "node:crypto";
import { child, children, readWholeDer } from "@handfast/core/certificates";
import {
  type Authority,
  createAuthority,
  createCsr,
  generateKey,
  type Leaf,
  type LocalKey,
  type Profile,
  profiles,
  toDer,
  toPem,
} from "@handfast/pki";
import { beforeAll, describe, expect, it } from "vitest";
import { clockAt, day, moment } from "../world.ts";
import { importSigner, makeForeignLeaf, x509 } from "./peculiar.ts";

const p256 = { name: "ECDSA", namedCurve: "P-256" };
const rsa = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
/** Serials with and without the first bit, in turn. */
let turn = 0;
const random = (): Uint8Array => {
  turn = 1 - turn;
  return Buffer.from(`${turn === 1 ? "f0" : "70"}e1d2c3b4a5968778695a4b3c2d1e0f`, "hex");
};
const hex = (bytes: ArrayBuffer | Uint8Array): string => Buffer.from(bytes as Uint8Array).toString("hex");
/** What is signed of a certificate. */
const signed = (der: Uint8Array): string => hex(child(children(readWholeDer(der)), 0).whole);

let rootKey: LocalKey;
let leafKey: LocalKey;

beforeAll(async () => {
  rootKey = await generateKey({ type: "ec", curve: "P-256" });
  leafKey = await generateKey({ type: "ec", curve: "P-256" });
});

const makeRoot = (key: LocalKey, at = moment): Promise<Authority> =>
  createAuthority({ subject: "CN=Edge Root,O=Exämple,C=DE", key, clock: clockAt(at), random, days: 9000 });
const issuer = [
  ["C", "DE"],
  ["O", "Exämple"],
  ["CN", "Edge Root"],
] as const;

/** Extensions that a leaf of the edge-client and device profiles has, in the order in which they are written. */
async function extensionsOf(
  publicKey: Uint8Array,
  ca: Uint8Array,
  middle: readonly x509.Extension[] = [],
): Promise<x509.Extension[]> {
  const spki = publicKey as Uint8Array<ArrayBuffer>;
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension(["1.3.6.1.5.5.7.3.2"]),
    await x509.AuthorityKeyIdentifierExtension.create(new x509.PublicKey(ca as Uint8Array<ArrayBuffer>)),
    ...middle,
    await x509.SubjectKeyIdentifierExtension.create(new x509.PublicKey(spki)),
  ];
}

const rich: Profile = {
  ...profiles.device,
  names: ["dns", "ip", "email", "uri"],
  urls: {
    ocsp: ["http://ocsp.example.com/"],
    issuer: ["http://ca.example.com/ca.cer"],
    crl: ["http://crl.example.com/a.crl", "http://crl.example.com/b.crl"],
  },
};

describe("what is signed is what @peculiar/x509 would sign, byte by byte", () => {
  const foreign = (
    leaf: Leaf,
    subject: readonly (readonly [string, string])[],
    extensions: readonly x509.Extension[],
  ) =>
    importSigner(rootKey.export(), p256).then((signer) =>
      makeForeignLeaf(
        {
          serial: leaf.facts.serial,
          issuer,
          subject,
          notBefore: leaf.facts.notBefore,
          notAfter: leaf.facts.notAfter,
          publicKey: leafKey.publicKey,
          extensions,
        },
        signer,
      ),
    );

  it.each([
    ["in this decade", moment],
    ["over the end of 2049", Date.UTC(2049, 11, 31, 23, 59, 59) - 30 * day],
    ["after it", Date.UTC(2050, 0, 1)],
  ])("for a plain leaf, %s", async (_, at) => {
    const root = await makeRoot(rootKey, at);
    const leaf = await root.issueFor(
      { publicKey: leafKey.publicKey, subject: "CN=device-1,O=Example" },
      { profile: "device", days: 30 },
    );
    const theirs = await foreign(
      leaf,
      [
        ["O", "Example"],
        ["CN", "device-1"],
      ],
      await extensionsOf(leafKey.publicKey, rootKey.publicKey),
    );
    expect(signed(leaf.der)).toBe(signed(theirs));
  });

  it("for a leaf with every extension", async () => {
    const root = await makeRoot(rootKey);
    const leaf = await root.issueFor(
      {
        publicKey: leafKey.publicKey,
        subject: "CN=device-1",
        names: ["a.example.com", "192.0.2.7", "2001:db8::7", "ann@example.com", "spiffe://example.com/a"],
      },
      { profile: rich },
    );
    const url = (value: string): x509.GeneralName => new x509.GeneralName("url", value);
    const extensions = await extensionsOf(leafKey.publicKey, rootKey.publicKey, [
      new x509.AuthorityInfoAccessExtension({
        ocsp: [url("http://ocsp.example.com/")],
        caIssuers: [url("http://ca.example.com/ca.cer")],
      }),
      new x509.CRLDistributionPointsExtension([
        "http://crl.example.com/a.crl",
        "http://crl.example.com/b.crl",
      ]),
    ]);
    const names = new x509.SubjectAlternativeNameExtension([
      { type: "dns", value: "a.example.com" },
      { type: "ip", value: "192.0.2.7" },
      { type: "ip", value: "2001:db8::7" },
      { type: "email", value: "ann@example.com" },
      { type: "url", value: "spiffe://example.com/a" },
    ]);
    const theirs = await foreign(leaf, [["CN", "device-1"]], [...extensions, names]);
    expect(signed(leaf.der)).toBe(signed(theirs));
  });

  it("for a root of an RSA key, signature and all", async () => {
    const key = await generateKey({ type: "rsa", bits: 2048 });
    const { certificate } = await createAuthority({
      subject: "CN=Edge Root,O=Exämple,C=DE",
      key,
      clock: clockAt(moment),
      random,
      pathLength: 2,
    });
    const own = new x509.PublicKey(key.publicKey as Uint8Array<ArrayBuffer>);
    const theirs = await makeForeignLeaf(
      {
        serial: certificate.facts.serial,
        issuer,
        subject: issuer,
        notBefore: certificate.facts.notBefore,
        notAfter: certificate.facts.notAfter,
        publicKey: key.publicKey,
        extensions: [
          new x509.BasicConstraintsExtension(true, 2, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
          await x509.SubjectKeyIdentifierExtension.create(own),
          await x509.AuthorityKeyIdentifierExtension.create(own),
        ],
      },
      await importSigner(key.export(), rsa),
    );
    expect(hex(certificate.der)).toBe(hex(theirs));
  });
});

describe("requests", () => {
  it("of ours are read and verified by @peculiar/x509, and those of its own by us", async () => {
    const names = ["a.example.com", "10.0.0.1", "ann@example.com", "urn:device:1"];
    const ours = new x509.Pkcs10CertificateRequest(
      await createCsr({ subject: "CN=a,O=b", key: leafKey, names }),
    );
    expect(await ours.verify()).toBe(true);
    expect(ours.subject).toBe("O=b, CN=a");
    const [asked] = ours.getExtensions("2.5.29.17") as x509.SubjectAlternativeNameExtension[];
    expect(asked?.names.items.map(({ value }) => value)).toEqual(names);

    const keys = await webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-384" }, true, [
      "sign",
      "verify",
    ]);
    const theirs = await x509.Pkcs10CertificateRequestGenerator.create({
      name: "CN=theirs",
      keys,
      signingAlgorithm: { name: "ECDSA", hash: "SHA-384" },
      extensions: [new x509.SubjectAlternativeNameExtension([{ type: "dns", value: "t.example.com" }])],
    });
    const root = await makeRoot(rootKey);
    const pem = toPem(new Uint8Array(theirs.rawData), "CERTIFICATE REQUEST");
    for (const form of [pem, toDer(pem, "CERTIFICATE REQUEST")]) {
      const leaf = await root.issue(form);
      expect(leaf.facts).toMatchObject({ subject: "CN=theirs", key: "ec-secp384r1" });
      expect(new x509.X509Certificate(leaf.pem).toString("text")).toContain("t.example.com");
    }
  });
});
