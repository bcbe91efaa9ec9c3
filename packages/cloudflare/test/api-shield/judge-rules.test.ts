import { expect, test } from "vitest";
import { effectOf, isShadowed } from "../../src/api-shield/judge-rules.ts";
import type { FirewallRule } from "../../src/api-shield/port.ts";
import type { OthersEffect } from "../../src/api-shield/state.ts";

const field = "cf.tls_client_auth";
const host = `http.host eq "shop.example.com"`;
const [a, b] = ["A".repeat(40), "B".repeat(40)] as const;
const rule = (expression: string, more: Partial<FirewallRule> = {}): FirewallRule => ({
  id: expression,
  ref: expression,
  action: "block",
  expression,
  description: "",
  enabled: true,
  skipsRuleset: false,
  ...more,
});
const skip = (expression: string) => rule(expression, { action: "skip", skipsRuleset: true });
const nothing: OthersEffect = { kind: "nothing" };

const cases: readonly {
  readonly title: string;
  readonly rules: readonly FirewallRule[];
  readonly effect: OthersEffect;
}[] = [
  { title: "no rule", rules: [], effect: nothing },
  { title: "a rule about something else", rules: [rule("ip.src eq 192.0.2.1")], effect: nothing },
  {
    title: "a rule for another hostname",
    rules: [rule(`http.host eq "api.example.com" and not ${field}.cert_verified`)],
    effect: nothing,
  },
  {
    title: "a rule that is switched off",
    rules: [rule(`${host} and not ${field}.cert_verified`, { enabled: false })],
    effect: nothing,
  },
  {
    title: "a rule that only logs",
    rules: [rule(`${host} and not ${field}.cert_verified`, { action: "log" })],
    effect: nothing,
  },
  {
    title: "any CA of the account",
    rules: [rule(`${host} and (not ${field}.cert_verified or ${field}.cert_revoked)`)],
    effect: { kind: "requires", issuers: "any" },
  },
  {
    title: "revoked ones let in",
    rules: [rule(`${host} and not ${field}.cert_verified`)],
    effect: { kind: "requires", issuers: "any", revokedLetIn: true },
  },
  {
    title: "one issuer, in the form of the documentation",
    rules: [rule(`not (${field}.cert_verified and ${field}.cert_issuer_ski eq "${a}")`)],
    effect: { kind: "requires", issuers: [a], revokedLetIn: true },
  },
  {
    title: "two rules together",
    rules: [
      rule(`${host} and (not ${field}.cert_verified or ${field}.cert_revoked)`),
      rule(`${host} and not ${field}.cert_issuer_ski in {"${a}" "${b}"}`),
      rule(`${host} and ${field}.cert_issuer_ski eq "${b}"`),
    ],
    effect: { kind: "requires", issuers: [a] },
  },
  {
    title: "a path of the hostname only",
    rules: [rule(`${host} and http.request.uri.path eq "/api" and not ${field}.cert_verified`)],
    effect: { kind: "unknown", rule: "" },
  },
  {
    title: "whoever shows a bad one, and not whoever shows none",
    rules: [rule(`${host} and ${field}.cert_presented and not ${field}.cert_verified`)],
    effect: { kind: "unknown", rule: "" },
  },
  {
    title: "revoked ones of one issuer only",
    rules: [
      rule(
        `${host} and (not ${field}.cert_verified or (${field}.cert_revoked and ${field}.cert_issuer_ski eq "${a}"))`,
      ),
    ],
    effect: { kind: "unknown", rule: "" },
  },
  {
    title: "a challenge",
    rules: [rule(`${host} and not ${field}.cert_verified`, { action: "managed_challenge" })],
    effect: { kind: "unknown", rule: "" },
  },
  {
    title: "single serial numbers",
    rules: [rule(`${host} and (not ${field}.cert_verified or ${field}.cert_serial eq "01")`)],
    effect: { kind: "unknown", rule: "" },
  },
  {
    title: "a skip before it, for the hostname",
    rules: [skip(host), rule(`${host} and not ${field}.cert_verified`)],
    effect: nothing,
  },
  {
    title: "a skip before it, for nobody knows whom",
    rules: [skip("ip.src in $office"), rule(`${host} and not ${field}.cert_verified`)],
    effect: { kind: "unknown", rule: "" },
  },
  {
    title: "a skip behind it",
    rules: [
      rule(`${host} and (not ${field}.cert_verified or ${field}.cert_revoked)`),
      skip("ip.src in $office"),
    ],
    effect: { kind: "requires", issuers: "any" },
  },
];

test.each(cases)("effectOf tells what rules do: $title", ({ rules, effect }) => {
  const found = effectOf(rules, "shop.example.com", [a, b]);
  if (effect.kind !== "unknown") expect(found).toEqual(effect);
  else expect(found).toMatchObject({ kind: "unknown", rule: expect.stringContaining(field) });
});

test("isShadowed looks at the rules before, and at those that skip for the hostname or may", () => {
  const own = rule("own");
  const at = (rules: readonly FirewallRule[]) => isShadowed(rules, rules.indexOf(own), "shop.example.com");
  expect(at([own, skip("true")])).toBe(false);
  expect(at([skip(`http.host eq "api.example.com"`), own])).toBe(false);
  expect(at([rule("true", { action: "skip" }), own])).toBe(false);
  expect(at([{ ...skip("true"), enabled: false }, own])).toBe(false);
  expect(at([skip(host), own])).toBe(true);
  expect(at([skip("ip.src in $office"), own])).toBe(true);
});
