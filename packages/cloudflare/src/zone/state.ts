import type { Digest, Face, Secret, Shown } from "@handfast/core";
import { z } from "zod";
import { emptyZone, globalObject, plainZone, sharedCertificate, zoneObject } from "../fall-through.ts";
import {
  type Bundle,
  bundleName,
  bundleSchema,
  secretSchema,
  type UnknownCertificate,
  unknownSchema,
} from "../hostname/state.ts";
import { isPlain, sslModeObject } from "../ssl-mode/state.ts";

/** A certificate in the zone's store; one that can't be read stands there by its id. */
export type ZoneCertificate =
  | (Bundle & {
      /** Its deployment timed out at Cloudflare. */
      readonly failed?: true | undefined;
      /** In a wanted state, of a certificate that has yet to be uploaded: the key to send with it. */
      readonly secret?: Secret | undefined;
    })
  | UnknownCertificate;

/** Everything that decides what is shown for the hostnames of a zone that have no association. */
export interface ZoneState {
  /** The switch of zone-level origin pulls. */
  readonly enabled: boolean;
  /** Live certificates, the most recently uploaded first: that is the one that is shown. */
  readonly certificates: readonly ZoneCertificate[];
  /** Global origin pulls, to which the zone falls through while it is off: read-only here. */
  readonly global: boolean;
  /** The SSL mode of the zone: read-only here. */
  readonly sslMode: string;
}

const failed = z.literal(true).optional();

/** Schema of {@link ZoneState}. */
export const zoneState = z.strictObject({
  enabled: z.boolean(),
  certificates: z.array(
    z.union([bundleSchema.extend({ failed, secret: secretSchema.optional() }), unknownSchema]),
  ),
  global: z.boolean(),
  sslMode: z.string(),
});

/** What an edge shows the origins of all hostnames without an association. */
export function faceOfZone(state: ZoneState): Face {
  return { role: "presenter", shows: shownBy(state) };
}

function shownBy({ enabled, certificates, global, sslMode }: ZoneState): Shown {
  if (!enabled && !global) return "nothing";
  if (isPlain(sslMode)) return { unknown: plainZone };
  const [first] = certificates;
  if (!enabled) return { unknown: sharedCertificate };
  if (first === undefined) return { unknown: emptyZone };
  if ("unknown" in first) return { unknown: `zone-level certificate ${first.unknown} can't be read` };
  if (first.failed === true)
    return { unknown: "the deployment of the newest zone-level certificate timed out at Cloudflare" };
  const { certificate, chain } = first;
  return { certificate, chain };
}

/** Names a certificate among those of one store. */
export function nameOf(certificate: ZoneCertificate): string {
  return "unknown" in certificate ? `unknown ${certificate.unknown}` : bundleName(certificate);
}

/** Without what a wanted state or a store adds to it. */
export function plainOf(certificate: ZoneCertificate): Bundle | UnknownCertificate {
  if ("unknown" in certificate) return { unknown: certificate.unknown };
  const { certificate: leaf, chain }: { certificate: Digest; chain: readonly Digest[] } = certificate;
  return { certificate: leaf, chain };
}

/** The remote objects that decide what the zone shows, its own first. */
export function zoneObjects(zone: string): readonly [string, string, string] {
  return [zoneObject(zone), globalObject(zone), sslModeObject(zone)];
}

/** Natural key of a certificate in a zone's own store. */
export function zoneCertificateKey(zone: string, wanted: Bundle): string {
  return `cloudflare.zone-certificate/${zone}/${bundleName(wanted)}`;
}

/** What a plan stands on: the switches and the certificate that is shown. Older ones may come and go. */
export function ownedZoneState({ enabled, certificates: [first], global, sslMode }: ZoneState): unknown {
  const shown = first === undefined ? null : { name: nameOf(first), failed: "failed" in first };
  return { enabled, shown: enabled ? shown : null, global, sslMode };
}
