import type { Digest } from "@handfast/core";
import { z } from "zod";
import { type KnownDigests, knownDigestsSchema } from "../digest-sets.ts";
import { type Front, frontSchema, type StoreContent, storeContentSchema } from "./state.ts";

/** The writes that the adapter can do. */
export type CloudFrontAction =
  /** Puts the bundle into the bucket and makes a trust store of it. */
  | {
      readonly kind: "create-store";
      readonly store: string;
      readonly anchors: readonly Digest[];
      readonly ocsp: boolean;
      /** Key of the bundle in the bucket. */
      readonly bundle: string;
    }
  /** Makes an empty key value store. */
  | { readonly kind: "create-list"; readonly list: string }
  /** Puts the CRLs into the bucket, and makes the entries of the key value store those of them. */
  | {
      readonly kind: "write-list";
      readonly list: string;
      readonly from: KnownDigests;
      readonly to: readonly Digest[];
      /** Keys of the CRLs in the bucket. */
      readonly files: readonly string[];
    }
  /** Makes the connection function that looks serials up in a list, and publishes it. */
  | {
      readonly kind: "create-function";
      readonly name: string;
      readonly list: string;
      /** Of the store beside which it will stand. */
      readonly ocsp: boolean;
    }
  /** Writes the distribution's viewer mTLS and its connection function. */
  | {
      readonly kind: "set-viewer";
      readonly from: Front;
      readonly to: Front;
      /**
       * For a store that no step before this one makes: what it held when it was last seen. Nothing is switched when it
       * can be told that it holds something else by now.
       */
      readonly expects?: StoreContent | undefined;
    }
  /** Deletes files in the bucket, then the store that was made of them. */
  | { readonly kind: "delete-store"; readonly store: string; readonly files: readonly string[] }
  | { readonly kind: "delete-function"; readonly name: string; readonly list: string }
  /** Deletes the key value store, then the CRLs in the bucket. */
  | { readonly kind: "delete-list"; readonly list: string; readonly files: readonly string[] }
  /** Deletes a file of which nothing is left: its run died, or was refused, before it made something of it. */
  | { readonly kind: "delete-file"; readonly file: string };

const names = z.array(z.string());

/** Schema of {@link CloudFrontAction}. */
export const cloudFrontActionSchema: z.ZodType<CloudFrontAction> = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("create-store"),
    store: z.string(),
    anchors: names,
    ocsp: z.boolean(),
    bundle: z.string(),
  }),
  z.strictObject({ kind: z.literal("create-list"), list: z.string() }),
  z.strictObject({
    kind: z.literal("write-list"),
    list: z.string(),
    from: knownDigestsSchema,
    to: names,
    files: names,
  }),
  z.strictObject({
    kind: z.literal("create-function"),
    name: z.string(),
    list: z.string(),
    ocsp: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal("set-viewer"),
    from: frontSchema,
    to: frontSchema,
    expects: storeContentSchema.optional(),
  }),
  z.strictObject({ kind: z.literal("delete-store"), store: z.string(), files: names }),
  z.strictObject({ kind: z.literal("delete-function"), name: z.string(), list: z.string() }),
  z.strictObject({ kind: z.literal("delete-list"), list: z.string(), files: names }),
  z.strictObject({ kind: z.literal("delete-file"), file: z.string() }),
]);
