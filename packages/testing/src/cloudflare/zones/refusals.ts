import { type Refusal, refusal, unknownCode } from "../envelope.ts";

/** What zones and their settings refuse. */
export const refusals = {
  /** The same for a zone that does not exist and for one that the token does not cover. */
  invalidZone: refusal(403, 9109, "Invalid zone identifier"),
  unknownSetting: refusal(400, 1006, "Unrecognized zone setting name"),
  invalidValue: refusal(400, 1007, "Invalid value for zone setting"),
  fixedSetting: refusal(403, unknownCode, "This zone setting can not be changed on the zone's plan"),
} as const satisfies Record<string, Refusal>;
