import { type Answer, result } from "../envelope.ts";
import { writePage } from "../paging.ts";
import { isObject, type ZoneCall } from "../route.ts";
import type { CloudflareTiming } from "../timing.ts";
import { associationStatus, isReadable, type StoreName } from "./models.ts";
import { refusals } from "./refusals.ts";
import { writeCertificate, writeLongAssociation, writeShortAssociation } from "./write-rows.ts";

/** Z1. */
export function readZoneSwitch({ zone }: ZoneCall): Answer {
  return result({ enabled: zone.pulls.zoneLevelEnabled });
}

/** Z2: needs no certificate; the switch and a certificate work only together. */
export function writeZoneSwitch({ body, zone }: ZoneCall, changed: () => void): Answer {
  if (!isObject(body) || typeof body.enabled !== "boolean") return refusals.bodyInvalid;
  zone.pulls.zoneLevelEnabled = body.enabled;
  changed();
  return result({ enabled: zone.pulls.zoneLevelEnabled });
}

/** Z3 and H4: tombstones are listed too; a store that never held a certificate answers null. */
export function listCertificates(
  { now, zone }: ZoneCall,
  store: StoreName,
  timing: CloudflareTiming,
): Answer {
  const rows = [...zone.pulls.stores[store].values()].map((certificate) =>
    writeCertificate(certificate, store, now, timing),
  );
  return result(rows.length === 0 ? null : rows);
}

/** Z5 and H6. */
export function readCertificate(
  { now, params, zone }: ZoneCall,
  store: StoreName,
  timing: CloudflareTiming,
): Answer {
  const certificate = zone.pulls.stores[store].get(params.certificate_id ?? "");
  if (certificate !== undefined) return result(writeCertificate(certificate, store, now, timing));
  return store === "zone" ? refusals.zoneCertificateNotFound : refusals.hostnameCertificateNotFound;
}

/** H3: 404 once a voided association has settled. */
export function readAssociation({ now, params, zone }: ZoneCall, timing: CloudflareTiming): Answer {
  const association = zone.pulls.associations.get((params.hostname ?? "").toLowerCase());
  if (association === undefined || !isReadable(association, now, timing)) return refusals.settingNotFound;
  return result(writeLongAssociation(association, zone.pulls, now, timing));
}

/** What the filter of H1 takes; `initializing` is not among them. */
const filters = new Set([
  "active",
  "pending_deployment",
  "pending_deletion",
  "deleted",
  "deployment_timed_out",
  "deletion_timed_out",
  "all",
]);

/** H1: without a filter only active associations are seen. */
export function listAssociations({ now, query, zone }: ZoneCall, timing: CloudflareTiming): Answer {
  const wanted = (query.get("status") ?? "active").split(",");
  if (!wanted.every((status) => filters.has(status))) return refusals.statusInvalid;
  const rows = [...zone.pulls.associations.values()]
    .filter(
      (association) => wanted.includes("all") || wanted.includes(associationStatus(association, now, timing)),
    )
    .map((association) => writeShortAssociation(association, now, timing));
  return writePage(rows, query, { default: 50, min: 1, max: 1000 }, null);
}
