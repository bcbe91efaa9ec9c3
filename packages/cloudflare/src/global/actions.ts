import { z } from "zod";

/** Turns global origin pulls, with Cloudflare's shared certificate, on or off for a zone. */
export interface GlobalAction {
  readonly kind: "global-switch";
  readonly zone: string;
  readonly on: boolean;
}

/** Schema of {@link GlobalAction}. */
export const globalAction = z.strictObject({
  kind: z.literal("global-switch"),
  zone: z.string(),
  on: z.boolean(),
});
