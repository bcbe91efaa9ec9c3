import { z } from "zod";

/**
 * What Configuration Rules of others do to the SSL mode of a hostname: `mode` is set by the last one that holds for all
 * its requests, null when none does; `maybe` are modes that later ones may set for some requests.
 */
export interface SslLayer {
  readonly mode: string | null;
  readonly maybe: readonly string[];
}

/**
 * The rules in their order: those of others beneath our own, our own for exactly this hostname, those of others above
 * it. The last match wins. Without a rule of our own all lie beneath: one that is added goes to the end.
 */
export interface SslRules {
  readonly under: SslLayer;
  /** The mode that our own rule sets; null without one. */
  readonly own: string | null;
  readonly over: SslLayer;
}

/** All that decides how Cloudflare speaks to the origin of a hostname. */
export interface SslState {
  /** The zone's setting, which holds where no rule sets another: `off`, `flexible`, `full`, `strict`, `origin_pull`. */
  readonly zone: string;
  readonly rules: SslRules | { readonly unknown: string };
}

/** The mode that holds, what sets it, and the modes that some requests may have instead. */
export interface SslVerdict {
  readonly mode: string;
  readonly by: "zone" | "own" | "rule";
  readonly maybe: readonly string[];
}

const layer = z.strictObject({ mode: z.string().nullable(), maybe: z.array(z.string()) });

/** Schema of {@link SslState}. */
export const sslSchema = z.strictObject({
  zone: z.string(),
  rules: z.union([
    z.strictObject({ under: layer, own: z.string().nullable(), over: layer }),
    z.strictObject({ unknown: z.string() }),
  ]),
});

/** A layer without rules. */
export const noRules: SslLayer = { mode: null, maybe: [] };

/** The modes from least to most safe. `origin_pull` checks as `strict` does, and never speaks plain HTTP. */
const ranks = ["off", "flexible", "full", "strict", "origin_pull"];

/** How safe a mode is; undefined for one that is not known here. */
export function rankOf(mode: string): number | undefined {
  const rank = ranks.indexOf(mode);
  return rank < 0 ? undefined : rank;
}

/** Whether Cloudflare speaks plain HTTP to the origin in this mode. */
export function isPlain(mode: string): boolean {
  return mode === "off" || mode === "flexible";
}

/** Whether Cloudflare verifies the origin's certificate in this mode. */
export function verifiesOrigin(mode: string): boolean {
  return mode === "strict" || mode === "origin_pull";
}

/** Whether a mode is the one that is asked for, or a safer one. */
export function meets(mode: string, asked: string): boolean {
  return (rankOf(mode) ?? -1) >= (rankOf(asked) ?? Number.POSITIVE_INFINITY);
}

/** The mode of a hostname. What can't be read counts as if it were not there; `showsTls` says so. */
export function verdictOf({ zone, rules }: SslState): SslVerdict {
  if ("unknown" in rules) return { mode: zone, by: "zone", maybe: [] };
  const { under, own, over } = rules;
  const others = (mode: string, maybe: readonly string[]) => maybe.filter((one) => one !== mode);
  if (over.mode !== null) return { mode: over.mode, by: "rule", maybe: others(over.mode, over.maybe) };
  if (own !== null) return { mode: own, by: "own", maybe: others(own, over.maybe) };
  const below = stack(under, over);
  const mode = below.mode ?? zone;
  return { mode, by: below.mode === null ? "zone" : "rule", maybe: others(mode, below.maybe) };
}

/**
 * Whether Cloudflare speaks TLS to the origin, so that there is anything to show a certificate in. A rule that may set
 * another mode for some requests is told by a finding, and does not count.
 */
export function speaksTls(ssl: SslState): "yes" | "no" | "unknown" {
  const { mode, maybe } = verdictOf(ssl);
  if ([mode, ...maybe].some((one) => !isPlain(one))) return "yes";
  return "unknown" in ssl.rules ? "unknown" : "no";
}

/** The state once our own rule sets this mode, or is gone (null). A new rule goes to the end, and wins there. */
export function withOwnRule(ssl: SslState, own: string | null): SslState {
  if ("unknown" in ssl.rules || ssl.rules.own === own) return ssl;
  const { under, over } = ssl.rules;
  if (own !== null && ssl.rules.own !== null) return { ...ssl, rules: { under, own, over } };
  return { ...ssl, rules: { under: stack(under, over), own, over: noRules } };
}

/** Two layers as one: what lies above decides. */
function stack(under: SslLayer, over: SslLayer): SslLayer {
  if (over.mode !== null) return over;
  return { mode: under.mode, maybe: [...new Set([...under.maybe, ...over.maybe])].sort() };
}

/** The mode that our own rule sets; null without one, undefined when the rules can't be read. */
export function ownRuleOf({ rules }: SslState): string | null | undefined {
  return "unknown" in rules ? undefined : rules.own;
}

/** Object of the zone's SSL mode: every hostname of the zone stands on it. */
export function sslModeObject(zone: string): string {
  return `cloudflare/${zone}/ssl-mode`;
}

/** Natural key of our own Configuration Rule for a hostname. */
export function sslRuleKey(zone: string, hostname: string): string {
  return `cloudflare.ssl-rule/${zone}/${hostname}`;
}
