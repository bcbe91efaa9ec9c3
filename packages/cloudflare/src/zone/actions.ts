import type { Secret } from "@handfast/core";
import { z } from "zod";
import {
  type Bundle,
  bundleSchema,
  secretSchema,
  type UnknownCertificate,
  unknownSchema,
} from "../hostname/state.ts";

/**
 * Puts a certificate into the zone's store. While zone-level origin pulls are on, this is the switch: the most recently
 * deployed certificate is shown.
 */
export interface ZoneUploadAction {
  readonly kind: "zone-upload";
  readonly zone: string;
  readonly bundle: Bundle;
  readonly secret: Secret;
}

/** Turns zone-level origin pulls on or off. */
export interface ZoneSwitchAction {
  readonly kind: "zone-switch";
  readonly zone: string;
  readonly enabled: boolean;
}

/** Deletes a certificate from the zone's store. Of the one that is shown, this is the switch to the one before it. */
export interface ZoneDeleteAction {
  readonly kind: "zone-delete";
  readonly zone: string;
  readonly bundle: Bundle;
  /** The newest that is left, which is shown from then on; null when none is. */
  readonly next: Bundle | UnknownCertificate | null;
}

/** Every write to a zone's own origin pulls, as data. */
export type ZoneAction = ZoneUploadAction | ZoneSwitchAction | ZoneDeleteAction;

const zone = z.string();

/** Schemas of the members of {@link ZoneAction}. */
export const zoneActions = [
  z.strictObject({ kind: z.literal("zone-upload"), zone, bundle: bundleSchema, secret: secretSchema }),
  z.strictObject({ kind: z.literal("zone-switch"), zone, enabled: z.boolean() }),
  z.strictObject({
    kind: z.literal("zone-delete"),
    zone,
    bundle: bundleSchema,
    next: z.union([bundleSchema, unknownSchema]).nullable(),
  }),
] as const;
