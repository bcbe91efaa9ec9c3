import type { Facts, Seen } from "@handfast/core";
import { HandfastError } from "@handfast/core";
import type { CrlMemory } from "./crl-memory.ts";
import { readRule, writeRule } from "./expression.ts";
import { judgeHostname } from "./findings.ts";
import { effectOf, isShadowed } from "./judge-rules.ts";
import type { FirewallRule } from "./port.ts";
import { contentOf } from "./realise.ts";
import { crlsIn, refOf } from "./rule-text.ts";
import {
  type ApiShieldState,
  type Authority,
  type AuthorityName,
  issuersOf,
  managedAuthority,
  type OwnRule,
  objectsOf,
  sorted,
} from "./state.ts";
import { type ApiShieldTarget, readManaged } from "./target.ts";
import type { HeldAuthority, ZoneWorld } from "./world.ts";

/** What was seen of one hostname. Pure; what the zone's hostnames share was read once. */
export function seeHostname(
  target: ApiShieldTarget,
  world: ZoneWorld,
  memory: Pick<CrlMemory, "get">,
): Seen<ApiShieldState> {
  const { hostname } = target;
  const { rules } = world.rules;
  const ref = refOf(hostname);
  const at = rules.findIndex((rule) => rule.ref === ref);
  const own = rules[at];
  const store = storeOf(target, world);
  const issuers = [managedAuthority(target), ...Object.values(store)].flatMap((one) => one?.issuers ?? []);
  const associated = [...world.lists].flatMap(([name, hostnames]) =>
    hostnames.includes(hostname) ? [name] : [],
  );
  const state: ApiShieldState = {
    store,
    associated: sorted(associated),
    rule: own === undefined ? null : ownRule(target, own, isShadowed(rules, at, hostname), world, memory),
    others: effectOf(
      rules.filter((rule) => rule !== own),
      hostname,
      issuers,
    ),
  };
  return {
    objects: objectsOf(target),
    now: state,
    // when the edge acts by a list or a rule is told nowhere: steps wait for their time
    may: [],
    settled: true,
    owner: own !== undefined ? "us" : state.others.kind === "nothing" ? "unknown" : "other",
    findings: judgeHostname(target, state, world),
  };
}

function storeOf(
  { hostname }: ApiShieldTarget,
  { authorities, lists }: ZoneWorld,
): Readonly<Record<AuthorityName, Authority>> {
  const entries = authorities.map(({ name, certificates, services }) => {
    const hostnames = lists.get(name) ?? [];
    const others = hostnames.some((one) => one !== hostname);
    return [
      name,
      {
        anchors: certificates.map(({ sha256 }) => sha256),
        issuers: issuersOf(certificates),
        used: others || (services.length > 0 && !hostnames.includes(hostname)),
      },
    ] as const;
  });
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function ownRule(
  target: ApiShieldTarget,
  { expression, enabled, description, action }: FirewallRule,
  shadowed: boolean,
  { authorities }: ZoneWorld,
  memory: Pick<CrlMemory, "get">,
): OwnRule {
  const crls = sorted(crlsIn(description));
  // under our name, but it does something else: that is no expression of ours
  const written = action === "block" ? expression : `${action}: ${expression}`;
  const content = readRule(written, target.hostname);
  const holdsSerials = content !== undefined && content.revoked.size > 0;
  const crlsRead =
    crls.length === 0
      ? !holdsSerials
      : content !== undefined && isMadeFrom(target, written, content.issuers, crls, authorities, memory);
  return { expression: written, enabled, crls, crlsRead, shadowed };
}

/** Whether the serial numbers of a rule are those of the lists that its description names. */
function isMadeFrom(
  target: ApiShieldTarget,
  expression: string,
  issuers: readonly string[],
  crls: readonly string[],
  authorities: readonly HeldAuthority[],
  memory: Pick<CrlMemory, "get">,
): boolean {
  const managed = target.managedCa === undefined ? undefined : readManaged(target.managedCa);
  const all = [...authorities.flatMap(({ certificates }) => certificates), ...(managed ? [managed] : [])];
  const pinned = all.filter((one) => issuersOf([one]).some((issuer) => issuers.includes(issuer)));
  const facts: Facts = {
    certificate: (digest) => pinned.find(({ sha256 }) => sha256 === digest) ?? missing(digest),
    crl: (digest) => memory.get(digest) ?? missing(digest),
  };
  const content = contentOf(
    pinned.map(({ sha256 }) => sha256),
    crls,
    facts,
  );
  if (content === undefined) return false;
  return writeRule(target.hostname, { issuers, revoked: content.revoked }) === expression;
}

function missing(digest: string): never {
  throw new HandfastError("BLOB_MISSING", `read blob failed: ${digest.slice(0, 12)} was not given; give it`);
}
