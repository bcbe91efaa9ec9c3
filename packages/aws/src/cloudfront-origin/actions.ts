import type { Secret } from "@handfast/core";
import { z } from "zod";
import { type Bundle, bundleSchema, type Showing, secretSchema, showingSchema } from "./state.ts";

/** Every write of this adapter, as data. */
export type OriginAction =
  /** Imports a certificate into ACM under an ARN of its own. Shown to nobody until an origin is set to it. */
  | { readonly kind: "import-certificate"; readonly bundle: Bundle; readonly secret: Secret }
  /** Sets what the distribution shows to one origin. */
  | { readonly kind: "set-origin"; readonly origin: string; readonly from: Showing; readonly to: Showing }
  /** Deletes a certificate that handfast imported. */
  | { readonly kind: "delete-certificate"; readonly bundle: Bundle };

/** Schema of {@link OriginAction}. */
export const originActionSchema: z.ZodType<OriginAction> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("import-certificate"), bundle: bundleSchema, secret: secretSchema }),
  z.strictObject({
    kind: z.literal("set-origin"),
    origin: z.string(),
    from: showingSchema,
    to: showingSchema,
  }),
  z.strictObject({ kind: z.literal("delete-certificate"), bundle: bundleSchema }),
]);
