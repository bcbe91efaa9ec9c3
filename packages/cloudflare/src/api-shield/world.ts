import { type CertificateFacts, isHandfastError, readCertificate, readPem } from "@handfast/core";
import type { CallContext } from "../cloudflare-http.ts";
import type { DnsRecord, Zone } from "../zone-reads.ts";
import type { ApiShieldPort, AuthorityId, AuthorityRow, FirewallRules } from "./port.ts";
import { type AuthorityName, authorityName, managedName } from "./state.ts";

/** A CA of the account, read. */
export interface HeldAuthority {
  readonly id: AuthorityId;
  readonly name: AuthorityName;
  readonly certificates: readonly CertificateFacts[];
  /** Services that use it, in any zone. */
  readonly services: readonly string[];
}

/** All that was read of one zone and its account, in one pass for any number of hostnames. */
export interface ZoneWorld {
  readonly zone: Zone;
  /** Undefined: the credential may not read them. */
  readonly dns: readonly DnsRecord[] | undefined;
  readonly authorities: readonly HeldAuthority[];
  /** Hostnames in the list of each CA, by its name. */
  readonly lists: ReadonlyMap<AuthorityName, readonly string[]>;
  readonly rules: FirewallRules;
}

/** Reads the CAs of an account, with what uses them. */
export async function readAuthorities(
  port: ApiShieldPort,
  account: string,
  call: CallContext,
): Promise<readonly HeldAuthority[]> {
  const rows = (await port.listAuthorities(account, call)).filter(verifiesClients);
  const held = rows.flatMap((row) => hold(row) ?? []);
  return await Promise.all(
    held.map(async (authority) => ({
      ...authority,
      services: await port.listServices(account, authority.id, call),
    })),
  );
}

/** Reads a zone, given the CAs of its account. */
export async function readZoneWorld(
  port: ApiShieldPort,
  zoneId: string,
  authorities: readonly HeldAuthority[],
  call: CallContext,
): Promise<ZoneWorld> {
  const names: readonly (readonly [AuthorityName, AuthorityId | "managed"])[] = [
    [managedName, "managed"],
    ...authorities.map(({ name, id }) => [name, id] as const),
  ];
  const [zone, dns, rules, lists] = await Promise.all([
    port.readZone(zoneId, call),
    port.listDnsRecords(zoneId, call),
    port.readRules(zoneId, call),
    Promise.all(names.map(async ([name, id]) => [name, await port.readHostnames(zoneId, id, call)] as const)),
  ]);
  return { zone, dns, authorities, rules, lists: new Map(lists) };
}

/** The ids of CAs by name, for writing. */
export async function findAuthorities(
  port: ApiShieldPort,
  account: string,
  call: CallContext,
): Promise<ReadonlyMap<AuthorityName, AuthorityId | "managed">> {
  const rows = (await port.listAuthorities(account, call)).filter(verifiesClients);
  const named = rows.flatMap((row) => {
    const held = hold(row);
    return held === undefined ? [] : [[held.name, held.id] as const];
  });
  return new Map<AuthorityName, AuthorityId | "managed">([[managedName, "managed"], ...named]);
}

/** CAs of the caller's own; those of other products of Cloudflare verify for these alone. */
function verifiesClients({ ca, type }: AuthorityRow): boolean {
  return ca && type === "custom";
}

function hold({ id, pem }: AuthorityRow): Omit<HeldAuthority, "services"> | undefined {
  const certificates = readAll(pem);
  const name = certificates.length === 0 ? `id:${id}` : authorityName(certificates.map((one) => one.sha256));
  return { id, name, certificates };
}

function readAll(pem: string | undefined): readonly CertificateFacts[] {
  try {
    return readPem(pem ?? "", "CERTIFICATE", "CA").map(readCertificate);
  } catch (error) {
    if (isHandfastError(error)) return [];
    throw error;
  }
}
