import { type Answer, type Refusal, result } from "../envelope.ts";
import { isObject, type ZoneCall } from "../route.ts";
import type { CloudflareTiming } from "../timing.ts";
import { ownsHostname } from "../zones/models.ts";
import {
  type AssociationWrite,
  certificateStatus,
  countUses,
  isReadable,
  lastWrite,
  writeInEffect,
} from "./models.ts";
import { refusals } from "./refusals.ts";
import { writeLongAssociation } from "./write-rows.ts";

/** Hostnames of one certificate (operation text of the write). */
const hostnameLimit = 100;
/** No source names a size; see docs/discoveries/cloudflare.md. */
const batchLimit = 100;

interface Item {
  readonly kind: "item";
  readonly hostname: string;
  readonly certificateId: string;
  readonly enabled: boolean | null;
}

/**
 * H2: an upsert by hostname. A batch is no transaction, unless a test asks for one: what stands before a bad item has
 * happened. The answer holds every association of the zone.
 */
export function writeAssociations(call: ZoneCall, timing: CloudflareTiming, changed: () => void): Answer {
  const { body, now, zone } = call;
  if (!isObject(body) || !Array.isArray(body.config)) return refusals.bodyInvalid;
  const items: readonly unknown[] = body.config;
  if (items.length === 0) return refusals.bodyInvalid;
  if (items.length > batchLimit) return refusals.batchTooLarge;
  const { batches, associations } = zone.pulls;
  const before = batches === "whole" ? structuredClone(associations) : undefined;
  const cutAt = batches === "halfway" && items.length > 1 ? Math.floor(items.length / 2) : undefined;
  let refused: Refusal | undefined;
  let written = 0;
  for (const raw of items) {
    if (written === cutAt) {
      refused = refusals.internal;
      break;
    }
    const item = readItem(raw, call, timing);
    if (item.kind === "refusal") {
      refused = item;
      break;
    }
    write(item, call, timing);
    written += 1;
  }
  if (refused !== undefined && before !== undefined) {
    associations.clear();
    for (const [hostname, association] of before) associations.set(hostname, association);
    return refused;
  }
  if (written > 0) changed();
  if (refused !== undefined) return refused;
  const all = [...zone.pulls.associations.values()].filter((association) =>
    isReadable(association, now, timing),
  );
  return result(all.map((association) => writeLongAssociation(association, zone.pulls, now, timing)));
}

function readItem(raw: unknown, { now, zone }: ZoneCall, timing: CloudflareTiming): Item | Refusal {
  if (!isObject(raw)) return refusals.bodyInvalid;
  const { hostname: given, cert_id: certificateId, enabled } = raw;
  if (typeof given !== "string" || given === "") return refusals.hostnameMissing;
  if (typeof certificateId !== "string" || certificateId === "") return refusals.certificateIdRequired;
  if (enabled !== true && enabled !== false && enabled !== null) return refusals.enabledMissing;
  const hostname = given.toLowerCase();
  if (hostname.length > 255 || !ownsHostname(zone, hostname)) return refusals.hostnameForeign;
  const certificate = zone.pulls.stores.hostname.get(certificateId);
  if (certificate === undefined) return refusals.invalidCertificateId;
  const status = certificateStatus(certificate, now, timing);
  if (status === "pending_deletion" || status === "deleted") return refusals.invalidCertificateId;
  const present = zone.pulls.associations.get(hostname);
  const there = present !== undefined && isReadable(present, now, timing) ? present : undefined;
  if (enabled === null) {
    if (there === undefined) return refusals.settingNotFound;
    if (lastWrite(there).certificateId !== certificateId) return refusals.invalidCertificateId;
  } else if (there === undefined || lastWrite(there).certificateId !== certificateId) {
    const uses = countUses(zone.pulls, certificateId, now, timing);
    if (uses >= hostnameLimit) return refusals.tooManyHostnames;
  }
  return { kind: "item", hostname, certificateId, enabled };
}

function write(item: Item, { now, zone }: ZoneCall, timing: CloudflareTiming): void {
  const { associations, deployments } = zone.pulls;
  const settling = item.enabled === null ? timing.voidMs : timing.associationMs;
  const written: AssociationWrite = {
    certificateId: item.certificateId,
    enabled: item.enabled,
    at: now,
    settlesAt: now + (deployments === "succeed" ? settling : timing.timeOutMs),
    deployment: deployments,
  };
  const present = associations.get(item.hostname);
  if (present === undefined) {
    associations.set(item.hostname, { hostname: item.hostname, createdAt: now, writes: [written] });
    return;
  }
  if (!isReadable(present, now, timing)) present.createdAt = now;
  const inEffect = writeInEffect(zone.pulls, present, now);
  const kept =
    inEffect === undefined ? present.writes : present.writes.slice(present.writes.indexOf(inEffect));
  present.writes = [...kept, written];
}
