import { createHash } from "node:crypto";
import type { SslRule, SslRuleText } from "../hostname/port.ts";
import { matchesHostname } from "../rules-language.ts";
import { noRules, type SslLayer, type SslState } from "./state.ts";

/** The Configuration Rule by which a hostname gets its SSL mode from us; `ref` marks it as ours. */
export function ownRuleText(hostname: string, ssl: string): SslRuleText {
  return {
    ref: refOf(hostname),
    expression: expressionOf(hostname),
    description: `handfast: SSL mode of ${hostname}`,
    ssl,
  };
}

/** Whether a rule has our mark, whatever became of it since. */
export function isMarked({ ref }: Pick<SslRule, "ref">, hostname: string): boolean {
  return ref === refOf(hostname);
}

/** Whether a rule is our own for this hostname, as we wrote it but for the mode. */
export function isOwnRule(rule: SslRule, hostname: string): boolean {
  return isMarked(rule, hostname) && rule.enabled && rule.alone && rule.expression === expressionOf(hostname);
}

/** What decides the SSL mode of a hostname. `rules` undefined: they can't be read. */
export function seeSsl(hostname: string, zone: string, rules: readonly SslRule[] | undefined): SslState {
  if (rules === undefined) return { zone, rules: { unknown: "the Configuration Rules can't be read" } };
  const active = rules.filter(({ enabled }) => enabled);
  const at = active.findIndex((rule) => isOwnRule(rule, hostname));
  const own = active[at]?.ssl ?? null;
  if (own === null) return { zone, rules: { under: layerOf(hostname, active), own, over: noRules } };
  const [under, over] = [active.slice(0, at), active.slice(at + 1)];
  return { zone, rules: { under: layerOf(hostname, under), own, over: layerOf(hostname, over) } };
}

function layerOf(hostname: string, rules: readonly SslRule[]): SslLayer {
  let mode: string | null = null;
  const maybe = new Set<string>();
  for (const { expression, ssl } of rules) {
    const matches = matchesHostname(expression, hostname);
    if (matches === true) {
      mode = ssl;
      maybe.clear();
    }
    if (matches === undefined) maybe.add(ssl);
  }
  return { mode, maybe: [...maybe].sort() };
}

/** Which characters and how many a ref may have is not documented, so the hostname goes in as a digest. */
function refOf(hostname: string): string {
  return `handfast_ssl_${createHash("sha256").update(hostname).digest("hex").slice(0, 32)}`;
}

function expressionOf(hostname: string): string {
  return `(http.host eq "${hostname}")`;
}
