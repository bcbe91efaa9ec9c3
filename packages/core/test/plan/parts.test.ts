import { describe, expect, it } from "vitest";
import type { Mode, VerifierFace } from "../../src/adapter/contract.ts";
import { changeOfAccess, compareAccess } from "../../src/plan/classes.ts";
import { estimateOf } from "../../src/plan/estimate.ts";
import { isNarrower } from "../../src/plan/moves.ts";
import type { PlanStep } from "../../src/plan/plan.ts";
import { reachOf } from "../../src/plan/reach.ts";
import { sameFace } from "../../src/plan/same-face.ts";
import {
  type CertificateName,
  type CrlName,
  crlDigest,
  digest,
  evidence,
  now,
} from "../fixtures/evidence.ts";

const rules = { maxIntermediates: 3, partialChain: false, crlRule: "whole" as const };

function face(
  mode: Mode,
  anchors: readonly CertificateName[] = [],
  crls: readonly CrlName[] = [],
  ignoreExpiry = false,
): VerifierFace {
  return {
    role: "verifier",
    mode,
    anchors: { known: anchors.map((name) => digest[name]) },
    crls: { known: crls.map((name) => crlDigest[name]) },
    ignoreExpiry,
    advertiseNames: false,
  };
}

describe("reachOf", () => {
  const steps = (edges: Record<string, readonly string[]>) =>
    Object.entries(edges).map(([id, after]) => ({ id, after }));

  it.each([
    ["a step before the next", { a: [], b: ["a"] }, "a", "b", true],
    ["not the other way round", { a: [], b: ["a"] }, "b", "a", false],
    ["a step before one behind another", { a: [], b: ["a"], c: ["b"] }, "a", "c", true],
    ["no order between siblings", { a: [], b: ["a"], c: ["a"] }, "b", "c", false],
    ["an order whatever the list's", { c: ["b"], b: ["a"], a: [] }, "a", "c", true],
    ["not a step before itself", { a: [] }, "a", "a", false],
  ] as const)("finds %s", (_name, edges, first, second, is) => {
    expect(reachOf(steps(edges)).isBefore(first, second)).toBe(is);
  });

  it("reaches over more steps than a word has bits", () => {
    const chain = Array.from({ length: 100 }, (_, at) => ({
      id: `s${at}`,
      after: at === 0 ? [] : [`s${at - 1}`],
    }));
    const reach = reachOf(chain);
    for (const at of [0, 31, 32, 63, 64, 98]) {
      expect(reach.isBefore(`s${at}`, "s99")).toBe(true);
      expect(reach.isBefore("s99", `s${at}`)).toBe(false);
    }
  });
});

describe("estimateOf", () => {
  const write = (id: string, after: readonly string[], typicalMs: number, budget = "x"): PlanStep => ({
    id,
    after: [...after],
    kind: "write",
    phase: "widen",
    summary: "",
    target: "t",
    step: {
      key: id,
      object: id,
      action: null,
      effect: "switch",
      back: "exact",
      settles: { by: "status", typicalMs, atMostMs: typicalMs * 3 },
      cost: { budget, calls: 2 },
      summary: "",
    },
  });

  it.each([
    ["nothing", [], 0, {}],
    ["a chain by its sum", [write("a", [], 5), write("b", ["a"], 7)], 12, { x: 4 }],
    ["what runs at once by the longest", [write("a", [], 5), write("b", [], 7, "y")], 7, { x: 2, y: 2 }],
    [
      "a join behind the later one",
      [write("a", [], 5), write("b", [], 7), write("c", ["a", "b"], 1)],
      8,
      { x: 6 },
    ],
  ] as const)("counts %s", (_name, steps, typicalMs, calls) => {
    expect(estimateOf(steps)).toEqual({ typicalMs, atMostMs: typicalMs * 3, calls });
  });

  it("takes more steps than a call takes arguments", () => {
    const many = Array.from({ length: 200_000 }, (_, at) => write(`s${at}`, [], 1));
    expect(estimateOf(many).typicalMs).toBe(1);
  });
});

describe("compareAccess", () => {
  const all = /./;
  it.each<[string, VerifierFace, VerifierFace, VerifierFace, RegExp | undefined, RegExp | undefined]>([
    [
      "the union of both ends",
      face("required", ["a"]),
      face("required", ["a", "b"]),
      face("required", ["b"]),
      undefined,
      undefined,
    ],
    [
      "a weaker mode",
      face("required", ["a"]),
      face("request", ["a"]),
      face("required", ["b"]),
      all,
      undefined,
    ],
    [
      "a CA of neither end",
      face("required", ["a"]),
      face("required", ["a", "c"]),
      face("required", ["b"]),
      /Root C/,
      undefined,
    ],
    [
      "a CA of both ends left out",
      face("required", ["a", "b"]),
      face("required", ["b"]),
      face("required", ["a", "b"]),
      undefined,
      /Root A/,
    ],
    [
      "ignored expiry",
      face("required", ["a"]),
      face("required", ["a"], [], true),
      face("required", ["a"]),
      /expired/,
      undefined,
    ],
    [
      "no list where both have one",
      face("required", ["a"], ["a-a2"]),
      face("required", ["a"]),
      face("required", ["a"], ["a-a1a2"]),
      /revokes/,
      undefined,
    ],
    [
      "the longer list",
      face("required", ["a"], ["a-a2"]),
      face("required", ["a"], ["a-a1a2"]),
      face("required", ["a"], ["a-a1a2"]),
      undefined,
      undefined,
    ],
    [
      "one list only",
      face("required", ["a", "b"]),
      face("required", ["a", "b"], ["a-none"]),
      face("required", ["a", "b"]),
      undefined,
      /Root B/,
    ],
    [
      "off between two that refuse",
      face("required", ["a"]),
      face("off"),
      face("required", ["a"]),
      /without a certificate/,
      undefined,
    ],
  ])("judges %s", (_name, first, on, last, leaks, dropped) => {
    const access = compareAccess(first, on, last, now, rules, evidence);
    if (leaks === undefined) expect(access.leaks).toEqual([]);
    else expect(access.leaks.join("; ")).toMatch(leaks);
    if (dropped === undefined) expect(access.dropped).toEqual([]);
    else expect(access.dropped.join("; ")).toMatch(dropped);
  });
});

describe("changeOfAccess", () => {
  it("tells who gains and who loses", () => {
    const change = changeOfAccess(face("required", ["a"]), face("required", ["b"]), now, rules, evidence);
    expect(change).toEqual({ gained: ["certificates of CN=Root B"], lost: ["certificates of CN=Root A"] });
  });
});

describe("isNarrower", () => {
  it.each<[string, VerifierFace, VerifierFace, boolean]>([
    ["to ask and refuse nobody", face("off"), face("request"), false],
    ["to refuse bad certificates", face("request"), face("optional", ["a"]), true],
    ["to refuse none at all", face("optional", ["a"]), face("required", ["a"]), true],
    ["to trust one more", face("required", ["a"]), face("required", ["a", "b"]), false],
    ["to trust one less", face("required", ["a", "b"]), face("required", ["b"]), true],
    ["to swap one for another", face("required", ["a"]), face("required", ["b"]), true],
    ["to refuse less by mode", face("required", ["a"]), face("off"), false],
    ["to take a list", face("required", ["a"]), face("required", ["a"], ["a-none"]), true],
    ["to drop all lists", face("required", ["a"], ["a-none"]), face("required", ["a"]), false],
    [
      "to drop one list of two",
      face("required", ["a", "b"], ["a-none", "b-none"]),
      face("required", ["a", "b"], ["a-none"]),
      true,
    ],
    ["to mind expiry", face("required", ["a"], [], true), face("required", ["a"]), true],
    ["to name CAs", face("required", ["a"]), { ...face("required", ["a"]), advertiseNames: true }, true],
    ["to name none", { ...face("required", ["a"]), advertiseNames: true }, face("required", ["a"]), false],
    [
      "to name CAs to whom it lets in anyway",
      face("off"),
      { ...face("request"), advertiseNames: true },
      false,
    ],
  ])("takes it for narrower, or not, %s", (_name, first, next, is) => {
    expect(isNarrower(first, next)).toBe(is);
  });
});

describe("sameFace", () => {
  it("compares sets by content, not by order", () => {
    expect(sameFace(face("required", ["a", "b"]), face("required", ["b", "a"]))).toBe(true);
    expect(sameFace(face("required", ["a", "b"]), face("required", ["a"]))).toBe(false);
  });
});
