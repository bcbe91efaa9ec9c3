import { type Clock, type Digest, HandfastError, systemClock } from "@handfast/core";
import { type CloudflareHttpOptions, cloudflareHttp } from "../cloudflare-http.ts";
import type { CloudflareCredentials } from "../credentials.ts";
import { isAddress, leadsToTunnel } from "../dns-records.ts";
import { httpClient } from "../hostname/http-client.ts";
import type { AssociationRow } from "../hostname/port.ts";
import { readPemBundle } from "../hostname/read-pem-bundle.ts";
import { isThere } from "../hostname/world.ts";
import type { DnsRecord } from "../zone-reads.ts";
import { matcherOf } from "./match-hostname.ts";

/** Which hostnames are asked for, and with which credentials. */
export type ZoneHostnamesOptions = CloudflareCredentials &
  Omit<CloudflareHttpOptions, "credentials"> & {
    /** Id of the zone. */
    readonly zone: string;
    /**
     * A hostname, or `*.` before a name: all below it, at any depth. Several: whoever matches one of them.
     *
     * @default every hostname of the zone
     */
    readonly match?: string | readonly string[] | undefined;
    readonly clock?: Clock | undefined;
    readonly signal?: AbortSignal | undefined;
  };

/** Hostnames of a zone, as they are now. */
export interface ZoneHostnames {
  /** Sorted. */
  readonly hostnames: readonly string[];
  /** SHA-256 of the leaf that is associated, by hostname, where one is that can be read. */
  readonly associated: Readonly<Record<string, Digest>>;
}

const name = "cloudflare.hostname";

/**
 * Lists the hostnames of a zone to which origin pulls apply: those with a proxied record (A, AAAA, CNAME), and those that
 * are associated already. Left out are wildcard records, which are no hostnames, and what leads to a Cloudflare Tunnel,
 * where no certificate is ever shown.
 *
 * What it answers goes into a spec: a plan names every hostname, and one that comes later is in none until it is asked
 * for again.
 *
 * The token needs DNS Read and SSL and Certificates Read on the zone.
 *
 * @throws HandfastError `REMOTE_…`, `SECRET_MISSING`, `ABORTED`; `SPEC_INVALID` for a pattern of another form
 * @example
 * ```ts
 * import { zoneHostnames } from "@handfast/cloudflare";
 *
 * const zone = "0123456789abcdef0123456789abcdef";
 * const token = () => process.env.CLOUDFLARE_API_TOKEN ?? "";
 * export const presenters = async () => {
 *   const { hostnames } = await zoneHostnames({ token, zone, match: "*.shop.example.com" });
 *   return { edge: { adapter: "cloudflare.hostname", zone, hostnames, shows: "edge" } };
 * };
 * ```
 */
export async function zoneHostnames(options: ZoneHostnamesOptions): Promise<ZoneHostnames> {
  const { zone, match, token, email, key, clock = systemClock, signal, ...http } = options;
  const matches = matcherOf(match === undefined ? undefined : [match].flat());
  const credentials = { token, email, key } as CloudflareCredentials;
  const port = httpClient(cloudflareHttp({ ...http, credentials }), name);
  const call = { clock, signal: signal ?? new AbortController().signal };
  const [records, rows, certificates] = await Promise.all([
    port.listDnsRecords(zone, call),
    port.listAssociations(zone, call),
    port.listCertificates(zone, call),
  ]);
  if (records === undefined) throw unreadable(zone);
  const leaves = new Map(certificates.map(({ id, pem }) => [id, readPemBundle(pem)?.certificate]));
  const there = rows.filter((row) => isThere(row) && matches(row.hostname));
  const proxied = records.filter(leadsToOrigin).map((record) => record.name.toLowerCase());
  return {
    hostnames: [...new Set([...proxied.filter(matches), ...there.map(({ hostname }) => hostname)])].sort(),
    associated: Object.fromEntries(there.flatMap((row) => leafOf(row, leaves))),
  };
}

function leadsToOrigin(record: DnsRecord): boolean {
  return record.proxied && !record.name.includes("*") && isAddress(record) && !leadsToTunnel(record);
}

function leafOf(
  { hostname, certificateId, enabled }: AssociationRow,
  leaves: ReadonlyMap<string, Digest | undefined>,
): readonly (readonly [string, Digest])[] {
  const leaf = certificateId === undefined || enabled !== true ? undefined : leaves.get(certificateId);
  return leaf === undefined ? [] : [[hostname, leaf]];
}

function unreadable(zone: string): HandfastError {
  return new HandfastError(
    "REMOTE_UNAUTHORIZED",
    `list hostnames failed [zone=${zone}]: the credential may not read the zone's DNS records; give the token the permission "DNS Read"`,
    { adapter: name },
  );
}
