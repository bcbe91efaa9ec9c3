import type { Finding } from "@handfast/core";
import { finding } from "../finding.ts";
import type { SslRule } from "../hostname/port.ts";
import type { HostnameTarget } from "../hostname/target.ts";
import { matchesHostname } from "../rules-language.ts";
import type { Zone } from "../zone-reads.ts";
import { overridden } from "./realise.ts";
import { isMarked, isOwnRule } from "./rule.ts";
import { isPlain, meets, type SslState, verdictOf } from "./state.ts";

/** What is looked at beside the state: the rules with their names. */
export interface SslWorld {
  readonly zone: Zone;
  /** Undefined: the credential may not read them. */
  readonly sslRules: readonly SslRule[] | undefined;
}

/** What a person should know of the SSL mode of a hostname. A weak one that the target asks to mend is none of it. */
export function judgeSsl(
  target: HostnameTarget,
  hostname: string,
  ssl: SslState,
  world: SslWorld,
): readonly Finding[] {
  const rules = (world.sslRules ?? []).map((rule) => ({
    ...rule,
    matches: rule.enabled ? matchesHostname(rule.expression, hostname) : false,
    own: isOwnRule(rule, hostname),
  }));
  return [
    ...judgeUnread(hostname, world),
    ...judgeRules(target, hostname, ssl, rules),
    ...(target.ssl === undefined
      ? judgeMode(hostname, ssl, world)
      : judgeAsked(target, hostname, ssl, rules)),
  ];
}

interface Judged extends SslRule {
  /** Undefined: for some requests, perhaps. */
  readonly matches: boolean | undefined;
  readonly own: boolean;
}

function judgeUnread(hostname: string, { sslRules, zone }: SslWorld): Finding[] {
  if (sslRules !== undefined) return [];
  return [
    finding(
      "warning",
      "ssl-rules-unread",
      `the Configuration Rules of ${zone.name} can't be read, and one may weaken the SSL mode of ${hostname}`,
      'give the token the permission "Config Settings Read"',
    ),
  ];
}

/** Rules that may set another mode for some requests, behind the one that sets it for all. */
function judgeRules(
  target: HostnameTarget,
  hostname: string,
  ssl: SslState,
  rules: readonly Judged[],
): Finding[] {
  if (willOutrank(target, ssl)) return [];
  const { mode } = verdictOf(ssl);
  return unjudged(rules)
    .filter((rule) => isPlain(rule.ssl) !== isPlain(mode))
    .map((rule) =>
      finding(
        "warning",
        "ssl-rule-unjudged",
        `a Configuration Rule ("${nameOf(rule)}") sets the SSL mode "${rule.ssl}" for requests that can't be told from here; for ${hostname} it is "${mode}" otherwise`,
        "see to it that all requests to the hostname have the mode full or strict",
      ),
    );
}

function judgeMode(hostname: string, ssl: SslState, { zone }: SslWorld): Finding[] {
  const { mode, maybe } = verdictOf(ssl);
  if ([mode, ...maybe].every(isPlain)) {
    return [
      finding(
        "blocker",
        "ssl-mode-too-weak",
        `the SSL mode of ${hostname} is "${mode}": Cloudflare speaks plain HTTP to the origin and shows no certificate`,
        `the zone's owner sets SSL/TLS encryption of ${zone.name}, or a Configuration Rule for ${hostname}, to "full (strict)"; or ask for it here: ssl: "strict" on the presenter`,
      ),
    ];
  }
  return mode === "full" ? [notVerified(hostname)] : [];
}

function judgeAsked(
  target: HostnameTarget,
  hostname: string,
  ssl: SslState,
  rules: readonly Judged[],
): Finding[] {
  const { ssl: asked = "full" } = target;
  const { mode, by } = verdictOf(ssl);
  const found: Finding[] = [];
  if (mode === "full" && asked === "full") found.push(notVerified(hostname));
  if (by === "zone" && meets(mode, asked) && !willOutrank(target, ssl)) {
    found.push(
      finding(
        "info",
        "ssl-page-rules-unseen",
        `the SSL mode of ${hostname} is "${mode}" by the zone's setting; a legacy Page Rule may set another, and can't be seen from here`,
      ),
    );
  }
  if (target.sslBy === "zone") return found;
  found.push(...judgeOwn(hostname, rules));
  const own = rules.findIndex((rule) => rule.own);
  const last = rules.findLast(({ matches }) => matches === true);
  if (own >= 0 && last !== undefined && !last.own && !meets(last.ssl, asked))
    found.push(overridden(asked, last.ssl, nameOf(last)));
  if (willOutrank(target, ssl)) found.push(...judgeOutranked(asked, hostname, rules));
  return found;
}

/** A rule with our mark that says something else now is not touched. */
function judgeOwn(hostname: string, rules: readonly Judged[]): Finding[] {
  return rules
    .filter((rule) => isMarked(rule, hostname) && !rule.own)
    .map((rule) =>
      finding(
        "blocker",
        "ssl-rule-altered",
        `the Configuration Rule that handfast made for ${hostname} ("${nameOf(rule)}") was changed or turned off by somebody else`,
        "delete it, or set it as it was",
      ),
    );
}

/** Rules of others that count for the hostname now, and will not behind one of our own. */
function judgeOutranked(asked: string, hostname: string, rules: readonly Judged[]): Finding[] {
  const last = rules.findLast(({ matches }) => matches === true);
  return [...(last === undefined ? [] : [last]), ...unjudged(rules)]
    .filter((rule) => !rule.own && rule.ssl !== asked)
    .map((rule) =>
      finding(
        "warning",
        "ssl-rule-outranked",
        `the Configuration Rule "${nameOf(rule)}" sets the SSL mode "${rule.ssl}" for requests to ${hostname}; the rule of handfast's comes after it, and wins`,
      ),
    );
}

/** Whether a rule of our own is about to be added behind all others. */
function willOutrank({ ssl: asked, sslBy }: HostnameTarget, ssl: SslState): boolean {
  if (asked === undefined || sslBy === "zone" || "unknown" in ssl.rules || ssl.rules.own !== null)
    return false;
  const { mode, maybe } = verdictOf(ssl);
  return ![mode, ...maybe].every((one) => meets(one, asked));
}

/** What may match, behind the last that does for sure. */
function unjudged(rules: readonly Judged[]): readonly Judged[] {
  const last = rules.findLastIndex(({ matches }) => matches === true);
  return rules.slice(last + 1).filter(({ matches }) => matches === undefined);
}

function nameOf({ description, expression }: SslRule): string {
  return description === "" ? expression : description;
}

function notVerified(hostname: string): Finding {
  return finding(
    "info",
    "origin-not-verified",
    `the SSL mode of ${hostname} is "full": Cloudflare does not verify the origin's certificate; "strict" does`,
  );
}
