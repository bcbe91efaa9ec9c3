import type { CloudflareTiming } from "../timing.ts";

/**
 * The state of Authenticated Origin Pulls of one zone. Nothing here is moved by a timer: every status follows
 * from the moments that are written down and from the moment one asks.
 */
export interface OriginPulls {
  /** The switch of the zone-level flavour. */
  zoneLevelEnabled: boolean;
  /** The two stores of the zone; an id of one means nothing in the other. */
  readonly stores: Readonly<Record<StoreName, Map<string, StoredCertificate>>>;
  /** By hostname. */
  readonly associations: Map<string, Association>;
  /** Until then an upload or a delete meets 409. */
  heldUntil: number;
  /** What becomes of uploads and association writes that begin now. */
  deployments: Deployments;
  batches: BatchHandling;
}

/** Which of the two stores of a zone. */
export type StoreName = "zone" | "hostname";
/**
 * What becomes of several associations in one write. `in-order`: what stands before a bad one has happened; `whole`:
 * nothing has; `halfway`: the first half has, good as all of them are, and the answer is an internal error.
 */
export type BatchHandling = "in-order" | "whole" | "halfway";
/** Whether what is deployed from now on arrives, or ends in a time-out. */
export type Deployments = "succeed" | "time-out";

/** Every status that the API names. */
export type Status =
  | "initializing"
  | "pending_deployment"
  | "pending_deletion"
  | "active"
  | "deleted"
  | "deployment_timed_out"
  | "deletion_timed_out";

/** What is read from an uploaded certificate. */
export interface CertificateText {
  /** As the API returns it, which is not quite as it was sent. */
  readonly certificate: string;
  readonly issuer: string;
  readonly signature: string;
  readonly serialNumber: string;
  readonly expiresOn: string;
}

/** A certificate in a store; deleted ones stay as tombstones. */
export interface StoredCertificate {
  readonly id: string;
  /** SHA-256 of the DER: what makes two uploads the same. */
  readonly digest: string;
  readonly text: CertificateText;
  /** PEM; never part of an answer. */
  readonly key: string;
  readonly uploadedAt: number;
  /** When the deployment ends, well or not. */
  readonly settlesAt: number;
  readonly deployment: Deployments;
  deletedAt: number | undefined;
}

/** One write of an association. */
export interface AssociationWrite {
  readonly certificateId: string;
  readonly enabled: boolean | null;
  readonly at: number;
  readonly settlesAt: number;
  readonly deployment: Deployments;
}

/** The writes of one hostname that still matter, oldest first: the last is what reads, an earlier one may still act. */
export interface Association {
  readonly hostname: string;
  createdAt: number;
  writes: readonly [...AssociationWrite[], AssociationWrite];
}

/** A zone in which nothing was set up yet. */
export function originPulls(): OriginPulls {
  return {
    zoneLevelEnabled: false,
    stores: { zone: new Map(), hostname: new Map() },
    associations: new Map(),
    heldUntil: 0,
    deployments: "succeed",
    batches: "in-order",
  };
}

/** What a certificate reads at `now`. */
export function certificateStatus(
  certificate: StoredCertificate,
  now: number,
  timing: CloudflareTiming,
): Status {
  if (certificate.deletedAt !== undefined) {
    return now < certificate.deletedAt + timing.tombstoneMs ? "pending_deletion" : "deleted";
  }
  return deploymentStatus(certificate.uploadedAt, certificate, now, timing);
}

/** The write that reads. */
export function lastWrite(association: Association): AssociationWrite {
  return association.writes[association.writes.length - 1] ?? association.writes[0];
}

/** What an association reads at `now`, whatever the edge still acts by. */
export function associationStatus(association: Association, now: number, timing: CloudflareTiming): Status {
  const write = lastWrite(association);
  if (write.enabled !== null) return deploymentStatus(write.at, write, now, timing);
  if (now < write.settlesAt) return "pending_deletion";
  return write.deployment === "succeed" ? "deleted" : "deletion_timed_out";
}

/** Whether the association is there for its readers: not voided, or voided so lately that it still reads. */
export function isReadable(association: Association, now: number, timing: CloudflareTiming): boolean {
  return associationStatus(association, now, timing) !== "deleted";
}

/** How many associations keep a certificate in use; a suppressed one counts, and one whose voiding has not ended. */
export function countUses(
  pulls: OriginPulls,
  certificateId: string,
  now: number,
  timing: CloudflareTiming,
): number {
  return [...pulls.associations.values()].filter(
    (association) =>
      lastWrite(association).certificateId === certificateId && isReadable(association, now, timing),
  ).length;
}

/**
 * The write that the edge acts by now: the newest one that has settled, and whose certificate, when it presents
 * one, has reached the edge.
 */
export function writeInEffect(
  pulls: OriginPulls,
  association: Association,
  now: number,
): AssociationWrite | undefined {
  return association.writes.findLast((write) => {
    if (write.deployment === "time-out" || now < write.settlesAt) return false;
    if (write.enabled !== true) return true;
    const certificate = pulls.stores.hostname.get(write.certificateId);
    return (
      certificate === undefined || (certificate.deployment === "succeed" && now >= certificate.settlesAt)
    );
  });
}

/** Every moment at which something here changes by itself. */
export function ownMoments(pulls: OriginPulls, timing: CloudflareTiming): readonly number[] {
  const certificates = [...pulls.stores.zone.values(), ...pulls.stores.hostname.values()];
  return [
    ...certificates.flatMap(({ uploadedAt, settlesAt, deletedAt }) => [
      uploadedAt + timing.initializingMs,
      settlesAt,
      ...(deletedAt === undefined ? [] : [deletedAt + timing.tombstoneMs]),
    ]),
    ...[...pulls.associations.values()].flatMap(({ writes }) => writes.map(({ settlesAt }) => settlesAt)),
  ];
}

function deploymentStatus(
  begunAt: number,
  deployed: { readonly settlesAt: number; readonly deployment: Deployments },
  now: number,
  timing: CloudflareTiming,
): Status {
  if (now >= deployed.settlesAt) {
    return deployed.deployment === "succeed" ? "active" : "deployment_timed_out";
  }
  return now < begunAt + timing.initializingMs ? "initializing" : "pending_deployment";
}
