import type { ClientCertificate } from "../client-certificates/models.ts";
import type { AskingHostnames } from "../hostname-associations/models.ts";
import type { OriginPulls } from "../origin-pull/models.ts";
import type { Rulesets } from "../rulesets/models.ts";

/** How the edge speaks to the origins of a zone. */
export type SslMode = "off" | "flexible" | "full" | "strict" | "origin_pull";

/** Every SSL mode, for checks of what a caller sent. */
export const sslModes: readonly SslMode[] = ["off", "flexible", "full", "strict", "origin_pull"];

/** The plan of a zone; it bounds the number of rules here, and an account without `enterprise` may upload no CA. */
export type CloudflarePlan = "free" | "pro" | "business" | "enterprise";

/** The zone settings that are simulated, with their values. */
export interface ZoneSettings {
  /** Global Authenticated Origin Pulls. */
  tls_client_auth: "on" | "off";
  ssl: SslMode;
}

/** The values that each simulated setting takes. */
export const settingValues: { readonly [S in keyof ZoneSettings]: readonly ZoneSettings[S][] } = {
  tls_client_auth: ["on", "off"],
  ssl: sslModes,
};

/** A DNS record; the simulator only reads whether it is proxied and where a Tunnel is. */
export interface DnsRecord {
  readonly id: string;
  readonly name: string;
  readonly type: "A" | "CNAME";
  readonly content: string;
  readonly proxied: boolean;
  readonly createdAt: number;
}

/** A zone with all that belongs to it. */
export interface Zone {
  readonly id: string;
  readonly name: string;
  readonly plan: CloudflarePlan;
  readonly createdAt: number;
  /** Hostnames of customers (Cloudflare for SaaS) that count as the zone's own. */
  readonly customHostnames: ReadonlySet<string>;
  readonly settings: ZoneSettings;
  /** When each setting was last written. */
  readonly settingsWrittenAt: Map<keyof ZoneSettings, number>;
  /** Settings that the plan does not let be changed. */
  readonly fixedSettings: Set<keyof ZoneSettings>;
  readonly records: DnsRecord[];
  readonly rulesets: Rulesets;
  /** What the managed CA has issued for the zone, by id; revoked ones stay. */
  readonly clientCertificates: Map<string, ClientCertificate>;
  readonly askingHostnames: AskingHostnames;
  readonly pulls: OriginPulls;
}

/** Whether a hostname is the zone's name, below it, or a custom hostname of it. No wildcards. */
export function ownsHostname(zone: Zone, hostname: string): boolean {
  if (zone.customHostnames.has(hostname)) return true;
  if (!/^(?!-)[a-z0-9-]+(?:\.[a-z0-9-]+)+$/.test(hostname)) return false;
  return hostname === zone.name || hostname.endsWith(`.${zone.name}`);
}
