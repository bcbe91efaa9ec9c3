import { expect, test } from "vitest";
import type { SslRule } from "../../src/hostname/port.ts";
import { faceOf, type HostnameState } from "../../src/hostname/state.ts";
import { isOwnRule, ownRuleText, seeSsl } from "../../src/ssl-mode/rule.ts";
import { noRules, speaksTls, verdictOf, withOwnRule } from "../../src/ssl-mode/state.ts";
import { bare, bundle } from "../hostname/states.ts";

const hostname = "shop.example.com";
const rule = (ssl: string, expression = "true", more: Partial<SslRule> = {}): SslRule => ({
  id: `id-${ssl}`,
  ref: `ref-${ssl}`,
  ssl,
  expression,
  description: "",
  enabled: true,
  alone: true,
  ...more,
});
const own = (ssl: string, more: Partial<SslRule> = {}): SslRule => ({
  ...rule(ssl),
  ...ownRuleText(hostname, ssl),
  ...more,
});
const office = "ip.src in $office";

const seen: [string, string, SslRule[], string, string, string[]][] = [
  ["no rule: the zone's", "full", [], "full", "zone", []],
  ["a rule for all", "full", [rule("strict")], "strict", "rule", []],
  ["the last of two", "off", [rule("strict"), rule("flexible")], "flexible", "rule", []],
  [
    "a rule for another hostname",
    "full",
    [rule("off", 'http.host eq "api.example.com"')],
    "full",
    "zone",
    [],
  ],
  ["a rule that is off", "full", [rule("off", "true", { enabled: false })], "full", "zone", []],
  ["a rule for some requests", "full", [rule("off", office)], "full", "zone", ["off"]],
  ["one for some before one for all", "full", [rule("off", office), rule("strict")], "strict", "rule", []],
  ["our own before one for some", "off", [own("strict"), rule("off", office)], "strict", "own", ["off"]],
  ["our own behind one for some", "off", [rule("flexible", office), own("strict")], "strict", "own", []],
  ["our own behind one for all", "off", [rule("flexible"), own("strict")], "strict", "own", []],
  ["our own before one for all", "off", [own("strict"), rule("flexible")], "flexible", "rule", []],
];

test.each(seen)("seeSsl and verdictOf: %s", (_, zone, rules, mode, by, maybe) => {
  expect(verdictOf(seeSsl(hostname, zone, rules))).toEqual({ mode, by, maybe });
});

test("seeSsl keeps what lies beneath and above our own rule, so that either way can be foretold", () => {
  const rules = [rule("off"), rule("flexible", office), own("strict"), rule("full", 'http.host ne "x"')];
  expect(seeSsl(hostname, "origin_pull", rules).rules).toEqual({
    under: { mode: "off", maybe: ["flexible"] },
    own: "strict",
    over: { mode: "full", maybe: [] },
  });
});

const altered: [string, Partial<SslRule>][] = [
  ["was turned off", { enabled: false }],
  ["is about more hostnames", { expression: "true" }],
  ["sets more than the mode", { alone: false }],
  ["has another mark", { ref: "ref" }],
];

test.each(altered)("isOwnRule knows a rule no more that %s", (_, more) => {
  expect(isOwnRule(own("full"), hostname)).toBe(true);
  expect(isOwnRule(own("full", more), hostname)).toBe(false);
  expect(isOwnRule(own("full"), "api.example.com")).toBe(false);
});

const speaks: [string, SslRule[] | undefined, "yes" | "no" | "unknown"][] = [
  ["full", [], "yes"],
  ["strict", undefined, "yes"],
  ["a-mode-of-tomorrow", [], "yes"],
  ["flexible", [], "no"],
  ["off", [rule("flexible", office)], "no"],
  ["off", [rule("full", office)], "yes"],
  ["off", [own("full")], "yes"],
  ["strict", [rule("off")], "no"],
  ["flexible", undefined, "unknown"],
];

test.each(speaks)("speaksTls in a zone with %s, and rules %j: %s", (zone, rules, expected) => {
  const ssl = seeSsl(hostname, zone, rules);
  expect(speaksTls(ssl)).toBe(expected);
  const shown: HostnameState = { ...bare, ssl, association: { enabled: true, certificate: bundle("a") } };
  const hidden = { unknown: expect.stringContaining("TLS") };
  const shows = { yes: bundle("a"), no: "nothing", unknown: hidden }[expected];
  expect(faceOf(shown)).toEqual({ role: "presenter", shows });
  expect(faceOf({ ...shown, association: { enabled: false, certificate: bundle("a") } }).role).toBe(
    "presenter",
  );
  expect(faceOf({ ...bare, ssl })).toEqual({ role: "presenter", shows: "nothing" });
  expect(faceOf({ ...bare, ssl, global: true })).toMatchObject({
    shows: expected === "no" ? "nothing" : { unknown: expect.any(String) },
  });
});

test("withOwnRule adds behind all others, changes in place, and gives back what lies beneath", () => {
  const before = seeSsl(hostname, "off", [rule("flexible"), rule("full", office)]);
  const added = withOwnRule(before, "strict");
  expect(verdictOf(added)).toEqual({ mode: "strict", by: "own", maybe: [] });
  expect(withOwnRule(added, null)).toEqual(before);
  expect(added).toEqual(seeSsl(hostname, "off", [rule("flexible"), rule("full", office), own("strict")]));
  const between = seeSsl(hostname, "off", [own("full"), rule("flexible")]);
  expect(withOwnRule(between, "strict")).toEqual(seeSsl(hostname, "off", [own("strict"), rule("flexible")]));
  expect(withOwnRule(between, null)).toEqual(seeSsl(hostname, "off", [rule("flexible")]));
  const unread = seeSsl(hostname, "off", undefined);
  expect(withOwnRule(unread, "strict")).toBe(unread);
  expect(withOwnRule(added, "strict")).toBe(added);
  expect(noRules).toEqual({ mode: null, maybe: [] });
});
