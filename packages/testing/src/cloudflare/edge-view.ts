import type { EdgeView } from "../data-plane/sources.ts";
import { configurationPhase } from "./configuration-rules/models.ts";
import { readExpression } from "./configuration-rules/read-expression.ts";
import { certificateStatus, type StoredCertificate, writeInEffect } from "./origin-pull/models.ts";
import type { CloudflareTiming } from "./timing.ts";
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

/**
 * What the edge presents to the origin of a hostname, by the control plane as it is at `now`.
 *
 * The association decides first, then zone-level, then global. Nothing is presented in the modes `off` and
 * `flexible`, behind a Tunnel, and for a record that is not proxied. A hostname without a record counts as
 * proxied.
 *
 * Source: Cloudflare SSL/TLS documentation, "Authenticated Origin Pulls".
 */
export function readEdge(
  zone: Zone,
  hostname: string,
  shared: SharedCertificate | undefined,
  now: number,
  timing: CloudflareTiming,
): CloudflareEdgeView {
  const { sslMode, doubts } = readSslMode(zone, hostname);
  if (sslMode === "off" || sslMode === "flexible" || !isPulled(zone, hostname)) {
    return { shows: "nothing", sslMode, doubts };
  }
  const association = zone.pulls.associations.get(hostname);
  const write = association && writeInEffect(zone.pulls, association, now);
  if (write !== undefined && write.enabled !== null) {
    const certificate = write.enabled ? zone.pulls.stores.hostname.get(write.certificateId) : undefined;
    const shown = certificate !== undefined && certificateStatus(certificate, now, timing) === "active";
    return { shows: shown ? pem(certificate) : "nothing", sslMode, doubts };
  }
  const newest = newestZoneCertificate(zone, now, timing);
  if (zone.pulls.zoneLevelEnabled && newest !== undefined) return { shows: pem(newest), sslMode, doubts };
  if (zone.settings.tls_client_auth === "off") return { shows: "nothing", sslMode, doubts };
  if (shared !== undefined) return { shows: shared, sslMode, doubts };
  const missing = "tls_client_auth is on, and the simulator was given no sharedCertificate to present";
  return { shows: "nothing", sslMode, doubts: [...doubts, missing] };
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
function readSslMode(zone: Zone, hostname: string): { sslMode: SslMode; doubts: readonly string[] } {
  let sslMode = zone.settings.ssl;
  let doubts: readonly string[] = [];
  for (const rule of zone.ruleset?.rules ?? []) {
    const mode = rule.parameters.ssl as SslMode | undefined;
    if (!rule.enabled || mode === undefined) continue;
    const applies = readExpression(rule.expression, hostname);
    if (applies === "yes") {
      sslMode = mode;
      doubts = [];
    } else if (applies === "unknown") {
      const doubt = `the rule ${rule.id} of ${configurationPhase} may set ssl to ${mode}: ${rule.expression}`;
      doubts = [...doubts, doubt];
    }
  }
  return { sslMode, doubts };
}
