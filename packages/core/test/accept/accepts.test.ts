import { describe, expect, it } from "vitest";
import { accepts, acceptsIssuedBy, type Rules } from "../../src/accept/accepts.ts";
import type { Shown, VerifierFace } from "../../src/adapter/contract.ts";
import {
  type CertificateName,
  type CrlName,
  crlDigest,
  digest,
  evidence,
  now,
} from "../fixtures/evidence.ts";

/** When no list of the fixtures is in date any more. */
const longAfter = Date.UTC(2125, 11, 1);
const rules: Rules = { maxIntermediates: 3, partialChain: false, crlRule: "whole" };

interface Case {
  readonly name: string;
  readonly mode?: VerifierFace["mode"];
  readonly anchors?: readonly CertificateName[];
  readonly crls?: readonly CrlName[];
  readonly shows: CertificateName | "nothing";
  readonly chain?: readonly CertificateName[];
  readonly ignoreExpiry?: boolean;
  readonly rules?: Partial<Rules>;
  readonly ocsp?: boolean;
  readonly at?: number;
  readonly verdict: "accepted" | "refused";
}

const cases: readonly Case[] = [
  { name: "a leaf of the anchor", anchors: ["a"], shows: "a1", verdict: "accepted" },
  { name: "a leaf of another CA", anchors: ["a"], shows: "b1", verdict: "refused" },
  { name: "a leaf of either of two anchors", anchors: ["a", "b"], shows: "b1", verdict: "accepted" },
  { name: "no certificate where one is required", anchors: ["a"], shows: "nothing", verdict: "refused" },
  {
    name: "no certificate where it is optional",
    mode: "optional",
    anchors: ["a"],
    shows: "nothing",
    verdict: "accepted",
  },
  {
    name: "a stranger's where it is optional",
    mode: "optional",
    anchors: ["a"],
    shows: "s1",
    verdict: "refused",
  },
  { name: "a stranger's where it is only asked for", mode: "request", shows: "s1", verdict: "accepted" },
  { name: "anything where nothing is asked", mode: "off", shows: "s1", verdict: "accepted" },
  { name: "an expired leaf", anchors: ["a"], shows: "aexp", verdict: "refused" },
  {
    name: "an expired leaf when expiry is ignored",
    anchors: ["a"],
    shows: "aexp",
    ignoreExpiry: true,
    verdict: "accepted",
  },
  {
    name: "a leaf that is not valid yet, when expiry is ignored",
    anchors: ["a"],
    shows: "a1",
    at: Date.UTC(2020, 5, 1),
    ignoreExpiry: true,
    verdict: "refused",
  },
  {
    name: "an expired leaf of a CA that has expired too, when expiry is ignored",
    anchors: ["a"],
    shows: "a1",
    at: Date.UTC(2130, 0, 1),
    ignoreExpiry: true,
    verdict: "refused",
  },
  { name: "a leaf for servers only", anchors: ["a"], shows: "srv", verdict: "refused" },
  { name: "a leaf with its intermediate", anchors: ["a"], shows: "ai1", chain: ["ai"], verdict: "accepted" },
  { name: "a leaf without its intermediate", anchors: ["a"], shows: "ai1", verdict: "refused" },
  {
    name: "a leaf whose intermediate lies in the store",
    anchors: ["a", "ai"],
    shows: "ai1",
    verdict: "accepted",
  },
  { name: "an intermediate as the only anchor", anchors: ["ai"], shows: "ai1", verdict: "refused" },
  {
    name: "an intermediate as anchor where that is allowed",
    anchors: ["ai"],
    shows: "ai1",
    rules: { partialChain: true },
    verdict: "accepted",
  },
  {
    name: "a chain that is too deep",
    anchors: ["a"],
    shows: "ai1",
    chain: ["ai"],
    rules: { maxIntermediates: 0 },
    verdict: "refused",
  },
  { name: "a revoked leaf", anchors: ["a"], crls: ["a-a2"], shows: "a2", verdict: "refused" },
  {
    name: "a leaf that is not on the list",
    anchors: ["a"],
    crls: ["a-a2"],
    shows: "a1",
    verdict: "accepted",
  },
  {
    name: "a leaf of a CA without a list beside one with",
    anchors: ["a", "b"],
    crls: ["a-none"],
    shows: "b1",
    verdict: "refused",
  },
  {
    name: "the same where only covered CAs are checked",
    anchors: ["a", "b"],
    crls: ["a-none"],
    shows: "b1",
    rules: { crlRule: "covered" },
    verdict: "accepted",
  },
  {
    name: "a leaf that is on no list, where only what is listed is refused, and the list is out of date",
    anchors: ["a"],
    crls: ["a-a2"],
    shows: "a1",
    rules: { crlRule: "listed" },
    at: longAfter,
    ignoreExpiry: true,
    verdict: "accepted",
  },
  {
    name: "the same by the other rules",
    anchors: ["a"],
    crls: ["a-a2"],
    shows: "a1",
    rules: { crlRule: "covered" },
    at: longAfter,
    ignoreExpiry: true,
    verdict: "refused",
  },
  {
    name: "a listed leaf, however old the list is",
    anchors: ["a"],
    crls: ["a-a2"],
    shows: "a2",
    rules: { crlRule: "listed" },
    at: longAfter,
    ignoreExpiry: true,
    verdict: "refused",
  },
  {
    name: "a leaf of a CA without a list, where only what is listed is refused",
    anchors: ["a", "b"],
    crls: ["a-none"],
    shows: "b1",
    rules: { crlRule: "listed" },
    verdict: "accepted",
  },
  {
    name: "a leaf that names an OCSP responder",
    anchors: ["o"],
    shows: "o1",
    ocsp: true,
    verdict: "accepted",
  },
  { name: "a leaf that names none", anchors: ["a"], shows: "a1", ocsp: true, verdict: "refused" },
  {
    name: "a leaf that names none, where nobody is asked",
    anchors: ["a"],
    shows: "a1",
    ocsp: false,
    verdict: "accepted",
  },
];

function faceOf(one: Case): VerifierFace {
  return {
    role: "verifier",
    mode: one.mode ?? "required",
    anchors: { known: (one.anchors ?? []).map((name) => digest[name]) },
    crls: { known: (one.crls ?? []).map((name) => crlDigest[name]) },
    ignoreExpiry: one.ignoreExpiry ?? false,
    advertiseNames: false,
    ocsp: one.ocsp,
  };
}

describe("acceptsIssuedBy", () => {
  it("does not say whether leaves that nobody has seen name an OCSP responder", () => {
    const face = faceOf({ name: "", anchors: ["a"], shows: "a1", ocsp: true, verdict: "accepted" });
    const verdictOf = (ocsp: boolean) =>
      acceptsIssuedBy({ ...face, ocsp }, digest.a, { at: now }, rules, evidence).verdict;
    expect([verdictOf(true), verdictOf(false)]).toEqual(["unknown", "accepted"]);
  });
});

describe("accepts", () => {
  it.each(cases)("judges $name: $verdict", (one) => {
    const shown: Shown =
      one.shows === "nothing"
        ? "nothing"
        : { certificate: digest[one.shows], chain: (one.chain ?? []).map((name) => digest[name]) };
    const { verdict } = accepts(
      faceOf(one),
      shown,
      { at: one.at ?? now },
      { ...rules, ...one.rules },
      evidence,
    );
    expect(verdict).toBe(one.verdict);
  });

  it("says unknown, never refused or accepted, about a store that can't be read", () => {
    const face: VerifierFace = {
      ...faceOf({ name: "", shows: "a1", verdict: "accepted" }),
      anchors: { unknown: "unreadable", count: 2 },
    };
    const shown = { certificate: digest.a1, chain: [] };
    expect(accepts(face, shown, { at: now }, rules, evidence).verdict).toBe("unknown");
    expect(accepts({ ...face, mode: "request" }, shown, { at: now }, rules, evidence).verdict).toBe(
      "accepted",
    );
  });

  it("lets a client that obeys advertised names send nothing when none fits", () => {
    const face = {
      ...faceOf({ name: "", mode: "optional", anchors: ["b"], shows: "a1", verdict: "accepted" }),
      advertiseNames: true,
    };
    const shown = { certificate: digest.a1, chain: [] };
    expect(accepts(face, shown, { at: now, obeysNames: true }, rules, evidence).verdict).toBe("accepted");
    expect(accepts(face, shown, { at: now }, rules, evidence).verdict).toBe("refused");
  });
});

describe("acceptsIssuedBy", () => {
  it.each([
    ["its own anchor", ["a"], "a", "accepted"],
    ["another anchor", ["b"], "a", "refused"],
    ["an intermediate of the anchor", ["a"], "ai", "accepted"],
  ] as const)("judges whatever a CA issues against %s", (_name, anchors, issuer, verdict) => {
    const face = faceOf({ name: "", anchors, shows: "nothing", verdict: "accepted" });
    expect(acceptsIssuedBy(face, digest[issuer], { at: now }, rules, evidence).verdict).toBe(verdict);
  });
});
