import { dissectCertificate, readDer } from "@handfast/core/certificates";
import { type Answer, result } from "../envelope.ts";
import type { Identifiers } from "../identifiers.ts";
import { signatureName } from "../origin-pull/signature-name.ts";
import { writePage, writeSlice } from "../paging.ts";
import { isObject, type ZoneCall } from "../route.ts";
import { type CloudflareTiming, writeDate } from "../timing.ts";
import type { Zone } from "../zones/models.ts";
import type { ManagedAuthority } from "./managed-authority.ts";
import { type ClientCertificate, type ClientCertificateStatus, clientCertificateStatus } from "./models.ts";
import { readIssueRequest } from "./read-issue-request.ts";
import { refusals } from "./refusals.ts";

/** What the calls need beside themselves. */
export interface ClientCertificateRules {
  readonly ids: Identifiers;
  readonly timing: CloudflareTiming;
  readonly authority: ManagedAuthority;
  /** Certificates of a zone that are not revoked. */
  readonly quota: number;
  /** Called after every change. */
  readonly changed: () => void;
}

const filters: Readonly<Record<string, readonly ClientCertificateStatus[]>> = {
  all: ["active", "pending_reactivation", "pending_revocation", "revoked"],
  active: ["active"],
  pending_reactivation: ["pending_reactivation"],
  pending_revocation: ["pending_revocation"],
  revoked: ["revoked"],
};

const pages = { default: 20, min: 5, max: 50 };

/** POST: a certificate for the key of a signing request, at once. */
export function issueCertificate({ body, now, zone }: ZoneCall, rules: ClientCertificateRules): Answer {
  const request = readIssueRequest(body);
  if (request.kind === "refusal") return request;
  if (isFull(zone, now, rules)) return refusals.quotaReached;
  const { subjectDer, publicKey, validityDays } = request;
  const leaf = rules.authority.issue({ subject: subjectDer, publicKey }, validityDays, now);
  const { x509 } = leaf;
  const keyIdentifier = dissectCertificate(x509.raw).extensions.get("2.5.29.14");
  const certificate: ClientCertificate = {
    id: rules.ids.uuid(),
    certificate: leaf.certificate,
    csr: request.csr.replaceAll(/\r?\n/g, "\r\n"),
    subject: request.subject,
    ski: keyIdentifier === undefined ? "" : Buffer.from(readDer(keyIdentifier).value).toString("hex"),
    serialNumber: x509.serialNumber.toLowerCase(),
    fingerprint: x509.fingerprint256.replaceAll(":", "").toLowerCase(),
    signature: signatureName(x509.raw),
    issuedAt: leaf.issuedAt,
    expiresAt: leaf.expiresAt,
    validityDays,
    change: { kind: "issued", settlesAt: now },
  };
  zone.clientCertificates.set(certificate.id, certificate);
  rules.changed();
  return result(writeCertificate(certificate, rules.authority, now));
}

/** GET: by page, or by `limit` and `offset`. A page without rows is null. */
export function listCertificates(
  { now, query, zone }: ZoneCall,
  { authority }: ClientCertificateRules,
): Answer {
  const wanted = filters[query.get("status") ?? "all"];
  if (wanted === undefined) return refusals.statusInvalid;
  const rows = [...zone.clientCertificates.values()]
    .filter((certificate) => wanted.includes(clientCertificateStatus(certificate, now)))
    .map((certificate) => writeCertificate(certificate, authority, now));
  const sliced = query.has("limit") || query.has("offset");
  return sliced ? writeSlice(rows, query, pages, null) : writePage(rows, query, pages, null);
}

/** GET of one. */
export function readCertificate({ now, params, zone }: ZoneCall, rules: ClientCertificateRules): Answer {
  const certificate = zone.clientCertificates.get(params.client_certificate_id ?? "");
  return certificate === undefined
    ? refusals.notFound
    : result(writeCertificate(certificate, rules.authority, now));
}

/** DELETE: revokes; the certificate stays. */
export function revokeCertificate({ now, params, zone }: ZoneCall, rules: ClientCertificateRules): Answer {
  const certificate = zone.clientCertificates.get(params.client_certificate_id ?? "");
  if (certificate === undefined) return refusals.notFound;
  const status = clientCertificateStatus(certificate, now);
  if (status === "revoked" || status === "pending_revocation") return refusals.alreadyRevoked;
  certificate.change = { kind: "revoked", settlesAt: now + rules.timing.revocationMs };
  rules.changed();
  return result(writeCertificate(certificate, rules.authority, now));
}

/** PATCH: brings a revoked one back. */
export function restoreCertificate(call: ZoneCall, rules: ClientCertificateRules): Answer {
  const { body, now, params, zone } = call;
  const certificate = zone.clientCertificates.get(params.client_certificate_id ?? "");
  if (certificate === undefined) return refusals.notFound;
  if (!isObject(body) || body.reactivate !== true) return refusals.reactivateMissing;
  const status = clientCertificateStatus(certificate, now);
  if (status === "active" || status === "pending_reactivation") return refusals.notRevoked;
  if (status === "revoked" && isFull(zone, now, rules)) return refusals.quotaReached;
  certificate.change = { kind: "restored", settlesAt: now + rules.timing.reactivationMs };
  rules.changed();
  return result(writeCertificate(certificate, rules.authority, now));
}

function isFull({ clientCertificates }: Zone, now: number, { quota }: ClientCertificateRules): boolean {
  const counted = [...clientCertificates.values()].filter(
    (certificate) => clientCertificateStatus(certificate, now) !== "revoked",
  );
  return counted.length >= quota;
}

function writeCertificate(
  certificate: ClientCertificate,
  { id, name }: ManagedAuthority,
  now: number,
): Record<string, unknown> {
  return {
    id: certificate.id,
    certificate: certificate.certificate,
    certificate_authority: { id, name },
    ...certificate.subject,
    csr: certificate.csr,
    ski: certificate.ski,
    serial_number: certificate.serialNumber,
    signature: certificate.signature,
    fingerprint_sha256: certificate.fingerprint,
    issued_on: writeDate(certificate.issuedAt),
    expires_on: writeDate(certificate.expiresAt),
    validity_days: certificate.validityDays,
    status: clientCertificateStatus(certificate, now),
  };
}
