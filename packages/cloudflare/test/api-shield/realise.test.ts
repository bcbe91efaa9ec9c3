import { type Digest, type Facts, HandfastError, type WantedVerifier } from "@handfast/core";
import { expect, test } from "vitest";
import { readRule } from "../../src/api-shield/expression.ts";
import { realiseState } from "../../src/api-shield/realise.ts";
import { type ApiShieldState, faceOf } from "../../src/api-shield/state.ts";
import type { ApiShieldTarget } from "../../src/api-shield/target.ts";
import { makeAuthorities } from "./authorities.ts";
import { codesOf } from "./simulated.ts";

const { a, b, facts } = await makeAuthorities();
const target: ApiShieldTarget = {
  zone: "0".repeat(32),
  account: "1".repeat(32),
  hostname: "shop.example.com",
};
const empty: ApiShieldState = { store: {}, associated: [], rule: null, others: { kind: "nothing" } };
const held = (one: typeof a, used = false) => ({
  [one.anchor]: { anchors: [one.anchor], issuers: [one.issuer], used },
});
const ask = (wanted: Partial<WantedVerifier>, base = empty, known: Facts = facts, at = target) =>
  realiseState(at, { role: "verifier", mode: "required", anchors: [], crls: [], ...wanted }, base, known);
const stateOf = (realised: ReturnType<typeof ask>): ApiShieldState => {
  if ("state" in realised) return realised.state;
  throw new Error(JSON.stringify(realised.findings));
};
const refusal = (realised: ReturnType<typeof ask>): string[] => {
  expect(realised).not.toHaveProperty("state");
  return codesOf(realised.findings);
};

/** Facts with some certificates as they are said to be. */
const likeA = (more: Partial<ReturnType<Facts["certificate"]>>, digest: Digest = "e".repeat(64)): Facts => ({
  certificate: (asked) =>
    asked === digest ? { ...facts.certificate(a.anchor), sha256: digest, ...more } : facts.certificate(asked),
  crl: facts.crl,
});

test("realise has the face that was wanted, in each mode", () => {
  for (const wanted of [
    { mode: "off", anchors: [] },
    { mode: "request", anchors: [] },
    { mode: "required", anchors: [a.anchor] },
    { mode: "required", anchors: [a.anchor, b.anchor].sort() },
    { mode: "required", anchors: [a.anchor], crls: [a.crl.digest] },
  ] as const) {
    const face = faceOf(target, stateOf(ask(wanted)));
    const { crls = [] } = wanted as { crls?: readonly string[] };
    expect(face).toEqual({
      role: "verifier",
      mode: wanted.mode,
      anchors: { known: wanted.anchors },
      crls: { known: crls },
      ignoreExpiry: false,
      advertiseNames: false,
    });
  }
});

test("request asks by the wanted CAs; without any by those of now, else by the managed one", () => {
  expect(stateOf(ask({ mode: "request", anchors: [a.anchor, b.anchor] })).associated).toEqual(
    [a.anchor, b.anchor].sort(),
  );
  expect(stateOf(ask({ mode: "request" })).associated).toEqual(["managed"]);
  const now = { ...empty, store: held(a), associated: [a.anchor] };
  expect(stateOf(ask({ mode: "request" }, now)).associated).toEqual([a.anchor]);
});

test("request holds what is uploaded to the provider's rules, and what is there already to none", () => {
  const leaf = likeA({ ca: false });
  expect(refusal(ask({ mode: "request", anchors: ["e".repeat(64)] }, empty, leaf))).toContain("not-a-ca");
  const there = { ["e".repeat(64)]: { anchors: ["e".repeat(64)], issuers: [], used: false } };
  expect(
    stateOf(ask({ mode: "request", anchors: ["e".repeat(64)] }, { ...empty, store: there }, leaf)).associated,
  ).toEqual(["e".repeat(64)]);
});

test("realise takes the CAs that are in the store, and adds those that are not", () => {
  const base = { ...empty, store: held(a, true) };
  const { store } = stateOf(ask({ anchors: [a.anchor, b.anchor] }, base));
  expect(store[a.anchor]).toBe(base.store[a.anchor]);
  expect(store[b.anchor]).toEqual({ anchors: [b.anchor], issuers: [b.issuer], used: false });
});

test("realise says no where the account has no room", () => {
  const four = Object.fromEntries(
    ["2", "3", "4", "5"].map((digit) => [
      digit.repeat(64),
      { anchors: [digit.repeat(64)], issuers: [digit.repeat(40)], used: true },
    ]),
  );
  expect(refusal(ask({ anchors: [a.anchor, b.anchor] }, { ...empty, store: four }))).toEqual([
    "authority-slots-full",
  ]);
  expect(stateOf(ask({ anchors: [a.anchor] }, { ...empty, store: four })).associated).toEqual([a.anchor]);
  // what is there needs no room
  const five = { ...four, ...held(a) };
  expect(stateOf(ask({ anchors: [a.anchor] }, { ...empty, store: five })).associated).toEqual([a.anchor]);
});

test.each([
  ["a mode that it has not", { mode: "optional", anchors: [a.anchor] }, "mode-unsupported"],
  ["expired certificates", { anchors: [a.anchor], ignoreExpiry: true }, "expiry-not-ignorable"],
  ["names in the request", { anchors: [a.anchor], advertiseNames: true }, "names-not-advertised"],
  ["OCSP", { anchors: [a.anchor], ocsp: true }, "ocsp-unsupported"],
  ["nobody", { anchors: [] }, "no-anchors"],
] as const)("realise refuses %s", (_, wanted, code) => {
  expect(refusal(ask(wanted))).toEqual([code]);
});

test("realise refuses a presenter", () => {
  expect(realiseState(target, { role: "presenter", shows: "nothing" }, empty, facts)).toMatchObject({
    findings: [{ code: "not-a-presenter", severity: "blocker" }],
  });
});

test("realise refuses to trust a CA that a rule can't name", () => {
  const known = likeA({ ski: undefined });
  expect(refusal(ask({ anchors: ["e".repeat(64)] }, empty, known))).toEqual([
    "anchor-without-key-identifier",
  ]);
});

test("realise pins only the issuers, and refuses serials under the issuer of their list", () => {
  const { rule } = stateOf(ask({ anchors: [a.anchor, b.anchor], crls: [a.crl.digest, b.crl.digest] }));
  const content = readRule(rule?.expression ?? "", target.hostname);
  expect(content?.issuers).toEqual([a.issuer, b.issuer].sort());
  expect(Object.fromEntries(content?.revoked ?? [])).toEqual(
    Object.fromEntries(
      [a, b].map(({ issuer, revoked }) => {
        const { serial } = revoked.certificate.facts;
        return [issuer, [(serial.length % 2 === 0 ? serial : `0${serial}`).toUpperCase()]];
      }),
    ),
  );
  expect(rule?.crls).toEqual([a.crl.digest, b.crl.digest].sort());
  // a list of a CA that is not trusted says nothing here
  const alone = stateOf(ask({ anchors: [a.anchor], crls: [b.crl.digest] }));
  expect(readRule(alone.rule?.expression ?? "", target.hostname)?.revoked.size).toBe(0);
});

test("realise takes as many serials as the expression has room for, and not one more", () => {
  const listOf = (count: number): Facts => ({
    certificate: facts.certificate,
    crl: (digest) => ({
      ...facts.crl(a.crl.digest),
      sha256: digest,
      revoked: new Set(Array.from({ length: count }, (_, index) => index.toString(16).padStart(40, "a"))),
    }),
  });
  const withSerials = (count: number) =>
    ask({ anchors: [a.anchor], crls: [a.crl.digest] }, empty, listOf(count));
  let room = 0;
  while ("state" in withSerials(room + 1)) room += 1;
  expect(room).toBeGreaterThan(75);
  expect(stateOf(withSerials(room)).rule?.expression.length).toBeLessThanOrEqual(4096);
  expect(refusal(withSerials(room + 1))).toEqual(["revocation-too-long"]);
});

test("realise warns of another CA of the account that the same pin lets in", () => {
  const twin = { ["f".repeat(64)]: { anchors: ["f".repeat(64)], issuers: [a.issuer], used: true } };
  const realised = ask({ anchors: [a.anchor] }, { ...empty, store: twin });
  expect(stateOf(realised).associated).toEqual([a.anchor]);
  expect(codesOf(realised.findings)).toEqual(["issuer-pin-shared"]);
});

test("realise does not build on a rule of others that lets in more, or revoked ones", () => {
  const others = (more: object) => ({ ...empty, others: { kind: "requires", ...more } }) as ApiShieldState;
  const ruleWith = (base: ApiShieldState) => stateOf(ask({ anchors: [a.anchor] }, base)).rule;
  expect(ruleWith(others({ issuers: [a.issuer] }))).toBeNull();
  expect(ruleWith(others({ issuers: "any" }))).not.toBeNull();
  expect(ruleWith(others({ issuers: [a.issuer, b.issuer].sort() }))).not.toBeNull();
  expect(ruleWith(others({ issuers: [a.issuer], revokedLetIn: true }))).not.toBeNull();
});

test("face takes nothing for known that hangs on a CA which can't be read", () => {
  const any: ApiShieldState = { ...empty, store: held(a), others: { kind: "requires", issuers: "any" } };
  expect(faceOf(target, any)).toMatchObject({ mode: "required", anchors: { unknown: expect.any(String) } });
  const told = { ...target, managedCa: b.authority.certificate.pem };
  expect(faceOf(told, any).anchors).toEqual({ known: [a.anchor, b.anchor].sort() });
  const pinned: ApiShieldState = { ...any, others: { kind: "requires", issuers: [b.issuer] } };
  expect(faceOf(target, pinned).anchors).toMatchObject({ unknown: expect.any(String) });
  expect(faceOf(told, pinned).anchors).toEqual({ known: [b.anchor] });
});

test("facts that are not known are no findings: the error goes on", () => {
  const unknown: Facts = {
    certificate: () => {
      throw new HandfastError("BLOB_MISSING", "read blob failed: not given; give it");
    },
    crl: facts.crl,
  };
  expect(() => ask({ anchors: [a.anchor] }, empty, unknown)).toThrow("read blob failed");
});
