import {
  type Authority,
  createAuthority,
  type LocalKey,
  type NameConstraints,
  openAuthority,
} from "@handfast/pki";
import { beforeAll, describe, expect, it } from "vitest";
import { hasOpenssl, openssl, workFolder } from "../openssl.ts";
import { clockAt, day, ecKey, makeRoot, moment, skew } from "../world.ts";

const folder = workFolder();
let root: Authority;
let key: LocalKey;

beforeAll(async () => {
  root = await makeRoot("root");
  key = await ecKey();
});

const partner = (options: Partial<Parameters<typeof createAuthority>[0]> = {}): Promise<Authority> =>
  createAuthority({ subject: "CN=Partner Root", key, clock: clockAt(moment), ...options });

const unsuitable = (message: RegExp) =>
  expect.objectContaining({ code: "CERTIFICATE_UNSUITABLE", message: expect.stringMatching(message) });

describe("crossSign of a certificate", () => {
  it("refuses a root that was changed on the way", async () => {
    const { der } = (await partner()).certificate;
    const [issuer, subject] = [Buffer.from(der).indexOf("Partner"), Buffer.from(der).lastIndexOf("Partner")];
    for (const places of [[subject], [issuer], [issuer, subject]]) {
      const changed = Buffer.from(der);
      for (const at of places) changed.write("0artner", at);
      await expect(root.crossSign(changed)).rejects.toEqual(
        unsuitable(/that key did not make the signature/),
      );
    }
  });

  it("refuses one that is over", async () => {
    const old = await partner({ notBefore: moment - 20 * day, days: 10 });
    await expect(root.crossSign(old.certificate.pem)).rejects.toEqual(
      unsuitable(/was valid until 2026-11-10/),
    );
  });

  it("never lengthens its path", async () => {
    const { certificate } = await partner({ pathLength: 1 });
    expect((await root.crossSign(certificate.pem, { pathLength: 9 })).facts.pathLength).toBe(1);
    expect((await root.crossSign(certificate.pem, { pathLength: 0 })).facts.pathLength).toBe(0);
  });

  it.each<[string, NameConstraints, NameConstraints, string[]]>([
    [
      "narrower names",
      {
        permitted: { dns: ["example.com"], email: ["example.com"] },
        excluded: { dns: ["secret.example.com"] },
      },
      { permitted: { dns: ["shop.example.com", "example.org"] }, excluded: { dns: ["x.example.com"] } },
      [
        "Permitted:",
        "DNS:shop.example.com",
        "email:example.com",
        "Excluded:",
        "DNS:secret.example.com",
        "DNS:x.example.com",
      ],
    ],
    [
      "wider names",
      {
        permitted: {
          dns: ["a.example.com", "b.example.net"],
          ip: ["10.1.0.0/16"],
          directory: ["O=Example,C=DE"],
        },
      },
      { permitted: { dns: ["example.com"], ip: ["10.0.0.0/8"], directory: ["C=DE"] } },
      [
        "Permitted:",
        expect.stringMatching(/^DirName: ?C ?= ?DE, O ?= ?Example$/),
        "DNS:a.example.com",
        "IP:10.1.0.0/255.255.0.0",
      ] as string[],
    ],
    [
      "mailboxes and hosts",
      { permitted: { email: [".example.com", "ann@example.org"], uri: [".example.com"] } },
      { permitted: { email: ["mail.example.com", "example.org"], uri: ["a.example.com"] } },
      ["Permitted:", "email:ann@example.org", "email:mail.example.com", "URI:a.example.com"],
    ],
  ])("permits what both permit: %s", async (_, nameConstraints, asked, expected) => {
    const { certificate } = await partner({ subject: "O=Example,C=DE", nameConstraints });
    const cross = await root.crossSign(certificate.pem, { nameConstraints: asked });
    if (!hasOpenssl) return;
    const { text } = openssl("x509", "-in", folder.write("x.pem", cross.pem), "-noout", "-text");
    const list = /X509v3 Name Constraints: critical\n([\s\S]*?)(?:X509v3|Signature Algorithm)/.exec(
      text,
    )?.[1];
    expect(list?.trim().split(/\s*\n\s*/)).toEqual(expected);
  });

  it("refuses names of which the certificate permits none", async () => {
    const { certificate } = await partner({ nameConstraints: { permitted: { dns: ["example.com"] } } });
    for (const name of ["other.com", "badexample.com"])
      await expect(
        root.crossSign(certificate.pem, { nameConstraints: { permitted: { dns: [name] } } }),
      ).rejects.toEqual(unsuitable(/both permit dns names/));
  });
});

describe("renew by another authority", () => {
  it("takes the one whose key signed the present certificate, not its namesake", async () => {
    const middle = await root.issueAuthority({ subject: "CN=middle", key, days: 5 });
    await expect(middle.renew({ by: await makeRoot("root") })).rejects.toEqual(unsuitable(/did not sign/));
    expect((await middle.renew({ by: await root.renew() })).certificate.facts.subject).toBe("CN=middle");
  });

  it("renews one that is over", async () => {
    const rootKey = await ecKey();
    const early = await createAuthority({ subject: "CN=early", key: rootKey, clock: clockAt(moment) });
    const middle = await early.issueAuthority({ subject: "CN=middle", key, days: 5 });
    const late = openAuthority({
      certificate: early.certificate.pem,
      key: rootKey,
      clock: clockAt(moment + 10 * day),
    });
    expect((await middle.renew({ by: late, days: 5 })).certificate.facts).toMatchObject({
      notBefore: moment + 10 * day - skew,
      notAfter: moment + 15 * day - skew,
    });
  });
});
