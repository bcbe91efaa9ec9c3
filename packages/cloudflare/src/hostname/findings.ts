import type { Finding } from "@handfast/core";
import { leadsToTunnel, recordsOf } from "../dns-records.ts";
import { finding } from "../finding.ts";
import { judgeSsl } from "../ssl-mode/findings.ts";
import type { DnsRecord } from "../zone-reads.ts";
import { certificatesPerZone } from "./limits.ts";
import type { HostnameState } from "./state.ts";
import type { HostnameTarget } from "./target.ts";
import type { ZoneWorld } from "./world.ts";

const expiryWarning = 30 * 24 * 3_600_000;

/** What a person should know of one hostname before a run, all of it at once. */
export function judgeHostname(
  target: HostnameTarget,
  hostname: string,
  state: HostnameState,
  world: ZoneWorld,
  now: number,
): readonly Finding[] {
  return [
    ...judgeZone(target, hostname, state, world),
    ...judgeSsl(target, hostname, state.ssl, world),
    ...judgeDns(hostname, state, world.dns),
    ...judgePulls(hostname, state),
    ...judgeStore(world),
    ...judgeExpiry(hostname, state, world, now),
  ];
}

function judgeZone(
  target: HostnameTarget,
  hostname: string,
  { association }: HostnameState,
  { zone }: ZoneWorld,
): Finding[] {
  const found: Finding[] = [];
  const inside = hostname === zone.name || hostname.endsWith(`.${zone.name}`);
  if (!inside && association === null && target.customHostnames !== true) {
    found.push(
      finding(
        "blocker",
        "hostname-not-in-zone",
        `${hostname} is not in the zone ${zone.name} (${target.zone})`,
        "correct the hostname or the zone's id; for a custom hostname (Cloudflare for SaaS) of this zone set customHostnames: true",
      ),
    );
  }
  if (zone.paused || zone.status !== "active") {
    const state = zone.paused ? "paused" : zone.status;
    found.push(
      finding(
        "warning",
        "zone-not-active",
        `the zone ${zone.name} is ${state}: Cloudflare may not proxy its traffic, and shows nothing then`,
      ),
    );
  }
  return found;
}

/** Where nothing can be shown no plan begins; one that shows something there already may still be taken back. */
function judgeDns(
  hostname: string,
  { association }: HostnameState,
  records: readonly DnsRecord[] | undefined,
): Finding[] {
  const own = recordsOf(hostname, records ?? []);
  const severity = association === null ? "blocker" : "warning";
  const found: Finding[] = [];
  if (own.some(leadsToTunnel)) {
    found.push(
      finding(
        severity,
        "dns-tunnel",
        `${hostname} leads to a Cloudflare Tunnel, where client certificates are never shown`,
        "leave it out, or give it an origin that Cloudflare connects to",
      ),
    );
  }
  if (own.some(({ proxied }) => !proxied)) {
    found.push(
      finding(
        severity,
        "dns-not-proxied",
        `${hostname} is not proxied (DNS only): its clients reach the origin directly and show no certificate of Cloudflare's`,
        "turn the proxy on for the record, or leave the hostname out",
      ),
    );
  }
  return found;
}

function judgePulls(hostname: string, { association, zone, global }: HostnameState): Finding[] {
  const found: Finding[] = [];
  const without =
    association === null
      ? `${hostname} falls through to it`
      : `${hostname} would fall through to it without its association`;
  if (zone.enabled)
    found.push(finding("info", "zone-origin-pull-active", `zone-level origin pulls are on: ${without}`));
  if (global) {
    found.push(
      finding(
        "info",
        "global-origin-pull-active",
        `global origin pulls (Cloudflare's shared certificate) are on: ${without}`,
      ),
    );
  }
  if (association?.failed === true) {
    found.push(
      finding(
        "warning",
        "association-deployment-failed",
        `the last change to the association of ${hostname} timed out at Cloudflare: what its edges show is not known`,
        "apply the spec again, which writes the association anew",
      ),
    );
  }
  return found;
}

function judgeStore({ certificates, associations, zone }: ZoneWorld): Finding[] {
  const taken = [...certificates.values()].filter(({ progress }) => progress !== "gone").length;
  const left = certificatesPerZone - taken;
  const found: Finding[] = [];
  if (left <= 2) {
    found.push(
      finding(
        left <= 0 ? "warning" : "info",
        "certificate-slots",
        `the hostname store of ${zone.name} holds ${taken} of ${certificatesPerZone} certificates`,
        "retire earlier runs; a rotation needs room for old and new at once",
      ),
    );
  }
  if (associations.size > 900) {
    found.push(
      finding(
        "warning",
        "association-slots",
        `the zone ${zone.name} has ${associations.size} hostname associations, and takes 1000 at most`,
      ),
    );
  }
  return found;
}

function judgeExpiry(
  hostname: string,
  { association }: HostnameState,
  world: ZoneWorld,
  now: number,
): Finding[] {
  if (association === null || !association.enabled || "unknown" in association.certificate) return [];
  const { certificate } = association.certificate;
  const leaf = [...world.certificates.values()].find(
    ({ bundle }) => bundle?.certificate === certificate,
  )?.bundle;
  if (leaf === undefined || leaf.notAfter - now > expiryWarning) return [];
  const day = new Date(leaf.notAfter).toISOString().slice(0, 10);
  const name = `the certificate shown for ${hostname} (${leaf.subject})`;
  return leaf.notAfter <= now
    ? [
        finding(
          "warning",
          "certificate-expired",
          `${name} expired on ${day}, and Cloudflare goes on showing it`,
          "show a new identity",
        ),
      ]
    : [
        finding(
          "warning",
          "certificate-expires",
          `${name} expires on ${day}`,
          "show a new identity before that",
        ),
      ];
}
