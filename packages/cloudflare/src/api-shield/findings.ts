import type { Finding } from "@handfast/core";
import { recordsOf } from "../dns-records.ts";
import { finding } from "../finding.ts";
import type { DnsRecord } from "../zone-reads.ts";
import { readRule } from "./expression.ts";
import { authorityRoom, ruleNotUnderstood } from "./realise.ts";
import type { ApiShieldState } from "./state.ts";
import type { ApiShieldTarget } from "./target.ts";
import type { ZoneWorld } from "./world.ts";

/** Preconditions that fail, and what else was noticed. */
export function judgeHostname(target: ApiShieldTarget, state: ApiShieldState, world: ZoneWorld): Finding[] {
  return [
    ...judgeZone(target, world),
    ...judgeDns(target.hostname, world.dns),
    ...judgeRules(target, state),
    ...judgeStore(world),
  ];
}

function judgeZone({ zone: id, account, hostname }: ApiShieldTarget, { zone }: ZoneWorld): Finding[] {
  const found: Finding[] = [];
  if (zone.account !== undefined && zone.account !== account) {
    found.push(
      finding(
        "blocker",
        "zone-of-other-account",
        `the zone ${zone.name} (${id}) is in account ${zone.account}, not in ${account}: CAs uploaded there would verify nobody here`,
        "correct the account's id or the zone's",
      ),
    );
  }
  if (hostname !== zone.name && !hostname.endsWith(`.${zone.name}`)) {
    found.push(
      finding(
        "blocker",
        "hostname-not-in-zone",
        `${hostname} is not in the zone ${zone.name} (${id})`,
        "correct the hostname or the zone's id; behind a CNAME it is the name that clients visit",
      ),
    );
  }
  if (zone.paused || zone.status !== "active") {
    const what = zone.paused ? "paused" : zone.status;
    found.push(
      finding(
        "warning",
        "zone-not-active",
        `the zone ${zone.name} is ${what}: Cloudflare may not proxy its traffic, and asks nobody for a certificate then`,
      ),
    );
  }
  return found;
}

function judgeDns(hostname: string, records: readonly DnsRecord[] | undefined): Finding[] {
  if (records === undefined) {
    return [
      finding(
        "info",
        "dns-unread",
        `whether ${hostname} is proxied can't be read, and Cloudflare checks clients of proxied hostnames alone`,
        'give the token the permission "DNS Read"',
      ),
    ];
  }
  const own = recordsOf(hostname, records);
  const proxied = own.filter((record) => record.proxied).length;
  if (own.length === 0 || proxied === own.length) return [];
  return [
    finding(
      proxied === 0 ? "blocker" : "warning",
      "dns-not-proxied",
      `${hostname} is not proxied${proxied === 0 ? "" : " by all of its records"} (DNS only): its clients reach the origin past Cloudflare, which checks none of them`,
      "turn the proxy on for the record, or leave the hostname out",
    ),
  ];
}

function judgeRules(target: ApiShieldTarget, { rule, others, associated }: ApiShieldState): Finding[] {
  const { hostname } = target;
  const found: Finding[] = [];
  if (others.kind === "unknown") found.push(ruleNotUnderstood(target, others.rule));
  if (others.kind === "requires") {
    found.push(
      finding(
        "info",
        "other-rule-enforces",
        `a WAF custom rule that handfast did not write refuses clients without a certificate at ${hostname}${others.issuers === "any" ? ", and lets in those of every CA of the account" : ""}`,
      ),
    );
  }
  if (others.kind === "requires" && others.revokedLetIn === true && rule?.enabled !== true) {
    found.push(
      finding(
        "warning",
        "revoked-let-in",
        `the WAF custom rules let revoked certificates of the managed CA in at ${hostname}: they count as verified`,
        "have the rule's owner test cert_revoked as well",
      ),
    );
  }
  if (rule !== null && readRule(rule.expression, hostname) === undefined) {
    found.push(
      finding(
        "warning",
        "own-rule-changed",
        `the rule that handfast wrote for ${hostname} was changed by somebody else: whom it lets in can't be told`,
        "apply the spec again, which writes it anew",
      ),
    );
  }
  if (rule?.shadowed === true) {
    found.push(
      finding(
        "warning",
        "own-rule-shadowed",
        `a rule that skips the rest stands before the one that handfast wrote for ${hostname}: for some requests it may not be asked`,
        "apply the spec again, which puts it first",
      ),
    );
  }
  if ((rule?.enabled === true || others.kind === "requires") && associated.length === 0) {
    found.push(
      finding(
        "warning",
        "refused-without-asking",
        `clients of ${hostname} are refused without a certificate, and none of them is asked for one`,
        "apply the spec again",
      ),
    );
  }
  return found;
}

function judgeStore({ authorities }: ZoneWorld): Finding[] {
  if (authorities.length < authorityRoom) return [];
  return [
    finding(
      "info",
      "authority-slots",
      `the account holds ${authorities.length} CAs, and takes ${authorityRoom} unless Cloudflare raised the quota`,
      "retire earlier runs; a rotation needs room for old and new at once",
    ),
  ];
}
