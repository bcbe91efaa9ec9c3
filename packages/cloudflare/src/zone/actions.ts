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
  /** Whether zone-level origin pulls were on when it was planned, so that it is the switch. */
  readonly isOn: boolean;
}

/** Turns zone-level origin pulls on or off. */
export interface ZoneSwitchAction {
  readonly kind: "zone-switch";
  readonly zone: string;
  readonly enabled: boolean;
  /** The newest certificate of the store, which is shown while it is on; null when there is none. */
  readonly newest: Bundle | UnknownCertificate | null;
}

/** Deletes a certificate from the zone's store. Of the one that is shown, this is the switch to the one before it. */
export interface ZoneDeleteAction {
  readonly kind: "zone-delete";
  readonly zone: string;
  readonly bundle: Bundle;
  /** Whether it was shown when this was planned. */
  readonly isShown: boolean;
  /** The newest that is left, which is shown from then on; null when none is. */
  readonly next: Bundle | UnknownCertificate | null;
}

/** Every write to a zone's own origin pulls, as data. */
export type ZoneAction = ZoneUploadAction | ZoneSwitchAction | ZoneDeleteAction;

const zone = z.string();
const newest = z.union([bundleSchema, unknownSchema]).nullable();

/** Schemas of the members of {@link ZoneAction}. */
export const zoneActions = [
  z.strictObject({
    kind: z.literal("zone-upload"),
    zone,
    bundle: bundleSchema,
    secret: secretSchema,
    isOn: z.boolean(),
  }),
  z.strictObject({ kind: z.literal("zone-switch"), zone, enabled: z.boolean(), newest }),
  z.strictObject({
    kind: z.literal("zone-delete"),
    zone,
    bundle: bundleSchema,
    isShown: z.boolean(),
    next: newest,
  }),
] as const;
