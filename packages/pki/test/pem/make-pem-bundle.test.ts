import { createSecureContext } from "node:tls";
import {
  type Authority,
  type Leaf,
  type LocalKey,
  makePemBundle,
  type PemBundleOptions,
  readCertificates,
  readKey,
} from "@handfast/pki";
import { beforeAll, describe, expect, it } from "vitest";
import { hasOpenssl, openssl, workFolder } from "../openssl.ts";
import { ecKey, makeClient, makeRoot } from "../world.ts";

let root: Authority;
let issuing: Authority;
let leaf: Leaf;
let key: LocalKey;
beforeAll(async () => {
  root = await makeRoot("root", Date.now() - 60_000);
  const policy = await root.issueAuthority({ subject: "CN=policy", key: await ecKey(), pathLength: 1 });
  issuing = await policy.issueAuthority({ subject: "CN=issuing", key: await ecKey() });
  ({ leaf, key } = await makeClient(issuing));
});

const client = "CN=client.example.com,O=Example";
const subjects = (pem: string): string[] =>
  readCertificates(pem.replace(/-----BEGIN [A-Z ]*PRIVATE KEY[^#]*?PRIVATE KEY-----\n/, "")).map(
    ({ facts }) => facts.subject,
  );

describe("makePemBundle", () => {
  it("puts each certificate once, after the one that it issued, without the root or with it", async () => {
    const [own = "", above = "", policy = ""] = leaf.chain.split(/(?<=-----END CERTIFICATE-----\n)/);
    const shuffled = own + root.trust.anchors + policy + above + policy;
    expect(await makePemBundle({ chain: shuffled })).toBe(leaf.chain);
    expect(await makePemBundle({ chain: shuffled, root: "included" })).toBe(leaf.chain + root.trust.anchors);
    const anchors = (await makeRoot("other")).trust.anchors + root.trust.anchors;
    expect(await makePemBundle({ chain: leaf.chain, root: "included", anchors })).toBe(
      leaf.chain + root.trust.anchors,
    );
    expect(await makePemBundle({ chain: leaf.der })).toBe(own);
    for (const one of ["left-out", "included"] as const)
      expect(await makePemBundle({ chain: root.certificate.der, root: one })).toBe(root.trust.anchors);
  });

  it("adds the key where it is wanted, in the clear or encrypted, and finds its leaf", async () => {
    const chain = root.trust.anchors + leaf.chain;
    const last = await makePemBundle({ chain, key });
    expect(last).toBe(leaf.chain + key.export());
    expect(await makePemBundle({ chain, key, keyPlace: "first" })).toBe(key.export() + leaf.chain);
    expect(createSecureContext({ cert: last, key: last }).context).toBeDefined();
    const locked = await makePemBundle({ chain, key, passphrase: "pass phrase" });
    expect(locked).toContain("BEGIN ENCRYPTED PRIVATE KEY");
    expect(readKey(locked, { passphrase: "pass phrase" }).export()).toBe(key.export());
    expect(subjects(locked)).toEqual([client, "CN=issuing", "CN=policy"]);
  });

  it("refuses what would be lost or missed", async () => {
    const { leaf: other, key: otherKey } = await makeClient(issuing);
    const { export: _, ...remote } = key;
    const cases: readonly [string, PemBundleOptions, string, RegExp][] = [
      ["a stray certificate", { chain: leaf.chain + other.pem }, "CERTIFICATE_UNSUITABLE", /not on the path/],
      ["the leaf last", { chain: root.trust.anchors + leaf.chain }, "CERTIFICATE_UNSUITABLE", /leaf first/],
      ["no root", { chain: leaf.chain, root: "included" }, "CERTIFICATE_UNSUITABLE", /CN=policy is neither/],
      [
        "a root of others",
        { chain: leaf.chain, root: "included", anchors: other.pem },
        "CERTIFICATE_UNSUITABLE",
        /anchors/,
      ],
      ["another key", { chain: leaf.chain, key: otherKey }, "KEY_MISMATCH", /no certificate of the chain/],
      ["a key in a store", { chain: leaf.chain, key: remote }, "KEY_UNREADABLE", /can't leave/],
      ["no chain", { chain: "" }, "CERTIFICATE_UNREADABLE", /no certificate/],
    ];
    for (const [name, options, code, message] of cases) {
      const error: unknown = await makePemBundle(options).catch((thrown: unknown) => thrown);
      expect([name, error]).toEqual([name, expect.objectContaining({ code })]);
      expect((error as Error).message).toMatch(message);
    }
    await expect(makePemBundle({ chain: leaf.chain, key, passphrase: "" })).rejects.toThrow(TypeError);
  });
});

describe.skipIf(!hasOpenssl)("makePemBundle against openssl", () => {
  const folder = workFolder();

  it("is a chain, a path and a key to openssl", async () => {
    const whole = await makePemBundle({
      chain: leaf.chain,
      root: "included",
      anchors: root.trust.anchors,
      key,
    });
    const file = folder.write("bundle.pem", whole);
    const trusted = folder.write("root.pem", root.trust.anchors);
    expect(openssl("verify", "-CAfile", trusted, "-untrusted", file, file).text).toContain(": OK");
    expect(openssl("pkey", "-in", file, "-noout", "-check").text).toContain("valid");
    const seen = openssl("storeutl", "-noout", "-certs", file).text;
    expect(seen).toContain("Total found: 4");
  });
});
