import type { Seen } from "@handfast/core";
import { seeSsl } from "../ssl-mode/rule.ts";
import { judgeHostname } from "./findings.ts";
import { hostnamesPerCertificate } from "./limits.ts";
import type { AssociationRow } from "./port.ts";
import type { ReadBundle } from "./read-pem-bundle.ts";
import {
  type Association,
  type Bundle,
  bundleName,
  type HostnameState,
  objectsOf,
  type StoredCertificate,
  type UnknownCertificate,
} from "./state.ts";
import { hostnameOf } from "./steps.ts";
import type { HostnameTarget } from "./target.ts";
import { isThere, type ZoneWorld } from "./world.ts";

/** What was seen of one hostname. Pure; the store of a zone is told once and shared by its hostnames. */
export function seeHostname(target: HostnameTarget, world: ZoneWorld, now: number): Seen<HostnameState> {
  const hostname = hostnameOf(target);
  const row = world.associations.get(hostname);
  const association = row !== undefined && isThere(row) ? toAssociation(row, world) : null;
  const { store, arriving } = seeStore(world, row);
  const zone = seeZonePull(world);
  const state: HostnameState = {
    association,
    store,
    zone: { enabled: world.zonePull, shows: zone.shows },
    global: world.global,
    ssl: seeSsl(hostname, world.sslMode, world.sslRules),
  };
  const before = row === undefined ? undefined : stateBefore(row, state, world);
  const certificate =
    row?.certificateId === undefined ? undefined : world.certificates.get(row.certificateId);
  const fallsThrough = association === null && world.zonePull;
  return {
    objects: objectsOf(target.zone, hostname),
    now: state,
    may: [
      ...(arriving.size === 0
        ? []
        : [{ ...state, store: store.filter((entry) => !arriving.has(bundleName(entry))) }]),
      ...(before === undefined ? [] : [{ ...state, association: before.association }]),
      ...(fallsThrough && zone.arriving !== undefined
        ? [{ ...state, zone: { enabled: true, shows: zone.arriving } }]
        : []),
    ],
    settled:
      !isMoving(row) &&
      !(association?.enabled === true && certificate?.progress === "pending") &&
      !(fallsThrough && zone.arriving !== undefined),
    owner: "unknown",
    findings: judgeHostname(target, hostname, state, world, now),
  };
}

function toAssociation(row: AssociationRow, world: ZoneWorld): Association {
  return {
    enabled: row.enabled ?? true,
    certificate: certificateOf(row, world),
    ...(row.progress === "failed" ? { failed: true } : {}),
  };
}

function certificateOf({ certificateId }: AssociationRow, world: ZoneWorld): Bundle | UnknownCertificate {
  const held = certificateId === undefined ? undefined : world.certificates.get(certificateId);
  return held?.bundle === undefined ? { unknown: certificateId ?? "without an id" } : toBundle(held.bundle);
}

/** What some edge may still act by. What was associated before a change of certificate is told nowhere. */
function stateBefore(
  row: AssociationRow,
  now: HostnameState,
  world: ZoneWorld,
): { association: Association | null } | undefined {
  if (row.progress === "leaving" && now.association === null) {
    return { association: { enabled: row.enabled ?? true, certificate: certificateOf(row, world) } };
  }
  return row.progress === "pending" && row.first ? { association: null } : undefined;
}

function isMoving(row: AssociationRow | undefined): boolean {
  return row?.progress === "pending" || row?.progress === "leaving";
}

/** The live certificates of the store, and which of them are still on their way to the edges. */
function seeStore(
  world: ZoneWorld,
  own: AssociationRow | undefined,
): { readonly store: readonly StoredCertificate[]; readonly arriving: ReadonlySet<string> } {
  const arriving = new Set<string>();
  const store = new Map<string, StoredCertificate>();
  for (const { id, bundle, progress } of world.certificates.values()) {
    if (bundle === undefined || progress === "leaving" || progress === "gone") continue;
    const entry = toBundle(bundle);
    const name = bundleName(entry);
    const others =
      (world.users.get(id) ?? 0) - (own !== undefined && own.certificateId === id && isCounted(own) ? 1 : 0);
    if (progress === "pending") arriving.add(name);
    store.set(name, {
      ...entry,
      others: others <= 0 ? "none" : others < hostnamesPerCertificate ? "some" : "full",
      ...(others > 0 ? { hostnames: others } : {}),
      ...(progress === "failed" ? { failed: true } : {}),
    });
  }
  return {
    store: [...store.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry),
    arriving,
  };
}

function isCounted({ enabled, progress }: AssociationRow): boolean {
  return progress !== "gone" && !(enabled === null && progress === "active");
}

/** The zone-level certificate that is shown, the newest active one; and one that is about to take its place. */
function seeZonePull(world: ZoneWorld): {
  readonly shows: Bundle | UnknownCertificate | null;
  readonly arriving: Bundle | UnknownCertificate | undefined;
} {
  const newest = (progress: string) =>
    world.zoneCertificates
      .filter((row) => row.progress === progress)
      .toSorted((a, b) => b.uploadedAt - a.uploadedAt)
      .map(({ id, bundle }) => (bundle === undefined ? { unknown: id } : toBundle(bundle)))[0];
  return { shows: newest("active") ?? null, arriving: newest("pending") };
}

function toBundle({ certificate, chain }: ReadBundle): Bundle {
  return { certificate, chain };
}
