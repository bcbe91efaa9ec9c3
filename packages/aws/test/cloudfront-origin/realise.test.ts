import { type CertificateFacts, readCertificate, sha256 } from "@handfast/core";
import { createCsr, generateKey } from "@handfast/pki";
import { beforeAll, describe, expect, it } from "vitest";
import type { realiseOrigin } from "../../src/cloudfront-origin/realise.ts";
import { bundleName, type OriginState, originFace } from "../../src/cloudfront-origin/state.ts";
import { cloudfrontOrigin } from "../../src/index.ts";
import { key } from "../alb/trust.ts";
import { factsOf, factsWhere, type Identity, makeIdentity, start } from "./identities.ts";
import {
  arnOf,
  bundle,
  foreign,
  noDistribution,
  noOrigin,
  nothing,
  secret,
  showing,
  state,
  target,
} from "./states.ts";

let a: Identity;
let strong: Identity;
let rsa: Identity;
let selfSigned: CertificateFacts;
beforeAll(async () => {
  [a, strong, rsa] = await Promise.all([
    makeIdentity("A"),
    makeIdentity("B", { key: { type: "ec", curve: "P-384" } }),
    makeIdentity("C", { key: { type: "rsa", bits: 2048 } }),
  ]);
  // Of a root, but for what makes it one.
  selfSigned = {
    ...readCertificate(a.ders[1] as Uint8Array),
    ca: false,
    extendedKeyUsage: ["1.3.6.1.5.5.7.3.2"],
  };
});

const realised = (from: OriginState, wanted = nothing, facts = factsOf()) =>
  cloudfrontOrigin({}).definition.realise(target, wanted, from, facts) as ReturnType<typeof realiseOrigin>;
const codes = (result: ReturnType<typeof realised>): readonly string[] =>
  "state" in result ? [] : result.findings.map(({ code }) => code);

describe("realiseOrigin", () => {
  it("shows an identity that is yet to be imported", () => {
    const base = state("nothing");
    const result = realised(base, showing(a.bundle), factsOf(...a.ders));
    expect(result).toEqual({
      findings: [expect.objectContaining({ code: "origin-without-websockets", severity: "warning" })],
      state: {
        ...base,
        origin: { ...base.origin, shows: a.bundle },
        certificates: { [bundleName(a.bundle)]: { taken: false, secret } },
      },
    });
  });

  it("shows one of RSA 2048, too", () => {
    expect(codes(realised(state("nothing"), showing(rsa.bundle), factsOf(...rsa.ders)))).toEqual([]);
  });

  it("takes what was imported before, and asks for no key", () => {
    const base = state("nothing", [{ ...a.bundle, taken: true }]);
    const result = realised(base, showing(a.bundle), factsOf(...a.ders));
    expect(result).toMatchObject({ state: { certificates: base.certificates } });
  });

  it.each([
    ["of handfast's", (one: Identity) => state(one.bundle, [one.bundle])],
    ["of somebody else's", (one: Identity) => state({ ...one.bundle, arn: arnOf("11111111") })],
  ])("leaves a certificate %s that is shown already, fit or not", (_, from) => {
    const base = from(strong);
    expect(realised(base, showing(strong.bundle), factsOf(...strong.ders))).toEqual({ state: base });
  });

  it("shows nothing, and leaves an origin alone that is shown nothing", () => {
    const base = state(foreign("x", arnOf("11111111")));
    expect(realised(base)).toEqual({ state: { ...base, origin: { ...base.origin, shows: "nothing" } } });
    for (const kind of ["s3", "vpc"] as const) {
      const other = state("nothing", [], { kind });
      expect(realised(other)).toEqual({ state: other });
    }
  });

  it.each([
    ["a distribution that is not there", noDistribution, "distribution-not-found"],
    ["an origin that is not there", noOrigin, "origin-not-found"],
  ])("refuses %s, whatever is wanted", (_, from, code) => {
    expect(codes(realised(from))).toEqual([code]);
    expect(codes(realised(from, showing(a.bundle), factsOf(...a.ders)))).toEqual([code]);
  });

  it.each([
    ["an S3 origin", { kind: "s3" }, ["origin-not-custom"]],
    ["a VPC origin", { kind: "vpc" }, ["origin-not-custom"]],
    ["an origin that is reached by HTTP", { protocolPolicy: "http-only" }, ["origin-not-https"]],
    [
      "an origin that is reached as viewers come, by HTTP among others",
      { protocolPolicy: "match-viewer", bans: ["http-viewers"] },
      ["origin-not-https"],
    ],
    ["an origin that is passed gRPC", { bans: ["grpc"] }, ["origin-with-grpc"]],
    ["an origin behind Lambda@Edge", { bans: ["lambda-at-origin"] }, ["origin-with-lambda"]],
  ] as const)("refuses to show %s a certificate", (_, fields, expected) => {
    const base = state("nothing", [], fields);
    expect(codes(realised(base, showing(a.bundle), factsOf(...a.ders)))).toEqual(expected);
  });

  it("shows an origin a certificate that is reached as viewers come, all of them by HTTPS", () => {
    const base = state("nothing", [], { protocolPolicy: "match-viewer" });
    expect(codes(realised(base, showing(a.bundle), factsOf(...a.ders)))).toEqual([]);
  });

  it.each<[string, Partial<CertificateFacts>, readonly string[]]>([
    ["without an extended key usage", { extendedKeyUsage: undefined }, ["leaf-without-client-auth"]],
    ["for servers alone", { extendedKeyUsage: ["1.3.6.1.5.5.7.3.1"] }, ["leaf-without-client-auth"]],
    ["for any purpose", { extendedKeyUsage: ["2.5.29.37.0"] }, ["leaf-without-client-auth"]],
    ["that is a CA's", { ca: true }, ["certificate-is-ca"]],
    ["with a key of P-384", key("ec-secp384r1"), ["key-unsuitable"]],
    ["with a key of RSA 4096", key("rsa-4096"), ["key-unsuitable"]],
    ["with an Ed25519 key", key("ed25519"), ["key-unsuitable"]],
  ])("refuses a certificate %s", (_, facts, expected) => {
    const one = bundle("x");
    const all = factsWhere({ [one.certificate]: facts }, selfSigned);
    expect(codes(realised(state("nothing"), showing(one), all))).toEqual(expected);
  });

  it("refuses one that is too large, whatever else it is", () => {
    const one = bundle("x");
    const bytes = new Uint8Array(60_000);
    bytes.set(selfSigned.der);
    const all = factsWhere({ [one.certificate]: { der: bytes } }, selfSigned);
    expect(codes(realised(state("nothing"), showing(one), all))).toContain("certificate-too-large");
    expect(codes(realised(state("nothing"), showing(one), all))).toContain("chain-too-large");
  });

  it("refuses a leaf without its issuer, which ACM does, too", () => {
    const leaf = { certificate: a.bundle.certificate, chain: [] };
    expect(codes(realised(state("nothing"), showing(leaf), factsOf(...a.ders)))).toEqual(["chain-missing"]);
  });

  it("takes a leaf that signed itself without one", () => {
    const one = bundle("self");
    const all = factsWhere({}, selfSigned);
    expect(codes(realised(state("nothing"), showing(one), all))).toEqual([]);
  });

  it("refuses a chain of others, and one in the wrong order", () => {
    const facts = factsOf(...a.ders, ...rsa.ders);
    for (const chain of [rsa.bundle.chain, [...a.bundle.chain, a.bundle.certificate]]) {
      const mixed = { certificate: a.bundle.certificate, chain };
      expect(codes(realised(state("nothing"), showing(mixed), facts))).toContain("chain-broken");
    }
  });

  it("refuses a chain to the root of more than three", async () => {
    const newKey = () => generateKey({ type: "ec", curve: "P-256" });
    const between = async (parent: typeof a.root, name: string, pathLength: number) =>
      parent.issueAuthority({ subject: `CN=${name}`, key: await newKey(), pathLength, notBefore: start });
    const upper = await between(a.root, "upper", 1);
    const lower = await between(upper, "lower", 0);
    const issued = async (by: typeof upper) =>
      by.issue(await createCsr({ subject: "CN=leaf", key: await newKey() }), { notBefore: start });
    const [short, long] = [await issued(upper), await issued(lower)];
    const all = [short, long, upper.certificate, lower.certificate, a.root.certificate];
    const facts = factsOf(...all.map(({ der }) => der));
    const ofShort = { certificate: short.sha256, chain: [upper.certificate.sha256] };
    const ofLong = { certificate: long.sha256, chain: [lower.certificate.sha256, upper.certificate.sha256] };
    expect(codes(realised(state("nothing"), showing(ofShort), facts))).toEqual([]);
    expect(codes(realised(state("nothing"), showing(ofLong), facts))).toEqual(["chain-too-long"]);
  });

  it("refuses what no origin can have, and says why", () => {
    const verifier = { role: "verifier", mode: "off", anchors: [], crls: [] } as const;
    expect(codes(realised(state("nothing"), verifier))).toEqual(["not-a-verifier"]);
    const inherited = { role: "presenter", shows: "inherited" } as const;
    expect(codes(realised(state("nothing"), inherited))).toEqual(["nothing-to-inherit"]);
  });

  it.each([
    [{ tool: "Terraform" }, /provider aws 6\.51[\s\S]*origin_mtls_config/],
    [{ tool: "AWS CloudFormation", name: "stack shop" }, /OriginMtlsConfig:/],
    [{ tool: "Pulumi" }, /ignoreChanges/],
    [{ tool: "Crossplane" }, /initProvider/],
  ] as const)("says how %o would undo it, and only when something changes", (manager, mend) => {
    const base: OriginState = { ...state("nothing"), manager };
    const result = realised(base, showing(a.bundle), factsOf(...a.ders));
    expect(result).toMatchObject({
      state: {},
      findings: [{ code: "owned-by-other-tool", severity: "warning" }, { code: "origin-without-websockets" }],
    });
    expect(("findings" in result && result.findings?.[0]?.mend) || "").toMatch(mend);
    expect(realised(base)).toEqual({ state: base });
  });
});

describe("originFace", () => {
  it.each([
    ["nothing", state("nothing"), "nothing"],
    ["a certificate of handfast's", state(bundle("x", "y")), bundle("x", "y")],
    ["one of somebody else's", state(foreign("x", arnOf("11111111"))), bundle("x")],
    [
      "one that can't be read",
      state({ unknown: "it is not in ACM", arn: arnOf("11111111") }),
      { unknown: "it is not in ACM" },
    ],
    ["no origin", noOrigin, "nothing"],
  ])("tells of %s", (_, from, shows) => {
    expect(originFace(from)).toEqual({ role: "presenter", shows });
  });
});

describe("bundleName", () => {
  it("tells chains apart", () => {
    expect(bundleName(bundle("x"))).toBe(sha256("x"));
    expect(bundleName(bundle("x", "y"))).toBe(`${sha256("x")}+${sha256("y")}`);
  });
});
