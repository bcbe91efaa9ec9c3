import { X509Certificate } from "node:crypto";
import {
  type Authority,
  createAuthority,
  createCsr,
  generateKey,
  type LocalKey,
  openAuthority,
  toDer,
  toPem,
  wouldAccept,
} from "@handfast/pki";
import { beforeAll, describe, expect, it } from "vitest";
import { clockAt, day, ecKey, makeClient, makeRoot, moment, skew } from "../world.ts";

let key: LocalKey;
let root: Authority;

beforeAll(async () => {
  key = await ecKey();
  root = await createAuthority({ subject: "CN=Edge Root,O=Example,C=DE", key, clock: clockAt(moment) });
});

describe("createAuthority", () => {
  it("makes a self-signed root with what RFC 5280 asks of a CA", () => {
    const { certificate, trust, issuers } = root;
    expect(certificate.facts).toMatchObject({
      subject: "CN=Edge Root,O=Example,C=DE",
      issuer: "CN=Edge Root,O=Example,C=DE",
      ca: true,
      selfIssued: true,
      keyUsage: ["keyCertSign", "cRLSign"],
      extendedKeyUsage: undefined,
      pathLength: undefined,
      signatureHash: "sha256",
      key: "ec-prime256v1",
      keyType: "ec",
      keyBits: 256,
      spki: key.spki,
      notBefore: moment - skew,
      notAfter: moment - skew + 1826 * day,
      aki: certificate.facts.ski,
    });
    const foreign = new X509Certificate(certificate.pem);
    expect(foreign.verify(foreign.publicKey)).toBe(true);
    expect(foreign.fingerprint256.replaceAll(":", "").toLowerCase()).toBe(certificate.sha256);
    expect(trust).toEqual({ anchors: certificate.pem });
    expect(issuers).toEqual([]);
  });

  it("takes the serial from the random source: 128 bits, positive, and none of zeros", async () => {
    const made = async (octets: number): Promise<Authority> =>
      createAuthority({ subject: "CN=a", key, random: (size) => new Uint8Array(size).fill(octets) });
    const high = await made(0xff);
    expect(high.certificate.facts.serial).toBe("ff".repeat(16));
    expect(Buffer.from(high.certificate.der).includes(Buffer.from(`021100${"ff".repeat(16)}`, "hex"))).toBe(
      true,
    );
    expect((await made(0x01)).certificate.facts.serial).toBe("01".repeat(16));
    await expect(made(0)).rejects.toThrow(TypeError);
  });

  it("refuses a random source that stands still, though it fills the same array again", async () => {
    const bytes = new Uint8Array(16).fill(7);
    const stuck = await createAuthority({ subject: "CN=a", key, random: () => bytes });
    const request = { publicKey: key.publicKey, subject: "CN=b" };
    await expect(stuck.issueFor(request)).rejects.toThrow(/twice in a row/);
    bytes[15] = 8;
    expect((await stuck.issueFor(request)).facts.serial).toMatch(/0708$/);
  });

  it.each([
    ["just before 2050", Date.UTC(2049, 11, 31, 23, 59, 59), 0x17],
    ["from 2050 on", Date.UTC(2050, 0, 1), 0x18],
  ])("writes the end of validity by RFC 5280, 4.1.2.5, %s", async (_, end, tag) => {
    const authority = await createAuthority({
      subject: "CN=a",
      key,
      notBefore: end - 100 * day,
      days: 100,
    });
    const text = new Date(end)
      .toISOString()
      .replaceAll(/\.\d+|[-:T]/g, "")
      .slice(tag === 0x17 ? 2 : 0);
    const field = Buffer.concat([Buffer.of(tag, text.length), Buffer.from(text)]);
    expect(Buffer.from(authority.certificate.der).includes(field)).toBe(true);
    expect(authority.certificate.facts.notAfter).toBe(end);
    expect(Date.parse(new X509Certificate(authority.certificate.pem).validTo)).toBe(end);
  });
});

describe("issue", () => {
  it("makes a client leaf whose identity and chain are entries of a spec", async () => {
    const { leaf, key: leafKey } = await makeClient(root);
    expect(leaf.facts).toMatchObject({
      subject: "CN=client.example.com,O=Example",
      issuer: root.certificate.facts.subject,
      ca: false,
      keyUsage: ["digitalSignature"],
      extendedKeyUsage: ["1.3.6.1.5.5.7.3.2"],
      aki: root.certificate.facts.ski,
      spki: leafKey.spki,
      notBefore: moment - skew,
      notAfter: moment - skew + 730 * day,
    });
    expect(leaf.identity("edge-key")).toEqual({ chain: leaf.pem, key: { secret: "edge-key" } });
  });

  it("gives an RSA leaf keyEncipherment too, and a server leaf the names of its request", async () => {
    const rsa = await generateKey({ type: "rsa", bits: 2048 });
    const csr = await createCsr({
      subject: "CN=shop",
      key: rsa,
      names: ["shop.example.com", "127.0.0.1"],
    });
    const server = await root.issue(csr, { profile: "server" });
    expect(server.facts.keyUsage).toEqual(["digitalSignature", "keyEncipherment"]);
    expect(server.facts.extendedKeyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
    expect(new X509Certificate(server.pem).subjectAltName).toBe("DNS:shop.example.com, IP Address:127.0.0.1");
    const client = await root.issue(csr);
    expect(new X509Certificate(client.pem).subjectAltName).toBe("DNS:shop.example.com");
    expect(client.dropped).toEqual([{ part: "names", value: "ip=127.0.0.1" }]);
  });

  it("keeps a leaf inside the validity of its issuer, and refuses where nothing is left", async () => {
    const { notBefore, notAfter } = root.certificate.facts;
    const cases: readonly [number, number, [number, number] | undefined][] = [
      [moment, 730, [moment, moment + 730 * day]],
      [moment, 3650, [moment, notAfter]],
      [moment - day, 10, [notBefore, moment + 9 * day]],
      [notAfter, 10, undefined],
      [moment - 20 * day, 10, undefined],
    ];
    for (const [start, days, expected] of cases) {
      const issuing = makeClient(root, { notBefore: start, days });
      if (expected === undefined)
        await expect(issuing).rejects.toMatchObject({ code: "CERTIFICATE_UNSUITABLE" });
      else {
        const { facts } = (await issuing).leaf;
        expect([facts.notBefore, facts.notAfter]).toEqual(expected);
      }
    }
  });

  it("refuses requests that prove nothing or that no provider would take", async () => {
    const csr = await createCsr({ subject: "CN=a", key });
    const der = Buffer.from(toDer(csr, "CERTIFICATE REQUEST"));
    der[der.indexOf("a", 10)] = "b".charCodeAt(0);
    const forged = toPem(der, "CERTIFICATE REQUEST");
    const cases: readonly [string, string, string][] = [
      ["changed after it was signed", forged, "CERTIFICATE_UNSUITABLE"],
      ["a certificate", root.certificate.pem, "CERTIFICATE_UNREADABLE"],
      ["nothing", "", "CERTIFICATE_UNREADABLE"],
      ["rubbish", toPem(Buffer.from("rubbish"), "CERTIFICATE REQUEST"), "CERTIFICATE_UNREADABLE"],
    ];
    for (const [name, pem, code] of cases)
      await expect(root.issue(pem), name).rejects.toMatchObject({ code });
    await expect(root.issue(csr, { profile: "server" })).rejects.toMatchObject({
      code: "CERTIFICATE_UNSUITABLE",
    });
  });
});

describe("issueAuthority", () => {
  it("puts intermediates into the chain of a leaf, the root into trust", async () => {
    const upper = await root.issueAuthority({ subject: "CN=Upper", key: await ecKey(), pathLength: 1 });
    const lower = await upper.issueAuthority({ subject: "CN=Lower", key: await ecKey() });
    const { leaf } = await makeClient(lower);
    expect(leaf.chain).toBe(leaf.pem + lower.certificate.pem + upper.certificate.pem);
    expect(leaf.identity("k").chain).toBe(leaf.chain);
    expect(lower.trust).toEqual(root.trust);
    expect(lower.certificate.facts).toMatchObject({ ca: true, pathLength: 0, issuer: "CN=Upper" });
    await expect(lower.issueAuthority({ subject: "CN=x", key: await ecKey() })).rejects.toMatchObject({
      code: "CERTIFICATE_UNSUITABLE",
    });
  });
});

describe("openAuthority", () => {
  it("opens what createAuthority made and goes on issuing", async () => {
    const opened = openAuthority({ certificate: root.certificate.pem, key, clock: clockAt(moment) });
    const { leaf } = await makeClient(opened);
    const foreign = new X509Certificate(leaf.pem);
    expect(foreign.checkIssued(new X509Certificate(root.certificate.pem))).toBe(true);
    expect(opened.trust).toEqual(root.trust);
  });

  it("refuses a wrong key, a leaf and a broken path", async () => {
    const { leaf, key: leafKey } = await makeClient(root);
    const other = await makeRoot("other");
    const cases: readonly [string, string, LocalKey, string][] = [
      ["wrong key", root.certificate.pem, leafKey, "KEY_MISMATCH"],
      ["a leaf", leaf.pem, leafKey, "CERTIFICATE_UNSUITABLE"],
      ["issuer of another", root.certificate.pem + other.certificate.pem, key, "CERTIFICATE_UNSUITABLE"],
      ["rubbish", "rubbish", key, "CERTIFICATE_UNREADABLE"],
    ];
    for (const [name, certificate, wrong, code] of cases)
      expect(() => openAuthority({ certificate, key: wrong }), name).toThrow(
        expect.objectContaining({ code }),
      );
  });

  it("takes no path that ends below its root, unless intermediates are anchors", async () => {
    const middleKey = await ecKey();
    const middle = await root.issueAuthority({ subject: "CN=Middle", key: middleKey });
    const options = { certificate: middle.certificate.pem, key: middleKey, clock: clockAt(moment) };
    expect(() => openAuthority(options)).toThrow(
      expect.objectContaining({
        code: "CERTIFICATE_UNSUITABLE",
        message: expect.stringMatching(/CN=Middle is no root.*append its issuers.*partialChain/),
      }),
    );
    const successor = await createAuthority({ subject: "CN=Middle", key: await ecKey() });
    const rolled = (await middle.crossSign(successor.certificate.pem)).pem;
    expect(() => openAuthority({ ...options, certificate: rolled })).toThrow(/is no root/);

    const whole = openAuthority({ ...options, certificate: middle.certificate.pem + root.certificate.pem });
    const partial = openAuthority({ ...options, partialChain: true });
    for (const [authority, anchor, rules] of [
      [whole, root, {}],
      [partial, middle, { partialChain: true }],
    ] as const) {
      expect(authority.trust.anchors).toBe(anchor.certificate.pem);
      const { leaf } = await makeClient(authority);
      expect(leaf.chain).toBe(leaf.pem + middle.certificate.pem);
      expect(wouldAccept(leaf.chain, authority.trust, { at: moment, rules }).verdict).toBe("accepted");
    }
  });
});
