import type { Finding, Seen } from "@handfast/core";
import type { CallContext } from "../cloudflare-http.ts";
import { isAddress } from "../dns-records.ts";
import { finding } from "../finding.ts";
import type { AssociationRow, CertificateRow, ZoneCertificateId } from "../hostname/port.ts";
import { type ReadBundle, readPemBundle } from "../hostname/read-pem-bundle.ts";
import { isThere } from "../hostname/world.ts";
import type { DnsRecord, Zone } from "../zone-reads.ts";
import type { ZonePort } from "./port.ts";
import { type ZoneCertificate, type ZoneState, zoneObjects } from "./state.ts";

/** All that was read of a zone for its own origin pulls. */
export interface ZonePulls {
  readonly id: string;
  readonly zone: Zone;
  readonly enabled: boolean;
  readonly global: boolean;
  readonly sslMode: string;
  readonly certificates: readonly (CertificateRow<ZoneCertificateId> & {
    readonly bundle: ReadBundle | undefined;
  })[];
  readonly associations: readonly AssociationRow[];
  /** Undefined: the credential may not read them. */
  readonly dns: readonly DnsRecord[] | undefined;
}

/** Reads what decides for a zone. */
export async function readZonePulls(port: ZonePort, id: string, call: CallContext): Promise<ZonePulls> {
  const [zone, enabled, global, sslMode, certificates, associations, dns] = await Promise.all([
    port.readZone(id, call),
    port.readZonePull(id, call),
    port.readGlobalPull(id, call),
    port.readSslMode(id, call),
    port.listZoneCertificates(id, call),
    port.listAssociations(id, call),
    port.listDnsRecords(id, call),
  ]);
  const read = certificates.map((row) => ({
    ...row,
    bundle: row.progress === "gone" ? undefined : readPemBundle(row.pem),
  }));
  return { id, zone, enabled, global, sslMode, certificates: read, associations, dns };
}

/** What was seen of a zone. A certificate on its way in or out may be shown already, or still. */
export function seeZone(world: ZonePulls, now: number): Seen<ZoneState> {
  const rows = world.certificates
    .filter(({ progress }) => progress !== "gone")
    .toSorted((a, b) => b.uploadedAt - a.uploadedAt);
  const stateOf = (counts: (row: (typeof rows)[number]) => boolean): ZoneState => ({
    enabled: world.enabled,
    certificates: rows.filter(counts).map(toCertificate),
    global: world.global,
    sslMode: world.sslMode,
  });
  const arriving = rows.some(({ progress }) => progress === "pending");
  const leaving = rows.some(({ progress }) => progress === "leaving");
  return {
    objects: zoneObjects(world.id),
    now: stateOf(({ progress }) => progress !== "leaving"),
    may: [
      ...(arriving ? [stateOf(({ progress }) => progress !== "leaving" && progress !== "pending")] : []),
      ...(leaving ? [stateOf(({ progress }) => progress !== "pending")] : []),
    ],
    settled: !arriving && !leaving,
    owner: "unknown",
    findings: [...judgeReach(world), ...judgeMode(world), ...judgeExpiry(world, now)],
  };
}

function toCertificate({ id, bundle, progress }: ZonePulls["certificates"][number]): ZoneCertificate {
  if (bundle === undefined) return { unknown: id };
  const { certificate, chain } = bundle;
  return { certificate, chain, ...(progress === "failed" ? { failed: true } : {}) };
}

/** So many hostnames are named; a person who has more looks at the zone. */
const named = 10;

/** A zone's certificate goes to the origins of all its hostnames, also of those that nobody thought of. */
function judgeReach({ zone, associations, dns }: ZonePulls): Finding[] {
  const own = new Set(associations.filter(isThere).map(({ hostname }) => hostname));
  const reached = [
    ...new Set(
      (dns ?? [])
        .filter((record) => record.proxied && isAddress(record))
        .map(({ name }) => name.toLowerCase())
        .filter((name) => !own.has(name)),
    ),
  ].toSorted();
  if (dns === undefined)
    return [
      finding(
        "warning",
        "zone-reach-unread",
        `the DNS records of ${zone.name} can't be read: which origins see its zone-level certificate is not known`,
        'give the token the permission "DNS Read"',
      ),
    ];
  const rest = reached.length > named ? ` and ${reached.length - named} more` : "";
  return reached.length === 0
    ? []
    : [
        finding(
          "info",
          "zone-reach",
          `what the zone ${zone.name} shows goes to the origins of ${reached.slice(0, named).join(", ")}${rest}`,
          "see to it that each of them accepts it, or give it an association of its own",
        ),
      ];
}

function judgeMode({ zone, sslMode }: ZonePulls): Finding[] {
  if (sslMode !== "off" && sslMode !== "flexible") return [];
  return [
    finding(
      "warning",
      "ssl-mode-too-weak",
      `the SSL mode of ${zone.name} is "${sslMode}": Cloudflare speaks plain HTTP to the origins and shows no certificate, but where a Configuration Rule says otherwise`,
      'set SSL/TLS encryption of the zone to "full (strict)"',
    ),
  ];
}

const day = 86_400_000;

function judgeExpiry({ zone, enabled, certificates }: ZonePulls, now: number): Finding[] {
  const [newest] = certificates
    .filter(({ progress }) => progress === "active")
    .toSorted((a, b) => b.uploadedAt - a.uploadedAt);
  const { bundle } = newest ?? {};
  if (!enabled || bundle === undefined || bundle.notAfter - now > 30 * day) return [];
  const date = new Date(bundle.notAfter).toISOString().slice(0, 10);
  const isOver = bundle.notAfter <= now;
  const what = `the zone-level certificate of ${zone.name} (${bundle.subject})`;
  return [
    finding(
      "warning",
      isOver ? "certificate-expired" : "certificate-expires",
      isOver ? `${what} expired on ${date}, and Cloudflare goes on showing it` : `${what} expires on ${date}`,
      "show a new identity",
    ),
  ];
}
