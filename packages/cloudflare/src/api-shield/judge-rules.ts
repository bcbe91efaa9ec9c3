/**
 * What a zone's custom rules do to the clients of one hostname, for their certificates: every kind of client is led
 * through the rules in their order, as Cloudflare would. Nothing is assumed of a rule that hangs on anything else.
 */

import { holdsFor, type RequestFacts } from "../rules-language.ts";
import type { FirewallRule } from "./port.ts";
import type { OthersEffect } from "./state.ts";

const field = "cf.tls_client_auth";

/** Whether a client is refused; undefined when that can't be told. */
type Refused = boolean | undefined;

/**
 * The effect of these rules on a hostname.
 *
 * @param issuers key identifiers of all CAs that are known
 */
export function effectOf(
  rules: readonly FirewallRule[],
  hostname: string,
  issuers: readonly string[],
): OthersEffect {
  const relevant = rules.filter((rule) => rule.enabled && (isAboutCertificates(rule) || skipsRest(rule)));
  const about = relevant.find(isAboutCertificates);
  if (about === undefined) return { kind: "nothing" };
  const lead = (facts: RequestFacts): Refused => isRefused(relevant, { "http.host": hostname, ...facts });
  // key identifiers that a rule names count, too: their CA may be one that can't be read
  const named = relevant.flatMap(({ expression }) =>
    [...expression.matchAll(/"([0-9A-F]{16,})"/g)].map(([, text]) => text as string),
  );
  const known = [...new Set([...issuers, ...named])].sort();
  const valid = (issuer: string) => lead(clientOf({ verified: true, issuer }));
  const letIn = known.filter((issuer) => valid(issuer) === false);
  const all = [...known, "any other"];
  const without = lead(clientOf({ presented: false }));
  const bad = all.map((issuer) => lead(clientOf({ issuer })));
  const revoked = all.map((issuer) => lead(clientOf({ verified: true, revoked: true, issuer })));
  const answers = [without, ...bad, ...revoked, ...all.map(valid)];
  if (answers.every((refused) => refused === false)) return { kind: "nothing" };
  const isRequired = [without, ...bad].every((refused) => refused === true);
  const refusesRevoked = revoked.every((refused) => refused === true);
  const ignoresRevoked = all.every((issuer, index) => revoked[index] === valid(issuer));
  if (!isRequired || answers.includes(undefined) || !(refusesRevoked || ignoresRevoked)) {
    return { kind: "unknown", rule: nameOf(about) };
  }
  const wide = valid("any other") === false;
  return {
    kind: "requires",
    issuers: wide ? "any" : letIn,
    ...(refusesRevoked ? {} : { revokedLetIn: true }),
  };
}

/** Whether a rule before the one at `index` skips it for some requests to the hostname, or may. */
export function isShadowed(rules: readonly FirewallRule[], index: number, hostname: string): boolean {
  return rules
    .slice(0, index)
    .some(
      (rule) =>
        rule.enabled && skipsRest(rule) && holdsFor(rule.expression, { "http.host": hostname }) !== false,
    );
}

/** What a rule is called, for people. */
function nameOf({ description, expression }: FirewallRule): string {
  return (description === "" ? expression : description).slice(0, 120);
}

function isRefused(rules: readonly FirewallRule[], facts: RequestFacts): Refused {
  let mayBeRefused = false;
  let mayPass = false;
  for (const rule of rules) {
    const holds = holdsFor(rule.expression, facts);
    if (holds === false) continue;
    if (skipsRest(rule)) mayPass = true;
    else mayBeRefused = true;
    // a challenge lets some through: whom, nobody can tell
    const isLast = holds === true && (skipsRest(rule) || rule.action === "block");
    if (isLast) return mayPass && mayBeRefused ? undefined : mayBeRefused;
  }
  return mayBeRefused ? undefined : false;
}

function clientOf({
  presented = true,
  verified = false,
  revoked = false,
  issuer = "",
}: {
  readonly presented?: boolean;
  readonly verified?: boolean;
  readonly revoked?: boolean;
  readonly issuer?: string;
}): RequestFacts {
  return {
    [`${field}.cert_presented`]: presented,
    [`${field}.cert_verified`]: verified,
    [`${field}.cert_revoked`]: revoked,
    [`${field}.cert_issuer_ski`]: issuer,
  };
}

function isAboutCertificates({ expression, action }: FirewallRule): boolean {
  return action !== "log" && expression.includes(field);
}

function skipsRest({ action, skipsRuleset }: FirewallRule): boolean {
  return action === "skip" && skipsRuleset;
}
