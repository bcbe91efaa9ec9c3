import type { Identifiers } from "./identifiers.ts";
import { originPulls } from "./origin-pull/models.ts";
import type { Rule, RulesetPhase } from "./rulesets/models.ts";
import { writeVersion } from "./settling.ts";
import type { CloudflarePlan, DnsRecord, SslMode, Zone } from "./zones/models.ts";

/** A zone to be added. */
export interface NewZone {
  /** The apex, e.g. `example.com`. */
  readonly name: string;
  /** @default "full" */
  readonly sslMode?: SslMode | undefined;
  /** @default "free" */
  readonly plan?: CloudflarePlan | undefined;
  /** Hostnames of customers (Cloudflare for SaaS), outside the zone's name. */
  readonly customHostnames?: readonly string[] | undefined;
}

/** A DNS record to be added. */
export interface NewRecord {
  readonly proxied: boolean;
  /** Whether it points to a Cloudflare Tunnel, where no client certificate is ever presented. @default false */
  readonly tunnel?: boolean | undefined;
}

/** A Configuration Rule to be added at the end. */
export interface NewRule {
  readonly expression: string;
  readonly ssl: SslMode;
  readonly description?: string | undefined;
  /** @default true */
  readonly enabled?: boolean | undefined;
}

/** A WAF custom rule to be added at the end. */
export interface NewCustomRule {
  /** Whatever it is; where it can't be decided here, the edge view carries a doubt. */
  readonly expression: string;
  /** @default "block" */
  readonly action?: "block" | "log" | "skip" | "challenge" | "js_challenge" | "managed_challenge" | undefined;
  readonly description?: string | undefined;
  /** @default true */
  readonly enabled?: boolean | undefined;
}

/** Adds a zone. Throws a TypeError when one of that name is there. */
export function addZone(
  zones: Map<string, Zone>,
  zone: NewZone,
  ids: Identifiers,
  now: number,
): { id: string } {
  const name = zone.name.toLowerCase();
  if ([...zones.values()].some((other) => other.name === name))
    throw new TypeError(`zone ${name} exists already`);
  const id = ids.hex();
  zones.set(id, {
    id,
    name,
    plan: zone.plan ?? "free",
    createdAt: now,
    customHostnames: new Set(zone.customHostnames?.map((hostname) => hostname.toLowerCase())),
    settings: { tls_client_auth: "off", ssl: zone.sslMode ?? "full" },
    settingsWrittenAt: new Map(),
    fixedSettings: new Set(),
    records: [],
    rulesets: new Map(),
    clientCertificates: new Map(),
    askingHostnames: new Map(),
    pulls: originPulls(),
  });
  return { id };
}

/** Adds a DNS record behind the API. */
export function addDnsRecord(
  zone: Zone,
  hostname: string,
  { proxied, tunnel = false }: NewRecord,
  ids: Identifiers,
  now: number,
): { id: string } {
  const record: DnsRecord = {
    id: ids.hex(),
    name: hostname.toLowerCase(),
    type: tunnel ? "CNAME" : "A",
    // TEST-NET-1 of RFC 5737: the data plane knows where the origin is, the record only says that there is one.
    content: tunnel ? `${ids.uuid()}.cfargotunnel.com` : "192.0.2.1",
    proxied,
    createdAt: now,
  };
  zone.records.push(record);
  return { id: record.id };
}

/** What of a rule is the caller's to say. */
type GivenRule = Pick<Rule, "action" | "parameters" | "expression"> & {
  readonly description?: string | undefined;
  readonly enabled?: boolean | undefined;
};

/**
 * Adds a rule at the end, as another owner of the zone would have long ago: the edge acts by it at once. The plan's
 * limit is not looked at.
 */
export function addRule(
  zone: Zone,
  phase: RulesetPhase,
  { action, parameters, expression, description = "", enabled = true }: GivenRule,
  ids: Identifiers,
  now: number,
): { id: string } {
  const id = ids.hex();
  const added: Rule = {
    id,
    ref: id,
    version: 1,
    action,
    parameters,
    expression,
    description,
    enabled,
    writtenAt: now,
  };
  const present = zone.rulesets.get(phase);
  const rules = [...(present?.rules ?? []), added];
  zone.rulesets.set(phase, {
    id: present?.id ?? ids.hex(),
    phase,
    name: present?.name ?? "default",
    description: present?.description ?? "",
    version: (present?.version ?? 0) + 1,
    writtenAt: now,
    rules,
    edge: writeVersion(present?.edge ?? [], rules, now, 0),
  });
  return { id };
}
