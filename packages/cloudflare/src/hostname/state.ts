import type { Digest, Face, Secret, Shown } from "@handfast/core";
import { z } from "zod";
import { emptyZone, globalObject, sharedCertificate, zoneObject } from "../fall-through.ts";
import { type SslState, speaksTls, sslModeObject, sslRuleKey, sslSchema } from "../ssl-mode/state.ts";

/** A certificate with the intermediates that were uploaded with it, by the digests of their DER. */
export interface Bundle {
  readonly certificate: Digest;
  readonly chain: readonly Digest[];
}

/** A certificate that can't be read, by its id. */
export interface UnknownCertificate {
  readonly unknown: string;
}

/**
 * What is associated with a hostname. `enabled: true` shows the certificate, `false` shows nothing, whatever the
 * zone would show. No association at all (null) falls through to the zone, then to Cloudflare's shared certificate.
 */
export interface Association {
  readonly enabled: boolean;
  readonly certificate: Bundle | UnknownCertificate;
  /** The deployment (or its removal) timed out at Cloudflare: what the edges show is not known. */
  readonly failed?: true | undefined;
}

/** A certificate in the zone's store for hostnames. */
export interface StoredCertificate extends Bundle {
  /** Whether other hostnames are associated with it; `full`: as many as one certificate takes (100). */
  readonly others: "none" | "some" | "full";
  /** How many others there were when it was read; left out where there were none. */
  readonly hostnames?: number | undefined;
  readonly failed?: true | undefined;
  /** In a wanted state, of a certificate that has yet to be uploaded: the key to send with it. */
  readonly secret?: Secret | undefined;
}

/** Everything that decides what is shown for one hostname. */
export interface HostnameState {
  readonly association: Association | null;
  /** Live certificates of the hostname store, by name. A wanted state asks for these at least. */
  readonly store: readonly StoredCertificate[];
  /** Zone-level origin pulls: read-only here. `shows` is the newest active certificate, null when there is none. */
  readonly zone: { readonly enabled: boolean; readonly shows: Bundle | UnknownCertificate | null };
  /** Global origin pulls, with Cloudflare's shared certificate: read-only here. */
  readonly global: boolean;
  /** The SSL mode: while Cloudflare speaks plain HTTP to the origin, nothing of all this is shown. */
  readonly ssl: SslState;
}

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const bundle = z.strictObject({ certificate: digest, chain: z.array(digest) });
const unknown = z.strictObject({ unknown: z.string() });
const secret = z.strictObject({ key: z.string(), spki: digest });
const failed = z.literal(true).optional();

/** Schema of {@link Bundle}. */
export const bundleSchema = bundle;
/** Schema of {@link UnknownCertificate}. */
export const unknownSchema = unknown;
/** Schema of a {@link Secret}. */
export const secretSchema = secret;
/** Schema of {@link Association}. */
export const associationSchema = z.strictObject({
  enabled: z.boolean(),
  certificate: z.union([bundle, unknown]),
  failed,
});

/** Schema of {@link HostnameState}. */
export const hostnameState = z.strictObject({
  association: associationSchema.nullable(),
  store: z.array(
    bundle.extend({
      others: z.enum(["none", "some", "full"]),
      hostnames: z.int().min(1).optional(),
      failed,
      secret: secret.optional(),
    }),
  ),
  zone: z.strictObject({ enabled: z.boolean(), shows: z.union([bundle, unknown]).nullable() }),
  global: z.boolean(),
  ssl: sslSchema,
});

/**
 * What an edge shows the origin for this hostname: the association first, then the zone's, then the shared one; and
 * nothing at all while it speaks plain HTTP to the origin.
 */
export function faceOf(state: HostnameState): Face {
  const tls = speaksTls(state.ssl);
  const shows = tls === "no" ? "nothing" : shownBy(state);
  if (tls === "yes" || shows === "nothing") return { role: "presenter", shows };
  return {
    role: "presenter",
    shows: { unknown: "whether Cloudflare speaks TLS to the origin can't be told" },
  };
}

function shownBy({ association, zone, global }: HostnameState): Shown {
  if (association?.failed === true)
    return { unknown: "the association's deployment timed out at Cloudflare" };
  if (association !== null) return association.enabled ? shownAs(association.certificate) : "nothing";
  if (zone.enabled) return zone.shows === null ? { unknown: emptyZone } : shownAs(zone.shows);
  return global ? { unknown: sharedCertificate } : "nothing";
}

function shownAs(certificate: Bundle | UnknownCertificate): Shown {
  return "unknown" in certificate
    ? { unknown: `certificate ${certificate.unknown} can't be read` }
    : { certificate: certificate.certificate, chain: certificate.chain };
}

/** A bundle's name: the digest of the leaf, and of each intermediate that goes with it. */
export function bundleName({ certificate, chain }: Bundle): string {
  return [certificate, ...chain].join("+");
}

/** Whether two associations are the same; whether their deployment failed does not count. */
export function isSameAssociation(one: Association | null, other: Association | null): boolean {
  if (one === null || other === null) return one === other;
  return one.enabled === other.enabled && isSameCertificate(one.certificate, other.certificate);
}

/** Whether two values name the same certificate. */
export function isSameCertificate(
  one: Bundle | UnknownCertificate,
  other: Bundle | UnknownCertificate,
): boolean {
  if ("unknown" in one || "unknown" in other) {
    return "unknown" in one && "unknown" in other && one.unknown === other.unknown;
  }
  return bundleName(one) === bundleName(other);
}

/** The store's entry for a bundle. */
export function findStored(
  store: readonly StoredCertificate[],
  wanted: Bundle,
): StoredCertificate | undefined {
  const name = bundleName(wanted);
  return store.find((entry) => bundleName(entry) === name);
}

/** A store with one more certificate, in its order. */
export function withStored(
  store: readonly StoredCertificate[],
  entry: StoredCertificate,
): readonly StoredCertificate[] {
  if (findStored(store, entry) !== undefined) return store;
  return [...store, entry].sort((a, b) => (bundleName(a) < bundleName(b) ? -1 : 1));
}

/** The remote objects that decide what is shown for a hostname, its own first. */
export function objectsOf(zone: string, hostname: string): readonly [string, ...string[]] {
  return [
    `cloudflare/${zone}/hostname/${hostname}`,
    zoneObject(zone),
    globalObject(zone),
    sslModeObject(zone),
    sslRuleKey(zone, hostname),
  ];
}

/** Natural key of a certificate in a zone's hostname store. */
export function certificateKey(zone: string, wanted: Bundle): string {
  return `cloudflare.hostname-certificate/${zone}/${bundleName(wanted)}`;
}

/**
 * What a plan stands on: the association and its certificate, what the hostname falls through to, and the SSL mode. Not
 * the rest of the store, nor which other hostnames use it: those come and go with pipelines beside this one.
 */
export function ownedState({ association, store, zone, global, ssl }: HostnameState): unknown {
  const shown = association?.certificate;
  const stored = shown === undefined || "unknown" in shown ? undefined : findStored(store, shown);
  return {
    association,
    stored: stored === undefined ? null : { name: bundleName(stored), failed: stored.failed === true },
    zone,
    global,
    ssl,
  };
}
