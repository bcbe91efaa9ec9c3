import {
  type Authority,
  type CertificateFinding,
  checkIdentity,
  checkTrustBundle,
  createAuthority,
  createCsr,
  encryptKey,
  type Leaf,
  type LocalKey,
  makeTrustBundle,
  rulePacks,
} from "@handfast/pki";
import { beforeAll, describe, expect, it } from "vitest";
import { hasOpenssl, openssl, workFolder } from "../openssl.ts";
import { clockAt, day, ecKey, makeClient, makeRoot, moment } from "../world.ts";

const at = { clock: clockAt(moment + day) };
const brief = (findings: readonly CertificateFinding[]): string[] =>
  findings.map(({ code, severity }) => `${severity} ${code}`).sort();

let root: Authority;
let middle: Authority;
let other: Authority;
let leaf: Leaf;
let key: LocalKey;

beforeAll(async () => {
  root = await makeRoot("root");
  other = await makeRoot("other");
  middle = await root.issueAuthority({ subject: "CN=middle", key: await ecKey() });
  ({ leaf, key } = await makeClient(middle, { notBefore: moment }));
});

describe("checkIdentity", () => {
  it("finds nothing wrong with a sound identity, whatever form key and anchors have", async () => {
    const anchors = root.trust.anchors;
    expect(checkIdentity({ chain: leaf.chain, key, anchors }, at)).toEqual([]);
    expect(checkIdentity({ chain: leaf.chain, key: key.export() }, at)).toEqual([]);
    const locked = await encryptKey(key, { passphrase: "geheim" });
    expect(checkIdentity({ chain: leaf.chain, key: locked, passphrase: "geheim", anchors }, at)).toEqual([]);
    const nearer = { chain: leaf.pem, key, anchors: middle.certificate.pem };
    expect(brief(checkIdentity(nearer, at))).toEqual(["blocker no-issuer"]);
    const rules = { ...rulePacks.opensslIdentity, partialChain: true };
    expect(checkIdentity(nearer, { ...at, rules })).toEqual([]);
  });

  it("finds each fault by its code", async () => {
    const anchors = root.trust.anchors;
    const server = await makeClient(middle, { profile: "server", names: ["a.example.com"] });
    const locked = await encryptKey(key, { passphrase: "geheim" });
    const upper = middle.certificate.pem;
    const cases: readonly [string, Parameters<typeof checkIdentity>[0], string[]][] = [
      ["another's key", { chain: leaf.chain, key: server.key }, ["blocker key-mismatch"]],
      ["locked key", { chain: leaf.chain, key: locked }, ["blocker key-encrypted"]],
      ["wrong passphrase", { chain: leaf.chain, key: locked, passphrase: "x" }, ["blocker key-unreadable"]],
      [
        "server purpose",
        { chain: server.leaf.chain, key: server.key, anchors },
        ["blocker leaf-without-client-auth"],
      ],
      ["intermediate missing", { chain: leaf.pem, key, anchors }, ["blocker no-issuer"]],
      ["another root", { chain: leaf.chain, key, anchors: other.trust.anchors }, ["blocker no-issuer"]],
      ["root in the chain", { chain: leaf.chain + anchors, key, anchors }, ["warning chain-holds-root"]],
      [
        "stray in the chain",
        { chain: leaf.pem + anchors + upper, key, anchors },
        ["warning chain-broken", "warning chain-holds-root", "warning chain-too-long"],
      ],
      ["no PEM", { chain: "nothing", key }, ["blocker chain-unreadable"]],
      ["no PEM in anchors", { chain: leaf.chain, key, anchors: "" }, ["blocker anchors-unreadable"]],
    ];
    for (const [name, input, codes] of cases)
      expect([name, ...brief(checkIdentity(input, at))]).toEqual([name, ...codes]);
    const rootKey = await ecKey();
    const self = await createAuthority({ subject: "CN=self", key: rootKey, ...at });
    const found = checkIdentity({ chain: self.certificate.pem, key: rootKey }, at);
    expect(brief(found)).toEqual(["blocker lacks-digital-signature", "warning certificate-is-ca"]);
    expect(found[0]?.certificate).toMatchObject({ index: 1, line: 1, sha256: self.certificate.sha256 });
  });

  it.each([
    ["a second before the start", moment - 1000, ["blocker not-yet-valid"]],
    ["at the start", moment, []],
    ["31 days before the end", moment + 699 * day, []],
    ["29 days before the end", moment + 701 * day, ["warning expires-soon"]],
    ["at the last second", moment + 730 * day, ["warning expires-soon"]],
    ["a second after the end", moment + 730 * day + 1000, ["blocker expired"]],
  ])("judges validity %s", (_, now, codes) => {
    const findings = checkIdentity({ chain: leaf.chain, key }, { clock: clockAt(now) });
    const own = findings.filter(({ certificate }) => certificate?.sha256 === leaf.sha256);
    expect(brief(own)).toEqual(codes);
  });
});

describe("checkTrustBundle", () => {
  it("finds nothing wrong with sound anchors, as text, bytes or bundle", () => {
    const bundle = makeTrustBundle([root.certificate.pem, other.certificate.pem]);
    for (const input of [bundle, bundle.pem, Buffer.from(bundle.pem)])
      expect(checkTrustBundle(input, at)).toEqual([]);
  });

  it("warns of one expired anchor among sound ones, and blocks when none is left", async () => {
    const old = await createAuthority({ subject: "CN=old", key: await ecKey(), days: 1, clock: clockAt(0) });
    const both = makeTrustBundle([old.certificate.pem, root.certificate.pem]);
    expect(brief(checkTrustBundle(both, at))).toEqual(["warning expired"]);
    expect(brief(checkTrustBundle(old.certificate.pem, at))).toEqual([
      "blocker no-usable-anchor",
      "warning expired",
    ]);
    expect(brief(checkTrustBundle(root.certificate.pem, { clock: clockAt(0) }))).toEqual([
      "blocker no-usable-anchor",
      "warning not-yet-valid",
    ]);
  });

  it("finds a subject that occurs twice, and says of no bundle that it is none", async () => {
    const twin = await makeRoot("root");
    const twins = makeTrustBundle([root.certificate.pem, twin.certificate.pem]);
    expect(brief(checkTrustBundle(twins, at))).toEqual(["warning same-subject"]);
    expect(brief(checkTrustBundle(leaf.pem, at))).toEqual([
      "blocker no-usable-anchor",
      "warning not-a-ca",
      "warning root-missing",
    ]);
    expect(brief(checkTrustBundle("", at))).toEqual(["blocker bundle-unusable"]);
  });
});

describe.skipIf(!hasOpenssl)("checks of what openssl made", () => {
  const folder = workFolder();
  const make = (name: string, ...options: readonly string[]): string => {
    const subject = ["-subj", "/CN=weak", "-keyout", folder.path("weak.key"), "-out", folder.path(name)];
    openssl("req", "-x509", "-nodes", "-days", "365", ...subject, ...options);
    return folder.read(name);
  };

  it.each([
    ["key-unsuitable", ["-newkey", "rsa:1024"]],
    ["key-unsuitable", ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"]],
    ["key-unsuitable", ["-newkey", "ed25519"]],
    ["signature-unsuitable", ["-newkey", "rsa:2048", "-sha1"]],
  ])("checkTrustBundle finds %s in %j", (code, options) => {
    const codes = checkTrustBundle(make("weak.crt", ...options), { rules: rulePacks.albBundle }).map(
      (finding) => finding.code,
    );
    expect(codes).toContain(code);
  });

  it("checkIdentity finds a key usage that TLS clients can't sign with", async () => {
    const usage = ["-addext", "basicConstraints=critical,CA:FALSE", "-addext", "keyUsage=keyEncipherment"];
    const chain = make("usage.crt", "-newkey", "rsa:2048", ...usage);
    const codes = checkIdentity({ chain, key: folder.read("weak.key") }).map(({ code }) => code);
    expect(codes).toEqual(["lacks-digital-signature"]);
  });

  it("a request with a weak key is refused", async () => {
    const file = ["-keyout", folder.path("r.key"), "-out", folder.path("r.csr")];
    openssl("req", "-new", "-nodes", "-newkey", "rsa:1024", "-subj", "/CN=weak", ...file);
    await expect(root.issue(folder.read("r.csr"))).rejects.toMatchObject({ code: "CERTIFICATE_UNSUITABLE" });
    await expect(root.issue(await createCsr({ subject: "CN=fine", key }))).resolves.toBeDefined();
  });
});
