import { type Answer, result } from "../envelope.ts";
import { useOf } from "../hostname-associations/models.ts";
import type { Identifiers } from "../identifiers.ts";
import type { Call } from "../route.ts";
import { type CloudflareTiming, writeDate } from "../timing.ts";
import type { Zone } from "../zones/models.ts";
import {
  type AccountCertificate,
  type AccountCertificates,
  type AccountCertificateType,
  isStored,
} from "./models.ts";
import { type AccountUpload, readUpload } from "./read-upload.ts";
import { refusals } from "./refusals.ts";

/** What the calls need beside themselves. */
export interface AccountCertificateRules {
  readonly ids: Identifiers;
  readonly timing: CloudflareTiming;
  readonly certificates: AccountCertificates;
  readonly zones: ReadonlyMap<string, Zone>;
  /** CAs of the caller's own. */
  readonly quota: number;
  /** Called after every change. */
  readonly changed: () => void;
}

const types: readonly AccountCertificateType[] = ["custom", "gateway_managed", "access_managed"];

/** POST: a CA that visitors are held against, or a certificate that the provider's products present. */
export function uploadCertificate({ body, now }: Call, rules: AccountCertificateRules): Answer {
  const upload = readUpload(body, now);
  if (upload.kind === "refusal") return upload;
  const stored = [...rules.certificates.values()].filter(isStored);
  if (stored.some(({ digest }) => digest === upload.digest)) return refusals.duplicate;
  if (upload.ca) {
    if (![...rules.zones.values()].some(({ plan }) => plan === "enterprise")) return refusals.notEntitled;
    if (stored.filter(({ ca, type }) => ca && type === "custom").length >= rules.quota) {
      return refusals.quotaReached;
    }
  }
  const certificate = storeCertificate(upload, "custom", now, rules);
  rules.changed();
  return result({ ...writeCertificate(certificate), updated_at: writeDate(now) });
}

/** Puts a certificate into the store. */
export function storeCertificate(
  { kind: _, ...upload }: AccountUpload,
  type: AccountCertificateType,
  now: number,
  { certificates, ids, timing }: Pick<AccountCertificateRules, "certificates" | "ids" | "timing">,
): AccountCertificate {
  const certificate: AccountCertificate = {
    ...upload,
    id: ids.uuid(),
    type,
    uploadedAt: now,
    trustedFrom: now + timing.accountCertificateMs,
    deletedAt: undefined,
  };
  certificates.set(certificate.id, certificate);
  return certificate;
}

/** GET: all at once, by type when asked for; a list without rows is null. */
export function listCertificates({ query }: Call, { certificates }: AccountCertificateRules): Answer {
  const wanted: readonly string[] = query.get("type")?.split(",") ?? types;
  if (!wanted.every((type) => types.some((known) => known === type))) return refusals.typeInvalid;
  const rows = [...certificates.values()]
    .filter((certificate) => isStored(certificate) && wanted.includes(certificate.type))
    .map(writeCertificate);
  return result(rows.length === 0 ? null : rows);
}

/** GET of one. */
export function readCertificate({ params }: Call, { certificates }: AccountCertificateRules): Answer {
  const certificate = certificates.get(params.mtls_certificate_id ?? "");
  if (certificate === undefined || !isStored(certificate)) return refusals.notFound;
  return result(writeCertificate(certificate));
}

/** The services that use a certificate; none is null. */
export function listUses({ now, params }: Call, rules: AccountCertificateRules): Answer {
  const certificate = rules.certificates.get(params.mtls_certificate_id ?? "");
  if (certificate === undefined || !isStored(certificate)) return refusals.notFound;
  const [status] = usesOf(certificate, now, rules);
  return result(status === undefined ? null : [{ service: "api_shield", status }]);
}

/** DELETE: not while a zone asks for certificates of it, or has asked until a moment ago. */
export function deleteCertificate({ now, params }: Call, rules: AccountCertificateRules): Answer {
  const certificate = rules.certificates.get(params.mtls_certificate_id ?? "");
  if (certificate === undefined) return refusals.notFound;
  if (!isStored(certificate)) return refusals.alreadyDeleted;
  if (certificate.type !== "custom") return refusals.managed;
  if (usesOf(certificate, now, rules).length > 0) return refusals.inUse;
  certificate.deletedAt = now;
  rules.changed();
  return result(writeCertificate(certificate));
}

function usesOf(
  { id }: AccountCertificate,
  now: number,
  { zones }: AccountCertificateRules,
): readonly string[] {
  return [...zones.values()].flatMap(({ askingHostnames }) => useOf(askingHostnames, id, now) ?? []);
}

function writeCertificate(certificate: AccountCertificate): Record<string, unknown> {
  return {
    id: certificate.id,
    ca: certificate.ca,
    certificates: certificate.certificates,
    expires_on: certificate.expiresOn,
    issuer: certificate.issuer,
    name: certificate.name,
    serial_number: certificate.serialNumber,
    signature: certificate.signature,
    type: certificate.type,
    uploaded_on: writeDate(certificate.uploadedAt),
  };
}
