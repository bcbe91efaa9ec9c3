import { type CloudflareTiming, writeDate } from "../timing.ts";
import {
  type Association,
  associationStatus,
  certificateStatus,
  lastWrite,
  type OriginPulls,
  type StoredCertificate,
  type StoreName,
} from "./models.ts";

/** A certificate as the API shows it; only the hostname store tells the serial number, and none tells the key. */
export function writeCertificate(
  certificate: StoredCertificate,
  store: StoreName,
  now: number,
  timing: CloudflareTiming,
): Record<string, unknown> {
  return {
    id: certificate.id,
    certificate: certificate.text.certificate,
    issuer: certificate.text.issuer,
    signature: certificate.text.signature,
    ...(store === "hostname" ? { serial_number: certificate.text.serialNumber } : {}),
    status: certificateStatus(certificate, now, timing),
    expires_on: certificate.text.expiresOn,
    uploaded_on: writeDate(certificate.uploadedAt),
  };
}

/** The row of the list of associations. */
export function writeShortAssociation(
  association: Association,
  now: number,
  timing: CloudflareTiming,
): Record<string, unknown> {
  const write = lastWrite(association);
  return {
    cert_id: write.certificateId,
    created_at: writeDate(association.createdAt),
    enabled: write.enabled,
    hostname: association.hostname,
    status: associationStatus(association, now, timing),
    updated_at: writeDate(write.at),
  };
}

/** The form of a single read and of the answer to a write: the certificate's facts stand beside it. */
export function writeLongAssociation(
  association: Association,
  pulls: OriginPulls,
  now: number,
  timing: CloudflareTiming,
): Record<string, unknown> {
  const certificate = pulls.stores.hostname.get(lastWrite(association).certificateId);
  return {
    ...writeShortAssociation(association, now, timing),
    cert_status: certificate === undefined ? "deleted" : certificateStatus(certificate, now, timing),
    cert_uploaded_on: certificate === undefined ? null : writeDate(certificate.uploadedAt),
    cert_updated_at:
      certificate === undefined ? null : writeDate(certificate.deletedAt ?? certificate.uploadedAt),
    expires_on: certificate?.text.expiresOn ?? null,
    issuer: certificate?.text.issuer ?? null,
    serial_number: certificate?.text.serialNumber ?? null,
    signature: certificate?.text.signature ?? null,
    certificate: certificate?.text.certificate ?? null,
  };
}
