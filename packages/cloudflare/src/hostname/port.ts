/**
 * The few operations that the adapter needs of Cloudflare, in its own terms. A test gives its own; the real one is
 * in http-client.ts.
 */
import type { CallContext } from "../cloudflare-http.ts";
import type { ZoneReads } from "../zone-reads.ts";

declare const store: unique symbol;

/** Id in the hostname store. The zone-level store has ids of its own, which are refused here. */
export type HostnameCertificateId = string & { readonly [store]?: "hostname" };
/** Id in the zone-level store. */
export type ZoneCertificateId = string & { readonly [store]?: "zone" };

/**
 * How far a deployment is: `gone` is deleted or on its way out, `failed` timed out. A status that nobody knows yet
 * counts as `pending`.
 */
export type Progress = "pending" | "active" | "failed" | "leaving" | "gone";

/** A certificate of either store. */
export interface CertificateRow<Id extends string> {
  readonly id: Id;
  /** What the API gives back, leaf first; undefined when it left it out. */
  readonly pem: string | undefined;
  readonly progress: Progress;
  /** Milliseconds since the epoch; 0 when the API left it out. */
  readonly uploadedAt: number;
}

/** A hostname's association. `enabled: null` is none. */
export interface AssociationRow {
  readonly hostname: string;
  readonly certificateId: HostnameCertificateId | undefined;
  readonly enabled: boolean | null;
  readonly progress: Progress;
  /** Of the certificate; undefined in lists. */
  readonly pem?: string | undefined;
  /** True while it is as it was made first: nothing was associated before. */
  readonly first: boolean;
}

/** What a Configuration Rule that sets the SSL mode says. */
export interface SslRuleText {
  /** The name that whoever made it gave it; the API gives its id where there is none. */
  readonly ref: string;
  readonly expression: string;
  readonly ssl: string;
  readonly description: string;
}

/** What an association is to be. `enabled: null` takes it away. */
export interface WantedAssociation {
  readonly hostname: string;
  readonly certificateId: HostnameCertificateId;
  readonly enabled: boolean | null;
}

/** A Configuration Rule that sets the SSL mode. */
export interface SslRule extends SslRuleText {
  readonly id: string;
  readonly enabled: boolean;
  /** Whether the SSL mode is all that it sets. */
  readonly alone: boolean;
}

/** Writes of the SSL mode. A rule is written by itself, so that all others stay as they are. */
export interface SslPort {
  /** The ruleset of the zone's Configuration Rules, undefined while there is none; and those that set the SSL mode. */
  readSslRules(
    zone: string,
    call: CallContext,
  ): Promise<{ readonly ruleset: string | undefined; readonly rules: readonly SslRule[] }>;
  /** Adds a rule behind all others; without a ruleset, in a new one. */
  addSslRule(zone: string, ruleset: string | undefined, rule: SslRuleText, call: CallContext): Promise<void>;
  /** The whole rule is given anew: what a change leaves out is not documented to stay. */
  changeSslRule(
    zone: string,
    place: { readonly ruleset: string; readonly id: string },
    rule: SslRuleText,
    call: CallContext,
  ): Promise<void>;
  deleteSslRule(
    zone: string,
    place: { readonly ruleset: string; readonly id: string },
    call: CallContext,
  ): Promise<void>;
  /** Setting `ssl`. */
  writeSslMode(zone: string, mode: string, call: CallContext): Promise<void>;
}

/** Nearly everything takes a zone id; all of it throws `REMOTE_…` errors. */
export interface HostnamePort extends SslPort, ZoneReads {
  /** Global origin pulls: setting `tls_client_auth`. */
  readGlobalPull(zone: string, call: CallContext): Promise<boolean>;
  /** Setting `ssl`: `off`, `flexible`, `full`, `strict`, `origin_pull`; an open list. */
  readSslMode(zone: string, call: CallContext): Promise<string>;
  /** Configuration Rules that set the SSL mode, in order; undefined when the credential may not read them. */
  listSslRules(zone: string, call: CallContext): Promise<readonly SslRule[] | undefined>;
  readZonePull(zone: string, call: CallContext): Promise<boolean>;
  listZoneCertificates(
    zone: string,
    call: CallContext,
  ): Promise<readonly CertificateRow<ZoneCertificateId>[]>;
  /** Tombstones included, as `leaving` and `gone`. */
  listCertificates(
    zone: string,
    call: CallContext,
  ): Promise<readonly CertificateRow<HostnameCertificateId>[]>;
  /** All of them, whatever their status. */
  listAssociations(zone: string, call: CallContext): Promise<readonly AssociationRow[]>;
  /** Undefined when there is none. */
  readAssociation(zone: string, hostname: string, call: CallContext): Promise<AssociationRow | undefined>;
  /** PEM of leaf and chain, and of the key. */
  uploadCertificate(
    zone: string,
    pair: { readonly certificate: string; readonly privateKey: string },
    call: CallContext,
  ): Promise<void>;
  /** Writes associations of these hostnames, and leaves all others alone. Whether a list is taken as a whole is not known. */
  putAssociations(zone: string, wanted: readonly WantedAssociation[], call: CallContext): Promise<void>;
  deleteCertificate(zone: string, id: HostnameCertificateId, call: CallContext): Promise<void>;
}
