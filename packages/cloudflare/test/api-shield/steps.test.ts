import fc from "fast-check";
import { expect, test } from "vitest";
import type { ApiShieldAction } from "../../src/api-shield/actions.ts";
import { writeRule } from "../../src/api-shield/expression.ts";
import { planRemovals } from "../../src/api-shield/removals.ts";
import {
  type ApiShieldState,
  type AuthorityName,
  apiShieldState,
  authorityKey,
  faceOf,
  isSameRule,
  type OwnRule,
  sorted,
} from "../../src/api-shield/state.ts";
import { checkStep, planSteps, stateAfter } from "../../src/api-shield/steps.ts";
import { type ApiShieldTarget, apiShieldTarget } from "../../src/api-shield/target.ts";

const target: ApiShieldTarget = {
  zone: "0".repeat(32),
  account: "1".repeat(32),
  hostname: "shop.example.com",
};
const options = { budget: "cloudflare.api-shield", settleMs: 30_000, idleMs: 400_000 };
const names = ["a", "b", "c"].map((letter) => letter.repeat(64));
const issuerOf = (name: AuthorityName) => name.slice(0, 40).toUpperCase();
const storeOf = (held: readonly AuthorityName[]) =>
  Object.fromEntries(held.map((name) => [name, { anchors: [name], issuers: [issuerOf(name)], used: false }]));
const ruleOf = (pinned: readonly AuthorityName[]): OwnRule => ({
  expression: writeRule(target.hostname, { issuers: sorted(pinned.map(issuerOf)), revoked: new Map() }),
  enabled: true,
  crls: [],
  crlsRead: true,
  shadowed: false,
});

/** A state that there may be: what is asked for is in the store, and a rule pins some of it. */
const anyState: fc.Arbitrary<ApiShieldState> = fc
  .record({
    held: fc.subarray(names),
    asked: fc.subarray(names),
    managed: fc.boolean(),
    rule: fc.constantFrom("none", "pinned", "shadowed", "off"),
  })
  .map(({ held, asked, managed, rule }) => {
    const associated = sorted([...asked, ...(managed ? ["managed"] : [])]);
    const own = { ...ruleOf(asked), shadowed: rule === "shadowed", enabled: rule !== "off" };
    return {
      store: storeOf(sorted([...held, ...asked])),
      associated,
      rule: rule === "none" || asked.length === 0 ? null : own,
      others: { kind: "nothing" } as const,
    };
  });
const seen = (now: ApiShieldState) => ({
  objects: [],
  now,
  may: [],
  settled: true,
  owner: "us" as const,
  findings: [],
});

test("steps lead anywhere: they fold to the face and the setting of the goal, with one switch at the end", () => {
  fc.assert(
    fc.property(anyState, anyState, (from, to) => {
      const { steps, findings } = planSteps(target, from, to, options);
      const isFirst = from.associated.length === 0 && to.associated.length > 0;
      expect(findings.map(({ code }) => code)).toEqual(isFirst ? ["connections-never-asked"] : []);
      const waits = steps.flatMap(({ effect, settles }) => (effect === "switch" ? [settles] : []));
      expect(waits).toEqual(
        waits.map(() => ({
          by: "time",
          typicalMs: expect.any(Number),
          atMostMs: isFirst ? 400_000 : 30_000,
        })),
      );
      const end = steps.reduce((state, step) => stateAfter(target, state, step), from);
      expect(end.associated).toEqual(to.associated);
      expect(isSameRule(end.rule, to.rule)).toBe(true);
      expect(planSteps(target, end, to, options).steps).toEqual([]);
      expect(() => apiShieldState.parse(JSON.parse(JSON.stringify(end)))).not.toThrow();
      const switches = steps.filter(({ effect }) => effect === "switch");
      expect(switches.length).toBe(steps.length === 0 ? 0 : 1);
      if (switches.length > 0) expect(steps.at(-1)).toBe(switches[0]);
      const quiet = steps.slice(0, -1).reduce((state, step) => stateAfter(target, state, step), from);
      expect(faceOf(target, quiet)).toEqual(faceOf(target, from));
    }),
  );
});

test("steps lead back to where they came from", () => {
  fc.assert(
    fc.property(anyState, anyState, (from, to) => {
      const go = (start: ApiShieldState, goal: ApiShieldState) =>
        planSteps(target, start, goal, options).steps.reduce(
          (state, step) => stateAfter(target, state, step),
          start,
        );
      const back = go(go(from, to), from);
      expect(back.associated).toEqual(from.associated);
      expect(isSameRule(back.rule, from.rule)).toBe(true);
    }),
  );
});

test("check tells before, half way, behind and elsewhere", () => {
  const [a = "", b = "", c = ""] = names;
  const state = (associated: readonly string[], rule: OwnRule | null): ApiShieldState => ({
    store: storeOf(names),
    associated,
    rule,
    others: { kind: "nothing" },
  });
  const { steps } = planSteps(target, state([a], ruleOf([a])), state([b], ruleOf([b])), options);
  const flip = steps.at(-1) ?? fail();
  const at = (associated: readonly string[], rule: OwnRule | null) =>
    checkStep(flip, seen(state(associated, rule)));
  expect(at([a], ruleOf([a]))).toBe("todo");
  expect(at([a, b], ruleOf([a]))).toBe("todo");
  expect(at([a, b], ruleOf([b]))).toBe("todo");
  expect(at([b], ruleOf([b]))).toBe("done");
  expect(at([b], { ...ruleOf([b]), crlsRead: false })).toBe("done");
  expect(at([a], null)).toEqual({ moved: expect.stringContaining("shop.example.com") });
  expect(at([a, c], ruleOf([a]))).toEqual({ moved: expect.stringContaining("cccc") });
  const [kept] = planSteps(target, state([a, c], null), state([b, c], null), options).steps;
  const without = checkStep(kept ?? fail(), seen(state([a], null)));
  expect(without).toEqual({ moved: expect.stringContaining("aaaa") });
  expect(at([b], { ...ruleOf([b]), enabled: false })).toEqual({ moved: expect.any(String) });
  expect(at([b], { ...ruleOf([b]), shadowed: true })).toEqual({ moved: expect.any(String) });
});

test("after leaves a target alone that the step is not about", () => {
  const [a = ""] = names;
  const from: ApiShieldState = { store: {}, associated: [], rule: null, others: { kind: "nothing" } };
  const to = { ...from, store: storeOf([a]), associated: [a], rule: ruleOf([a]) };
  const { steps } = planSteps(target, from, to, options);
  const elsewhere = { ...target, hostname: "api.example.com" };
  const [upload, flip] = steps;
  expect(stateAfter(elsewhere, from, flip ?? fail())).toBe(from);
  expect(stateAfter(elsewhere, from, upload ?? fail()).store).toEqual(to.store);
  for (const step of steps) {
    expect(stateAfter({ ...target, account: "2".repeat(32) }, from, step)).toBe(from);
  }
});

test("steps say what can't be put back", () => {
  const from: ApiShieldState = { store: {}, associated: [], rule: null, others: { kind: "nothing" } };
  const bundle = `${names[0]}+${names[1]}`;
  const to = { ...from, associated: [bundle] };
  expect(planSteps(target, from, to, options)).toMatchObject({
    steps: [],
    findings: [{ code: "authority-gone", severity: "blocker" }],
  });
  const { steps } = planSteps(target, to, from, options);
  expect(steps[0]?.back).toEqual({ never: expect.any(String) });
});

test("removals take what was made and nobody uses or may go back to", () => {
  const [a = "", b = "", c = ""] = names;
  const state: ApiShieldState = {
    store: { ...storeOf(names), [c]: { anchors: [c], issuers: [], used: true } },
    associated: [a],
    rule: null,
    others: { kind: "nothing" },
  };
  const made = names.map((name) => authorityKey(target.account, name));
  const removed = (keep: readonly ApiShieldState[], mine = made) =>
    planRemovals(target, seen(state), { keep, made: mine }, options).steps.map(({ action }) => action);
  const deletes = (authority: string): ApiShieldAction => ({
    kind: "delete",
    account: target.account,
    authority,
  });
  expect(removed([])).toEqual([deletes(b)]);
  expect(removed([{ ...state, associated: [b] }])).toEqual([]);
  expect(removed([], [])).toEqual([]);
});

test.each([
  ["a wildcard", { hostname: "*.example.com" }],
  ["a URL", { hostname: "https://shop.example.com" }],
  ["upper case", { hostname: "Shop.example.com" }],
  ["a name of one label", { hostname: "localhost" }],
  ["a quotation mark", { hostname: 'shop".example.com' }],
  ["a zone's name for its id", { zone: "example.com" }],
  ["an account's name for its id", { account: "acme" }],
  ["a managed CA that is no certificate", { managedCa: "no PEM" }],
  ["a field that nobody knows", { hostnames: ["shop.example.com"] }],
])("the target refuses %s", (_, more) => {
  expect(apiShieldTarget.safeParse(target).success).toBe(true);
  expect(apiShieldTarget.safeParse({ ...target, ...more }).success).toBe(false);
});

function fail(): never {
  throw new Error("there is nothing");
}
