import { type Authority, createAuthority, generateKey, readCertificates } from "@handfast/pki";
import { turnableClock } from "@handfast/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { caWorld, day, errorOf, newRequest, start } from "./ca-world.ts";

/** A CA of somebody else's. */
async function foreignRoot(subject = "CN=Serverless Root CA"): Promise<Authority> {
  const key = await generateKey({ type: "ec", curve: "P-256" });
  const clock = turnableClock(start);
  return createAuthority({ subject, key, clock });
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

describe("serverlessCa believes nothing", () => {
  let world: ReturnType<typeof caWorld>;
  let csr: string;
  beforeEach(async () => {
    world = caWorld();
    csr = (await newRequest()).csr;
  });
  afterEach(() => world.close());

  it.each<[string, () => Promise<unknown>, RegExp]>([
    ["another key", async () => world.ask((await newRequest()).csr), /for another key/],
    [
      "the CA's own certificate",
      async () => ({ Base64Certificate: base64(world.ca.issuing ?? "") }),
      /another key/,
    ],
    ["another name", () => world.ask(csr, { common_name: "other.example.com" }), /for another name, .*other/],
    [
      "another purpose",
      () => world.ask(csr, { purposes: ["server_auth"] }),
      /7\.3\.1, where .*7\.3\.2 was asked/,
    ],
    [
      "more purposes",
      () => world.ask(csr, { purposes: ["server_auth", "client_auth"] }),
      /extended key usage/,
    ],
    ["more days", () => world.ask(csr, { lifetime: 31 }), /longer than the 30 days/],
    [
      "another CA of the same name",
      async () => ({
        Base64Certificate: base64((await (await foreignRoot()).issue(csr, { days: 30 })).chain),
      }),
      /chains to no root/,
    ],
    [
      "another CA that sends its root along",
      async () => {
        const root = await foreignRoot();
        const leaf = await root.issue(csr, { days: 30 });
        return { Base64Certificate: base64(leaf.pem + root.certificate.pem) };
      },
      /chains to no root/,
    ],
  ])("not a certificate for or of %s", async (_, answer, message) => {
    world.answerWith(await answer());
    const error = await errorOf(world.issuer.issue(csr));
    expect([error.code, error.message]).toEqual(["CERTIFICATE_UNSUITABLE", expect.stringMatching(message)]);
  });

  it("not a CA certificate for the request's own key", async () => {
    const { csr: own, key } = await newRequest("CN=edge.example.com");
    const authority = await (await foreignRoot()).issueAuthority({ subject: "CN=edge.example.com", key });
    world.answerWith({ Base64Certificate: base64(authority.certificate.pem) });
    expect((await errorOf(world.issuer.issue(own))).message).toMatch(/CA certificate, where a leaf is due/);
  });

  it("not a certificate that is over, or not valid yet", async () => {
    const early = await world.ask(csr, { lifetime: 1 });
    world.answerWith(early);
    await world.clock.advance(2 * day);
    world.ca.run();
    expect((await errorOf(world.issuer.issue(csr))).message).toMatch(/and not now/);
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["a text", "hello"],
    ["a list", []],
    ["another object", { statusCode: 200, body: "{}" }],
    ["no base64", { Base64Certificate: "*" }],
    ["base64 of no PEM", { Base64Certificate: base64("hello") }],
    [
      "a certificate that is cut off",
      { Base64Certificate: base64("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n") },
    ],
  ])("not an answer that is %s", async (_, answer) => {
    world.answerWith(answer);
    const error = await errorOf(world.issuer.issue(csr));
    expect([error.code, error.message]).toEqual([
      "REMOTE_UNEXPECTED",
      expect.stringContaining("function=serverless-tls-cert-dev"),
    ]);
  });

  it("takes an issuing CA that was renewed below the same root, before the bundle has it", async () => {
    const root = await foreignRoot("CN=Old Root");
    const key = await generateKey({ type: "ec", curve: "P-256" });
    const renewed = await root.issueAuthority({ subject: "CN=New Issuing CA", key });
    await world.put("serverless-ca-bundle-dev.pem", root.certificate.pem);
    const leaf = await renewed.issue(csr, { days: 30 });
    world.answerWith({ Base64Certificate: base64(leaf.chain + root.certificate.pem) });
    expect((await world.issuer.issue(csr)).chain).toBe(leaf.chain);
  });

  it.each<[string, () => Promise<string>, string, RegExp]>([
    [
      "a leaf in it",
      async () => `${world.ca.root}${(await (await foreignRoot()).issue(csr)).pem}`,
      "CERTIFICATE_UNSUITABLE",
      /may not sign others/,
    ],
    [
      "no root in it",
      async () => world.ca.issuing ?? "",
      "CERTIFICATE_UNSUITABLE",
      /no root that is valid now/,
    ],
    [
      "a CA of somebody else's in it",
      async () => {
        const root = await foreignRoot("CN=Other Root");
        const key = await generateKey({ type: "ec", curve: "P-256" });
        const below = await root.issueAuthority({ subject: "CN=Other Issuing CA", key });
        return `${world.ca.root}${below.certificate.pem}`;
      },
      "CERTIFICATE_UNSUITABLE",
      /Other Issuing CA was issued by none of its roots/,
    ],
    ["nothing in it", async () => "\n", "CERTIFICATE_UNREADABLE", /no certificate/],
    ["a page in it", async () => "<html>Access denied</html>", "CERTIFICATE_UNREADABLE", /no certificate/],
    ["more than a megabyte in it", async () => "x".repeat(1_048_577), "REMOTE_UNEXPECTED", /1048577 bytes/],
  ])("not a bundle with %s, and asks for no certificate then", async (_, bundle, code, message) => {
    await world.put("serverless-ca-bundle-dev.pem", await bundle());
    const errors = [await errorOf(world.issuer.trust()), await errorOf(world.issuer.issue(csr))];
    expect(errors.map((error) => error.code)).toEqual([code, code]);
    for (const { message: text } of errors) expect(text).toMatch(message);
    expect(world.invocations()).toBe(0);
  });

  it("not a root that it was not told of, once it was told of some", async () => {
    const stranger = await foreignRoot("CN=Stranger");
    const [root] = readCertificates(world.ca.root ?? "");
    const pinned = world.connect({ roots: [root?.sha256 ?? ""] });
    await world.put("serverless-ca-bundle-dev.pem", `${world.ca.root}${stranger.certificate.pem}`);
    expect((await world.issuer.trust()).anchors).toContain(stranger.certificate.pem);
    const error = await errorOf(pinned.trust());
    expect([error.code, error.message]).toEqual([
      "CERTIFICATE_UNSUITABLE",
      expect.stringContaining(`CN=Stranger with SHA-256 ${stranger.certificate.sha256}, which is none`),
    ]);
  });

  it("not a CA that is over", async () => {
    await world.clock.advance(7_301 * day);
    expect((await errorOf(world.issuer.trust())).message).toMatch(/no root that is valid now/);
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    [
      "that another CA signed",
      async () => {
        const crl = await (await foreignRoot()).createCrl({ revoked: [], number: 1 });
        await world.put("serverless-issuing-ca-dev.crl", crl.der);
      },
      /no CA of the bundle signed it/,
    ],
    ["that is out of date", () => world.clock.advance(day + 601_000), /was due to be replaced/],
    ["that is none", () => world.put("serverless-issuing-ca-dev.crl", "hello"), /CRL|PEM/],
  ])("not a CRL %s", async (_, spoil, message) => {
    await spoil();
    expect((await errorOf(world.issuer.crls())).message).toMatch(message);
  });
});
