import type { CertificateFacts, CrlFacts } from "@handfast/core";
import { judge, type Materials, type Rule, type RulePack } from "@handfast/core/rules";
import { checkIdentity, createCsr, profiles, readCertificates, rulePacks, toDer } from "@handfast/pki";
import { describe, expect, it } from "vitest";
import { day, ecKey, makeClient, makeRoot, moment } from "../world.ts";

const root = await makeRoot("root");
const other = await makeRoot("other");
const middle = await root.issueAuthority({ subject: "CN=middle", key: await ecKey(), pathLength: 2 });
const { leaf, key: leafKey } = await makeClient(root);
const { leaf: below } = await makeClient(middle);
const { leaf: talkative } = await makeClient(root, {
  profile: { ...profiles["edge-client"], urls: { ocsp: [`http://ocsp.example.com/${"a".repeat(1_000)}`] } },
});
const list = await root.createCrl({ revoked: [{ serial: "0a", at: moment }], number: 1 });
const shorter = await root.createCrl({ revoked: [], number: 2, previous: "none" });
const strange = await other.createCrl({ revoked: [], number: 1 });

const ca = root.certificate.facts;
const placed = (...all: readonly CertificateFacts[]) =>
  all.map((facts, index) => ({ facts, index: index + 1 }));
const many = (count: number): readonly CertificateFacts[] =>
  Array.from({ length: count }, (_, index) => ({
    ...ca,
    sha256: `${index}`,
    subject: `CN=${index}`,
    issuer: `CN=${index}`,
  }));
const sized = (bytes: number): Uint8Array => new Uint8Array(bytes);
const rsa = (bits: number) => ({ key: `rsa-${bits}`, keyType: "rsa", keyBits: bits });
const text = root.certificate.pem;

type Breaking<M extends keyof Materials> = (limit: never) => Partial<Materials[M]>;

/** What breaks each rule, whatever its limit is. */
const breaks: { readonly [M in keyof Materials]: Readonly<Record<string, Breaking<M>>> } = {
  bundle: {
    "certificate-too-large": (most: number) => ({ certificates: placed({ ...ca, der: sized(most) }) }),
    "key-unsuitable": () => ({ certificates: placed({ ...ca, ...rsa(1023) }) }),
    "signature-unsuitable": () => ({
      certificates: placed({ ...ca, signature: "md5WithRSAEncryption", signatureHash: "md5" }),
    }),
    "version-unsuitable": () => ({ certificates: placed({ ...ca, version: 1 }) }),
    "not-yet-valid": () => ({ certificates: placed({ ...ca, notBefore: moment + day }) }),
    expired: () => ({ certificates: placed({ ...ca, notAfter: moment - 1 }, other.certificate.facts) }),
    "expires-soon": (days: number) => ({
      certificates: placed({ ...ca, notAfter: moment + days * day - 1 }),
    }),
    "not-pem": () => ({ given: { text: undefined } }),
    "blank-line": () => ({ given: { text: `${text}\n${text}` } }),
    "text-beside": () => ({ given: { text: `# a-comment\n${text}` } }),
    "carriage-return": () => ({ given: { text: text.replaceAll("\n", "\r\n") } }),
    "foreign-block": () => ({ given: { text: text + list.pem } }),
    "damaged-block": () => ({ given: { text: text.replace("-----END", "----END") } }),
    "indented-block": () => ({ given: { text: text.replaceAll(/^/gm, "  ") } }),
    "no-line-feed": () => ({ given: { text: text.replaceAll("\n", "\r") } }),
    "lacks-cert-sign": () => ({ certificates: placed({ ...ca, keyUsage: undefined }) }),
    "empty-subject": () => ({ certificates: placed({ ...ca, subject: "" }) }),
    "no-anchors": () => ({ certificates: [] }),
    "too-many-anchors": (most: number) => ({ certificates: placed(...many(most + 1)) }),
    "no-usable-anchor": () => ({ certificates: placed({ ...ca, notAfter: moment - 1 }) }),
    "bundle-too-large": (most: number) => ({
      certificates: placed({ ...ca, der: sized(most) }),
      given: undefined,
    }),
    "subjects-too-long": (most: number) => ({
      certificates: placed({ ...ca, subject: "x".repeat(most + 1) }),
    }),
    "not-a-ca": () => ({ certificates: placed(ca, leaf.facts) }),
    "same-subject": () => ({ certificates: placed(ca, { ...ca, sha256: "another" }) }),
    duplicate: () => ({ certificates: placed(ca, ca) }),
    "root-missing": () => ({ certificates: placed(middle.certificate.facts) }),
    "too-deep": (most: number) => ({
      certificates: placed(
        ca,
        ...many(most).map((facts, index) => ({
          ...facts,
          selfIssued: false,
          ski: undefined,
          aki: undefined,
          issuer: index === 0 ? ca.subject : `CN=${index - 1}`,
        })),
      ),
    }),
    "identifier-mismatch": () => ({
      certificates: placed(ca, { ...middle.certificate.facts, aki: "00" }),
    }),
  },
  crls: {
    "not-pem": () => ({ given: { text: undefined } }),
    "damaged-block": () => ({ given: { text: list.pem.replace("-----END", "----END") } }),
    "foreign-block": () => ({ given: { text: list.pem + text } }),
    "several-crls-in-text": () => ({ given: { text: list.pem + strange.pem } }),
    "too-many-crls": (most: number) => ({ crls: lists(...Array(most + 1).fill(list.facts)) }),
    "crl-too-large": (most: number) => ({
      crls: lists({ ...list.facts, der: sized(most) }),
      anchors: undefined,
    }),
    "too-many-revoked": (most: number) => ({ crls: lists({ ...list.facts, revoked: sizedSet(most + 1) }) }),
    "crl-stale": () => ({ crls: lists({ ...list.facts, nextUpdate: moment - 1 }) }),
    "crl-not-yet-valid": () => ({ crls: lists({ ...list.facts, thisUpdate: moment + 1 }) }),
    "crl-without-end": () => ({ crls: lists({ ...list.facts, nextUpdate: undefined }) }),
    "crl-missing": () => ({ anchors: [ca, other.certificate.facts] }),
    "crl-of-nobody": () => ({ anchors: [other.certificate.facts] }),
    "crl-signature": () => ({ crls: lists({ ...strange.facts, issuer: list.facts.issuer }) }),
    "crl-negative-serial": () => ({ crls: lists({ ...list.facts, der: withNegative(list.der) }) }),
    "crl-older": () => ({ previous: [shorter.facts] }),
    "crl-shrinks": () => ({ crls: lists(shorter.facts), previous: [list.facts] }),
  },
  identity: {
    "certificate-too-large": (most: number) => ({
      certificates: placed({ ...leaf.facts, der: sized(most) }),
    }),
    "key-unsuitable": () => ({ certificates: placed({ ...leaf.facts, ...rsa(1023) }) }),
    "signature-unsuitable": () => ({
      certificates: placed({ ...leaf.facts, signature: "md5WithRSAEncryption", signatureHash: "md5" }),
    }),
    "version-unsuitable": () => ({ certificates: placed({ ...leaf.facts, version: 1 }) }),
    "not-yet-valid": () => ({ certificates: placed({ ...leaf.facts, notBefore: moment + day }) }),
    expired: () => ({ certificates: placed({ ...leaf.facts, notAfter: moment - 1 }) }),
    "expires-soon": (days: number) => ({
      certificates: placed({ ...leaf.facts, notAfter: moment + days * day - 1 }),
    }),
    "not-pem": () => ({ given: { text: undefined } }),
    "damaged-block": () => ({ given: { text: leaf.pem.replace("-----END", "----END") } }),
    "text-beside": () => ({ given: { text: `subject=CN = client\n${leaf.pem}` } }),
    "carriage-return": () => ({ given: { text: leaf.pem.replaceAll("\n", "\r\n") } }),
    "indented-block": () => ({ given: { text: leaf.pem.replaceAll(/^/gm, "  ") } }),
    "no-line-feed": () => ({ given: { text: leaf.pem.replaceAll("\n", "\r") } }),
    "blank-line": () => ({ given: { text: `\n${leaf.pem}` } }),
    "foreign-block": () => ({ given: { text: leaf.pem + list.pem } }),
    "empty-issuer": () => ({ certificates: placed({ ...leaf.facts, issuer: "" }) }),
    "ocsp-url-too-long": () => ({ certificates: placed(talkative.facts) }),
    "key-with-parameters": () => ({
      key: { spki: leaf.facts.spki, encrypted: false, bytes: 240, withParameters: true },
    }),
    "certificate-is-ca": () => ({ certificates: placed(ca) }),
    "leaf-without-client-auth": () => ({
      certificates: placed({ ...leaf.facts, extendedKeyUsage: ["1.3.6.1.5.5.7.3.1"] }),
    }),
    "lacks-digital-signature": () => ({
      certificates: placed({ ...leaf.facts, keyUsage: ["keyEncipherment"] }),
    }),
    "empty-subject": () => ({ certificates: placed({ ...leaf.facts, subject: "" }) }),
    "names-no-ocsp-responder": () => ({ certificates: placed({ ...leaf.facts, namesOcspResponder: false }) }),
    "chain-broken": () => ({ certificates: placed(leaf.facts, middle.certificate.facts) }),
    "chain-missing": () => ({ certificates: placed(leaf.facts) }),
    "chain-undocumented": () => ({ certificates: placed(below.facts, middle.certificate.facts) }),
    "chain-holds-root": () => ({ certificates: placed(leaf.facts, ca) }),
    "chain-too-long": (most: number) => ({
      certificates: placed(leaf.facts, ...many(most).map((facts) => ({ ...facts, selfIssued: false }))),
    }),
    "chain-too-large": (most: number) => ({ certificates: placed(leaf.facts, { ...ca, der: sized(most) }) }),
    "key-family-differs": () => ({ certificates: placed(leaf.facts, { ...ca, ...rsa(2048) }) }),
    "path-too-long": () => ({
      certificates: placed(
        below.facts,
        { ...middle.certificate.facts, pathLength: 0 },
        { ...middle.certificate.facts, pathLength: 0 },
      ),
    }),
    "key-mismatch": () => ({ key: { spki: ca.spki, encrypted: false, bytes: 200 } }),
    "key-encrypted": () => ({ key: { spki: undefined, encrypted: true, bytes: 200 } }),
    "key-too-large": (most: number) => ({ key: { spki: undefined, encrypted: false, bytes: most + 1 } }),
  },
};

/** What no pack has anything against, at `moment`. */
const sound: Materials = {
  bundle: { certificates: placed(ca), given: { text } },
  crls: { crls: lists(list.facts), anchors: [ca], given: { text: list.pem } },
  identity: {
    certificates: placed({ ...leaf.facts, namesOcspResponder: true }),
    key: { spki: leaf.facts.spki, encrypted: false, bytes: 240 },
    given: { text: leaf.pem },
  },
};

/** ACM wants the issuer beside the leaf, its root included; others do not want the root. */
const withIssuer = {
  ...sound.identity,
  certificates: placed({ ...leaf.facts, namesOcspResponder: true }, ca),
};

function soundFor(pack: RulePack): Materials[keyof Materials] {
  const wantsIssuer = pack.rules.some(({ check }) => check === "chain-missing");
  return wantsIssuer ? withIssuer : sound[pack.about];
}

function lists(...all: readonly CrlFacts[]): Materials["crls"]["crls"] {
  return all.map((facts, index) => ({ facts, index: index + 1 }));
}

function sizedSet(size: number): ReadonlySet<string> {
  return Object.defineProperty(new Set<string>(), "size", { value: size });
}

/** The serial 0a of the list's only entry made negative. */
function withNegative(der: Uint8Array): Uint8Array {
  const at = Buffer.from(der).indexOf(Buffer.from("02010a", "hex"));
  return Buffer.concat([der.subarray(0, at + 2), Buffer.of(0x8a), der.subarray(at + 3)]);
}

const packs = Object.values(rulePacks) as readonly RulePack[];
const rules = packs.flatMap((pack) => pack.rules.map((rule: Rule) => ({ pack, rule, of: rule.of })));

describe("rule packs", () => {
  it.each(packs)("$name says where each rule stands, and when that was read", (pack) => {
    expect(pack.asOf).toMatch(/^20\d\d-\d\d-\d\d$/);
    expect(new Set(pack.rules.map(({ check }) => check)).size).toBe(pack.rules.length);
    for (const rule of pack.rules)
      expect([rule.source, rule.does].every((words) => words.length > 5)).toBe(true);
  });

  it.each(packs)("$name finds nothing wrong with what is sound", (pack) => {
    expect(judge(pack, soundFor(pack), { at: moment })).toEqual([]);
  });

  it.each(rules)("$pack.name: $rule.check is found where it is broken", ({ pack, rule, of }) => {
    const breaking = breaks[pack.about][rule.check];
    expect(breaking, `nothing here breaks ${rule.check}`).toBeDefined();
    const material = { ...soundFor(pack), ...breaking?.(of as never) };
    const alone = { ...pack, rules: [rule] };
    const found = judge(alone, material, { at: moment });
    expect(found).not.toEqual([]);
    expect(found[0]).toMatchObject({
      severity: rule.severity ?? "blocker",
      pack: pack.name,
      source: rule.source,
    });
    expect(found[0]?.message).toContain(`${pack.provider} ${rule.does}`);
  });

  it("hold at the limit itself", () => {
    expect(judge(rulePacks.albBundle, { certificates: placed(...many(25)) })).toEqual([]);
    const codes = (bits: number) =>
      judge(rulePacks.albBundle, { certificates: placed({ ...ca, ...rsa(bits) }) }).map(({ code }) => code);
    expect([codes(2047), codes(2048), codes(8192), codes(8193)]).toEqual([
      ["key-unsuitable"],
      [],
      [],
      ["key-unsuitable"],
    ]);
  });

  it("name the certificate by place, subject and digest", async () => {
    const bad = (await root.issue(await createCsr({ subject: "CN=leaf", key: await ecKey() }))).pem;
    const certificates = readCertificates(text + bad).map(({ facts, line }, index) => ({
      facts,
      index: index + 1,
      line,
    }));
    const found = judge(rulePacks.albBundle, { certificates }).find(({ code }) => code === "not-a-ca");
    expect(found?.certificate).toEqual({
      index: 2,
      line: text.trimEnd().split("\n").length + 1,
      subject: "CN=leaf",
      sha256: readCertificates(toDer(bad))[0]?.sha256,
    });
  });

  it("tell of a list that is gone, and of one that is older than the one in use", () => {
    const gone = judge(rulePacks.albCrls, { crls: [], previous: [list.facts] });
    expect(gone.map(({ code }) => code)).toEqual(["crl-shrinks"]);
    const older = judge(rulePacks.albCrls, {
      crls: lists(list.facts),
      previous: [shorter.facts],
      anchors: [ca],
    });
    expect(older.map(({ code }) => code)).toEqual(["crl-older"]);
  });

  it("take what OpenSSL takes: a key usage of keyAgreement alone", () => {
    const certificates = placed({ ...leaf.facts, keyUsage: ["keyAgreement"] });
    expect(judge(rulePacks.opensslIdentity, { certificates })).toEqual([]);
    expect(judge(rulePacks.rolesAnywhereIdentity, { certificates }).map(({ code }) => code)).toEqual([
      "lacks-digital-signature",
    ]);
  });

  it("never name a key in what they say of a text that holds one", () => {
    const body = /\n([A-Za-z0-9+/=]{16})/.exec(leafKey.export())?.[1] ?? "";
    for (const rules of packs.filter(
      ({ about }) => about === "identity",
    ) as readonly RulePack<"identity">[]) {
      const said = checkIdentity({ chain: leaf.pem + leafKey.export() }, { rules });
      expect(
        said.map(({ code }) => code),
        rules.name,
      ).toContain("foreign-block");
      expect(JSON.stringify(said)).not.toContain(body);
    }
  });
});
