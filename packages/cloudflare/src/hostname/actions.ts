import type { Secret } from "@handfast/core";
import { z } from "zod";
import { type Association, associationSchema, type Bundle, bundleSchema, secretSchema } from "./state.ts";

/** Puts a certificate into the zone's hostname store. Shown to nobody until a hostname is associated with it. */
export interface UploadAction {
  readonly kind: "upload";
  readonly zone: string;
  readonly bundle: Bundle;
  readonly secret: Secret;
}

/**
 * Of a write that touches no traffic because Cloudflare speaks plain HTTP to the origin at that time: it is refused, and
 * changes nothing, while it speaks TLS. Left out: the write is a switch.
 */
type WhilePlain = true | undefined;

/**
 * Writes a hostname's association: `associate` shows a certificate, `repoint` shows another one, `suppress` shows
 * nothing.
 */
export interface AssociationAction {
  readonly kind: "associate" | "repoint" | "suppress";
  readonly zone: string;
  readonly hostname: string;
  readonly from: Association | null;
  readonly to: Association;
  readonly plain?: WhilePlain;
}

/** Takes a hostname's association away, so that it falls through to the zone. */
export interface VoidAction {
  readonly kind: "void";
  readonly zone: string;
  readonly hostname: string;
  readonly from: Association | null;
  readonly plain?: WhilePlain;
}

/** Deletes a certificate from the hostname store. */
export interface DeleteAction {
  readonly kind: "delete";
  readonly zone: string;
  readonly bundle: Bundle;
}

/** Writes our own Configuration Rule with the SSL mode of a hostname: adds it, changes its mode, or (null) deletes it. */
export interface SslRuleAction {
  readonly kind: "ssl-rule";
  readonly zone: string;
  readonly hostname: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** Writes the SSL mode of the whole zone. */
export interface SslZoneAction {
  readonly kind: "ssl-zone";
  readonly zone: string;
  readonly from: string;
  readonly to: string;
}

/** Every write of the SSL mode. */
export type SslAction = SslRuleAction | SslZoneAction;

/** Every write of this adapter, as data. */
export type HostnameAction = UploadAction | AssociationAction | VoidAction | DeleteAction | SslAction;

const zone = z.string();
const hostname = z.string();
const plain = z.literal(true).optional();

/** Schema of {@link SslZoneAction}. */
export const sslZoneAction = z.strictObject({
  kind: z.literal("ssl-zone"),
  zone,
  from: z.string(),
  to: z.string(),
});

/** Schema of {@link HostnameAction}. */
export const hostnameAction = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("upload"), zone, bundle: bundleSchema, secret: secretSchema }),
  z.strictObject({
    kind: z.enum(["associate", "repoint", "suppress"]),
    zone,
    hostname,
    from: associationSchema.nullable(),
    to: associationSchema,
    plain,
  }),
  z.strictObject({ kind: z.literal("void"), zone, hostname, from: associationSchema.nullable(), plain }),
  z.strictObject({ kind: z.literal("delete"), zone, bundle: bundleSchema }),
  z.strictObject({
    kind: z.literal("ssl-rule"),
    zone,
    hostname,
    from: z.string().nullable(),
    to: z.string().nullable(),
  }),
  sslZoneAction,
]);
