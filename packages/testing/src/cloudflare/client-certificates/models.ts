/** What was last done to a certificate: it was issued, revoked, or restored. */
export interface ClientCertificateChange {
  readonly kind: "issued" | "revoked" | "restored";
  /** When the status settles. */
  readonly settlesAt: number;
}

/** Every status that the API names. */
export type ClientCertificateStatus = "active" | "pending_reactivation" | "pending_revocation" | "revoked";

/** What the API tells of a subject, by its own names. */
export interface ClientSubject {
  readonly common_name: string;
  readonly country: string;
  readonly state: string;
  readonly location: string;
  readonly organization: string;
  readonly organizational_unit: string;
}

/** A certificate of the managed CA; it is never deleted. */
export interface ClientCertificate {
  readonly id: string;
  /** PEM. */
  readonly certificate: string;
  /** As the API gives it back, with CRLF. */
  readonly csr: string;
  readonly subject: ClientSubject;
  /** Hex. */
  readonly ski: string;
  readonly serialNumber: string;
  readonly fingerprint: string;
  readonly signature: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly validityDays: number;
  change: ClientCertificateChange;
}

/** What a certificate reads at `now`. */
export function clientCertificateStatus({ change }: ClientCertificate, now: number): ClientCertificateStatus {
  const settled = now >= change.settlesAt;
  switch (change.kind) {
    case "issued":
      return "active";
    case "revoked":
      return settled ? "revoked" : "pending_revocation";
    case "restored":
      return settled ? "active" : "pending_reactivation";
  }
}

/** Whether the edge takes it for revoked: a change acts when it has settled. */
export function isRevokedAtEdge(certificate: ClientCertificate, now: number): boolean {
  const status = clientCertificateStatus(certificate, now);
  return status === "revoked" || status === "pending_reactivation";
}
