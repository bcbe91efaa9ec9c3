import { execFileSync } from "node:child_process";
import { createAuthority, type Issuer, localIssuer, readCertificates } from "@handfast/pki";
import { describe, expect, it } from "vitest";
import { clockAt, day, ecKey, makeRoot, moment } from "../world.ts";
import { caWorld, errorOf, newRequest } from "./ca-world.ts";

describe("localIssuer", () => {
  it("issues as its authority does, by its options unless the request says otherwise", async () => {
    const root = await makeRoot("Edge Root");
    const issuer = localIssuer(root, { days: 90 });
    const [usual, asked] = await Promise.all([
      issuer.issue((await newRequest()).csr),
      issuer.issue((await newRequest()).csr, { days: 7 }),
    ]);
    expect([usual, asked].map(({ facts }) => (facts.notAfter - facts.notBefore) / day)).toEqual([90, 7]);
    expect(await issuer.trust()).toEqual(root.trust);
  });

  it("passes the authority's profile on, and its refusals", async () => {
    const issuer = localIssuer(await makeRoot("Edge Root"), { profile: "server" });
    const { csr } = await newRequest("CN=shop.example.com", { names: ["shop.example.com"] });
    expect((await issuer.issue(csr)).facts.extendedKeyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
    expect((await errorOf(issuer.issue("hello"))).code).toBe("CERTIFICATE_UNREADABLE");
  });

  it("gives the chain of an intermediate, and the root alone as trust", async () => {
    const root = await createAuthority({ subject: "CN=Root", key: await ecKey(), clock: clockAt(moment) });
    const issuer = localIssuer(await root.issueAuthority({ subject: "CN=Issuing", key: await ecKey() }));
    const leaf = await issuer.issue((await newRequest()).csr);
    expect(readCertificates(leaf.chain).map(({ facts }) => facts.subject)).toEqual([
      "CN=edge.example.com,O=Example",
      "CN=Issuing",
    ]);
    expect((await issuer.trust()).anchors).toBe(root.certificate.pem);
  });

  it("issues nothing once it was called off", async () => {
    const issuer = localIssuer(await makeRoot("Edge Root"));
    await expect(
      issuer.issue((await newRequest()).csr, { signal: AbortSignal.abort(new Error("enough")) }),
    ).rejects.toThrow("enough");
  });
});

describe("Issuer", () => {
  it("hides which one it is: the same code gets entries of a spec from either", async () => {
    const world = caWorld();
    try {
      const entriesOf = async (issuer: Issuer) => {
        const leaf = await issuer.issue((await newRequest()).csr, { days: 30 });
        return { trust: await issuer.trust(), identity: leaf.identity("edge-key") };
      };
      for (const issuer of [localIssuer(await makeRoot("Edge Root")), world.issuer]) {
        const { trust, identity } = await entriesOf(issuer);
        expect(readCertificates(trust.anchors).every(({ facts }) => facts.ca)).toBe(true);
        expect(readCertificates(identity.chain)[0]?.facts.subject).toContain("CN=edge.example.com");
        expect(Object.keys(identity)).toEqual(["chain", "key"]);
      }
    } finally {
      world.close();
    }
  });

  it("loads no AWS SDK until a serverless CA is asked", () => {
    const program = `
      import { registerHooks } from "node:module";
      const seen = [];
      registerHooks({ resolve(name, context, next) { seen.push(name); return next(name, context); } });
      await import("@handfast/pki");
      const { serverlessCa } = await import("@handfast/pki/serverless-ca");
      serverlessCa({ region: "eu-west-2", bucket: "b", environment: "dev" });
      process.stdout.write(JSON.stringify([seen.length > 50, seen.filter((name) => name.includes("@aws-sdk"))]));
    `;
    const args = ["--conditions=@handfast/source", "--input-type=module", "--eval", program];
    const cwd = new URL("../..", import.meta.url);
    expect(
      JSON.parse(
        execFileSync(process.execPath, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }),
      ),
    ).toEqual([true, []]);
  });
});
