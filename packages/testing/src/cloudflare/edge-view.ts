import type { EdgeView } from "../data-plane/sources.ts";
import { readExpression } from "./configuration-rules/read-expression.ts";
import { certificateStatus, type StoredCertificate, writeInEffect } from "./origin-pull/models.ts";
import { rulesInEffect } from "./rulesets/models.ts";
import type { CloudflareTiming } from "./timing.ts";
import { type AccountView, readVisitors } from "./visitor-view.ts";
import type { SslMode, Zone } from "./zones/models.ts";

/** A certificate and its key, in PEM. */
export interface SharedCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** What the edge shows for a hostname, and what the simulator could not make out about it. */
export interface CloudflareEdgeView extends EdgeView {
  /**
   * Sentences; not empty when the view may differ from the real edge's, e.g. because a Configuration Rule has
   * an expression that is not simulated.
   */
  readonly doubts: readonly string[];
}

/** What an edge view is read from. */
export interface EdgeState {
  readonly zone: Zone;
  readonly hostname: string;
  /** The certificate of global pulls. */
  readonly shared: SharedCertificate | undefined;
  readonly account: AccountView;
  readonly now: number;
  readonly timing: CloudflareTiming;
}

/** What the edge does for a hostname, by the control plane as it is at `now`. */
export function readEdge(state: EdgeState): CloudflareEdgeView {
  const { zone, hostname, account, now } = state;
  const { sslMode, doubts } = readSslMode(zone, hostname, now);
  const { shows, doubts: ofPulls } = readShown(state, sslMode);
  const { visitors, doubts: ofVisitors } = readVisitors(zone, hostname, account, now);
  return { shows, sslMode, visitors, doubts: [...doubts, ...ofPulls, ...ofVisitors] };
}

/**
 * What is presented to the origin: the association decides first, then zone-level, then global. Nothing is presented in
 * the modes `off` and `flexible`, behind a Tunnel, and for a record that is not proxied. A hostname without a record
 * counts as proxied.
 *
 * Source: Cloudflare SSL/TLS documentation, "Authenticated Origin Pulls".
 */
function readShown(
  { zone, hostname, shared, now, timing }: EdgeState,
  sslMode: SslMode,
): { shows: EdgeView["shows"]; doubts: readonly string[] } {
  const nothing = { shows: "nothing", doubts: [] } as const;
  if (sslMode === "off" || sslMode === "flexible" || !isPulled(zone, hostname)) return nothing;
  const association = zone.pulls.associations.get(hostname);
  const write = association && writeInEffect(zone.pulls, association, now);
  if (write !== undefined && write.enabled !== null) {
    const certificate = write.enabled ? zone.pulls.stores.hostname.get(write.certificateId) : undefined;
    const shown = certificate !== undefined && certificateStatus(certificate, now, timing) === "active";
    return shown ? { shows: pem(certificate), doubts: [] } : nothing;
  }
  const newest = newestZoneCertificate(zone, now, timing);
  if (zone.pulls.zoneLevelEnabled && newest !== undefined) return { shows: pem(newest), doubts: [] };
  if (zone.settings.tls_client_auth === "off") return nothing;
  if (shared !== undefined) return { shows: shared, doubts: [] };
  const missing = "tls_client_auth is on, and the simulator was given no sharedCertificate to present";
  return { shows: "nothing", doubts: [missing] };
}

function pem(certificate: StoredCertificate): SharedCertificate {
  return { certificate: certificate.text.certificate, key: certificate.key };
}

/** The most recently deployed one is presented; among equals the one uploaded last. */
function newestZoneCertificate(
  zone: Zone,
  now: number,
  timing: CloudflareTiming,
): StoredCertificate | undefined {
  return [...zone.pulls.stores.zone.values()]
    .filter((certificate) => certificateStatus(certificate, now, timing) === "active")
    .reduce<StoredCertificate | undefined>(
      (newest, one) => (newest === undefined || one.settlesAt >= newest.settlesAt ? one : newest),
      undefined,
    );
}

function isPulled(zone: Zone, hostname: string): boolean {
  const records = zone.records.filter(({ name }) => name === hostname);
  return records.every(({ proxied, content }) => proxied && !content.endsWith(".cfargotunnel.com"));
}

/** Every rule that applies runs, in order: the last one that sets `ssl` holds, else the zone's setting. */
function readSslMode(
  zone: Zone,
  hostname: string,
  now: number,
): { sslMode: SslMode; doubts: readonly string[] } {
  let sslMode = zone.settings.ssl;
  let doubts: readonly string[] = [];
  for (const rule of rulesInEffect(zone.rulesets, "http_config_settings", now)) {
    const mode = rule.parameters.ssl as SslMode | undefined;
    if (mode === undefined) continue;
    const applies = readExpression(rule.expression, hostname);
    if (applies === "yes") {
      sslMode = mode;
      doubts = [];
    } else if (applies === "unknown") {
      const doubt = `the rule ${rule.id} of http_config_settings may set ssl to ${mode}: ${rule.expression}`;
      doubts = [...doubts, doubt];
    }
  }
  return { sslMode, doubts };
}
