import type { Digest } from "@handfast/core";
import { z } from "zod";
import { type Authentication, authenticationSchema, type StoreContent, storeContentSchema } from "./state.ts";

/** The writes that the adapter can do. */
export type AlbAction =
  /** Puts the bundle into the bucket and makes a store of it. */
  | {
      readonly kind: "create-store";
      readonly store: string;
      readonly anchors: readonly Digest[];
      /** Key of the bundle in the bucket. */
      readonly bundle: string;
    }
  /** Puts a CRL into the bucket and attaches it to a store that no listener refers to yet. */
  | {
      readonly kind: "add-crl";
      readonly store: string;
      readonly crl: Digest;
      /** Key of the CRL in the bucket. */
      readonly file: string;
    }
  /** Writes the whole mutual-authentication block of the listener. */
  | {
      readonly kind: "set-listener";
      readonly from: Authentication;
      readonly to: Authentication;
      /**
       * For a store that no step before this one makes: what it held when it was last seen. Nothing is switched when it
       * holds something else by now.
       */
      readonly expects?: StoreContent | undefined;
    }
  /** Opens a listener at a spare port that does what the target's is about to do. */
  | { readonly kind: "open-rehearsal"; readonly port: number; readonly to: Authentication }
  /** Deletes it again. */
  | { readonly kind: "close-rehearsal"; readonly port: number }
  /** Deletes files in the bucket, then the store that was made of them. */
  | { readonly kind: "delete-store"; readonly store: string; readonly files: readonly string[] }
  /** Deletes a file of which no store was made: its run died, or was refused, between the two. */
  | { readonly kind: "delete-file"; readonly file: string };

/** Schema of {@link AlbAction}. */
export const albActionSchema: z.ZodType<AlbAction> = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("create-store"),
    store: z.string(),
    anchors: z.array(z.string()),
    bundle: z.string(),
  }),
  z.strictObject({ kind: z.literal("add-crl"), store: z.string(), crl: z.string(), file: z.string() }),
  z.strictObject({
    kind: z.literal("set-listener"),
    from: authenticationSchema,
    to: authenticationSchema,
    expects: storeContentSchema.optional(),
  }),
  z.strictObject({ kind: z.literal("open-rehearsal"), port: z.int(), to: authenticationSchema }),
  z.strictObject({ kind: z.literal("close-rehearsal"), port: z.int() }),
  z.strictObject({ kind: z.literal("delete-store"), store: z.string(), files: z.array(z.string()) }),
  z.strictObject({ kind: z.literal("delete-file"), file: z.string() }),
]);
