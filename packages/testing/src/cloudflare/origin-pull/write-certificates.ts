import { type Answer, type Refusal, result } from "../envelope.ts";
import type { Identifiers } from "../identifiers.ts";
import type { ZoneCall } from "../route.ts";
import type { CloudflareTiming } from "../timing.ts";
import { certificateStatus, countUses, type StoredCertificate, type StoreName } from "./models.ts";
import { type ChainHandling, readUpload } from "./read-upload.ts";
import { refusals } from "./refusals.ts";
import { writeCertificate } from "./write-rows.ts";

/** Hostname certificates of one zone that are not deleted (operation text of the upload). */
const hostnameCertificateLimit = 10;

/** What the writes need beside the call. */
export interface CertificateRules {
  readonly timing: CloudflareTiming;
  readonly ids: Identifiers;
  readonly chain: ChainHandling;
  /** Called after every change. */
  readonly changed: () => void;
}

/** Z4 and H5: a new certificate, or an old one brought back under its old id. */
export function uploadCertificate(call: ZoneCall, storeName: StoreName, rules: CertificateRules): Answer {
  const { now, zone } = call;
  const { timing } = rules;
  const { pulls } = zone;
  if (now < pulls.heldUntil) return refusals.storeBusy;
  const upload = readUpload(call.body, now, rules.chain);
  if (upload.kind === "refusal") return upload;
  const store = pulls.stores[storeName];
  const stored = [...store.values()];
  const same = stored.find(({ digest }) => digest === upload.digest);
  if (same !== undefined && certificateStatus(same, now, timing) !== "deleted") return refusals.alreadyExists;
  const live = stored.filter((certificate) => certificateStatus(certificate, now, timing) !== "deleted");
  if (storeName === "hostname" && live.length >= hostnameCertificateLimit)
    return refusals.tooManyCertificates;
  const certificate: StoredCertificate = {
    id: same?.id ?? rules.ids.uuid(),
    digest: upload.digest,
    text: upload.text,
    key: upload.key,
    uploadedAt: now,
    settlesAt: now + (pulls.deployments === "succeed" ? timing.certificateMs : timing.timeOutMs),
    deployment: pulls.deployments,
    deletedAt: undefined,
  };
  store.set(certificate.id, certificate);
  pulls.heldUntil = now + timing.holdMs;
  rules.changed();
  return result(writeCertificate(certificate, storeName, now, timing));
}

/** Z6 and H7: leaves a tombstone that stays readable. */
export function deleteCertificate(call: ZoneCall, storeName: StoreName, rules: CertificateRules): Answer {
  const { now, zone } = call;
  const { pulls } = zone;
  if (now < pulls.heldUntil) return refusals.storeBusy;
  const id = call.params.certificate_id ?? "";
  const certificate = pulls.stores[storeName].get(id);
  if (certificate === undefined) {
    if (storeName === "zone") return refusals.zoneCertificateNotFound;
    return pulls.stores.zone.has(id) ? refusals.invalidCertificateId : refusals.hostnameCertificateNotFound;
  }
  const refused = whyNotDelete(call, storeName, certificate, rules.timing);
  if (refused !== undefined) return refused;
  certificate.deletedAt = now;
  pulls.heldUntil = now + rules.timing.holdMs;
  rules.changed();
  return result(writeCertificate(certificate, storeName, now, rules.timing));
}

function whyNotDelete(
  { now, zone }: ZoneCall,
  storeName: StoreName,
  certificate: StoredCertificate,
  timing: CloudflareTiming,
): Refusal | undefined {
  const status = certificateStatus(certificate, now, timing);
  if (status === "pending_deletion" || status === "deleted") {
    if (storeName === "zone") return refusals.alreadyDeleted;
    return status === "deleted" ? refusals.invalidCertificateId : refusals.pendingDeletion;
  }
  if (status === "initializing" || status === "pending_deployment") return refusals.pendingDeployment;
  const used = storeName === "hostname" && countUses(zone.pulls, certificate.id, now, timing) > 0;
  return used ? refusals.inUse : undefined;
}
