import type { CallContext } from "../cloudflare-http.ts";
import type { DnsRecord, Zone } from "../zone-reads.ts";
import type {
  AssociationRow,
  CertificateRow,
  HostnameCertificateId,
  HostnamePort,
  SslRule,
  ZoneCertificateId,
} from "./port.ts";
import { type ReadBundle, readPemBundle } from "./read-pem-bundle.ts";

/** A certificate of a store with what was read from it; undefined when it can't be read. */
export type Held<Id extends string> = CertificateRow<Id> & { readonly bundle: ReadBundle | undefined };

/** All that was read of one zone, in one pass for any number of hostnames. */
export interface ZoneWorld {
  readonly zone: Zone;
  readonly global: boolean;
  readonly sslMode: string;
  /** Undefined: the credential may not read them. */
  readonly sslRules: readonly SslRule[] | undefined;
  readonly dns: readonly DnsRecord[] | undefined;
  readonly zonePull: boolean;
  readonly zoneCertificates: readonly Held<ZoneCertificateId>[];
  readonly certificates: ReadonlyMap<HostnameCertificateId, Held<HostnameCertificateId>>;
  /** By hostname; voided ones that still read, too. */
  readonly associations: ReadonlyMap<string, AssociationRow>;
  /** How many associations stand in the way of deleting each certificate. */
  readonly users: ReadonlyMap<HostnameCertificateId, number>;
}

/**
 * Reads a zone. Only an association whose certificate is not in the store's list is looked at by itself.
 *
 * @param hostnames those that matter
 */
export async function readZoneWorld(
  port: HostnamePort,
  zoneId: string,
  hostnames: ReadonlySet<string>,
  call: CallContext,
): Promise<ZoneWorld> {
  const [zone, dns, shown, ssl, moving] = await Promise.all([
    port.readZone(zoneId, call),
    port.listDnsRecords(zoneId, call),
    readFallThrough(port, zoneId, call),
    readSsl(port, zoneId, call),
    readAssociations(port, zoneId, hostnames, call),
  ]);
  return { zone, dns, ...shown, ...ssl, ...moving };
}

/**
 * Reads again what the writes of this adapter move, and of the rest what hostnames may fall through to; `before` tells
 * all else.
 *
 * @param withSsl whether the SSL mode is among what is written
 */
export async function readProgress(
  port: HostnamePort,
  zoneId: string,
  { hostnames, withSsl }: { readonly hostnames: ReadonlySet<string>; readonly withSsl: boolean },
  before: ZoneWorld,
  call: CallContext,
): Promise<ZoneWorld> {
  const [shown, ssl, moving] = await Promise.all([
    before.zonePull ? readFallThrough(port, zoneId, call) : {},
    withSsl ? readSsl(port, zoneId, call) : {},
    readAssociations(port, zoneId, hostnames, call),
  ]);
  return { ...before, ...shown, ...ssl, ...moving };
}

async function readFallThrough(
  port: HostnamePort,
  zoneId: string,
  call: CallContext,
): Promise<Pick<ZoneWorld, "global" | "zonePull" | "zoneCertificates">> {
  const [global, zonePull, zoneCertificates] = await Promise.all([
    port.readGlobalPull(zoneId, call),
    port.readZonePull(zoneId, call),
    port.listZoneCertificates(zoneId, call),
  ]);
  return { global, zonePull, zoneCertificates: zoneCertificates.map(hold) };
}

async function readSsl(
  port: HostnamePort,
  zoneId: string,
  call: CallContext,
): Promise<Pick<ZoneWorld, "sslMode" | "sslRules">> {
  const [sslMode, sslRules] = await Promise.all([
    port.readSslMode(zoneId, call),
    port.listSslRules(zoneId, call),
  ]);
  return { sslMode, sslRules };
}

async function readAssociations(
  port: HostnamePort,
  zoneId: string,
  hostnames: ReadonlySet<string>,
  call: CallContext,
): Promise<Pick<ZoneWorld, "certificates" | "associations" | "users">> {
  const [certificates, rows] = await Promise.all([
    port.listCertificates(zoneId, call),
    port.listAssociations(zoneId, call),
  ]);
  const held = new Map(certificates.map((row) => [row.id, hold(row)]));
  const lost = rows.filter((row) => hostnames.has(row.hostname) && isThere(row) && !isReadable(held, row));
  for (const { hostname } of lost) {
    const row = await port.readAssociation(zoneId, hostname, call);
    const bundle = readPemBundle(row?.pem);
    if (row?.certificateId === undefined || bundle === undefined) continue;
    const known = held.get(row.certificateId);
    if (known !== undefined) held.set(row.certificateId, { ...known, bundle });
  }
  return {
    certificates: held,
    associations: new Map(rows.map((row) => [row.hostname, row])),
    users: countUsers(rows),
  };
}

/** Whether an association is in effect or on its way in; one that is being taken away is not. */
export function isThere(row: AssociationRow): boolean {
  if (row.progress === "gone" || row.progress === "leaving") return false;
  return row.enabled !== null || row.progress === "failed";
}

function isReadable(
  held: ReadonlyMap<HostnameCertificateId, Held<HostnameCertificateId>>,
  { certificateId }: AssociationRow,
): boolean {
  return certificateId !== undefined && held.get(certificateId)?.bundle !== undefined;
}

function hold<Id extends string>(row: CertificateRow<Id>): Held<Id> {
  return { ...row, bundle: row.progress === "gone" ? undefined : readPemBundle(row.pem) };
}

function countUsers(rows: readonly AssociationRow[]): ReadonlyMap<HostnameCertificateId, number> {
  const users = new Map<HostnameCertificateId, number>();
  for (const { certificateId, enabled, progress } of rows) {
    if (certificateId === undefined || progress === "gone") continue;
    if (enabled === null && progress === "active") continue;
    users.set(certificateId, (users.get(certificateId) ?? 0) + 1);
  }
  return users;
}
