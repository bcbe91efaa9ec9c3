import { createHash } from "node:crypto";
import { type StateOverTime, stateOverTime } from "../state.ts";
import type { CertificateDetails } from "./certificate-details.ts";

/** Tags by key. */
export type Tags = Readonly<Record<string, string>>;

/** A certificate with all that goes with it, as PEM. */
export interface CertificateText {
  readonly certificate: string;
  /** Empty for one that is signed by its own key. */
  readonly chain: string;
  readonly key: string;
}

/** What an ARN stands for now: replaced, never changed, by an import in place. */
export interface CertificateContent extends CertificateText {
  readonly details: CertificateDetails;
}

/** What was asked for with RequestCertificate. */
export interface CertificateRequest {
  readonly names: readonly string[];
  readonly keyAlgorithm: string;
  readonly method: "DNS" | "EMAIL";
  /** Until when it stands for every request with the same token. */
  readonly token: { readonly text: string; readonly until: number } | undefined;
}

/** A certificate in one region. */
export interface AcmCertificate {
  readonly arn: string;
  readonly region: string;
  readonly createdAt: number;
  /** From when on reads find it. */
  readonly visibleAt: number;
  /** Undefined for one that was imported. */
  readonly request: CertificateRequest | undefined;
  /** Undefined while nothing is issued. */
  readonly content: CertificateContent | undefined;
  /** When the content was imported or issued. */
  readonly filledAt: number;
  /** Until when it counts as in use after its last listener let go. */
  readonly heldUntil: number;
  /** Reads may find it for a while after it was deleted. */
  readonly deletedAt: number | undefined;
  readonly tags: Tags;
}

/** The whole state. */
export interface AcmState {
  /** By ARN. */
  readonly certificates: ReadonlyMap<string, AcmCertificate>;
  /** When something was imported or requested, of this or of deleted certificates: the yearly quota counts it. */
  readonly additions: readonly { readonly region: string; readonly at: number }[];
  /** ARNs of those that a listener of a load balancer has. */
  readonly balanced: ReadonlySet<string>;
}

/** The state over time. */
export interface AcmModels extends StateOverTime<AcmState> {
  /** The id that ends an ARN: the same in every run, never the same twice. */
  nextId(): string;
}

/** ACM without certificates. */
export function acmModels(): AcmModels {
  let issued = 0;
  return {
    ...stateOverTime<AcmState>({ certificates: new Map(), additions: [], balanced: new Set() }),
    nextId: () => {
      issued += 1;
      const hex = createHash("sha256").update(`acm ${issued}`).digest("hex");
      return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
    },
  };
}
