import type { Digest, PresenterFace, Secret, Shown } from "@handfast/core";
import { z } from "zod";
import { parseArn } from "../arn.ts";
import { type TaggedTool, toolNames } from "../iac-tools.ts";

/** A certificate with those that go with it, by the digests of their DER. */
export interface Bundle {
  readonly certificate: Digest;
  readonly chain: readonly Digest[];
}

/**
 * What an origin is shown. A certificate that handfast imported is known by its content alone; one of somebody else's
 * also by its ARN, so that the way back finds that very one; one that can't be read by its ARN alone.
 */
export type Showing =
  | "nothing"
  | (Bundle & { readonly arn?: string | undefined })
  | { readonly unknown: string; readonly arn: string };

/** What CloudFront does not combine with a certificate for an origin ("Enable origin mutual TLS for CloudFront distributions"). */
export const bans = ["grpc", "http-viewers", "lambda-at-origin"] as const;
export type Ban = (typeof bans)[number];

/** An origin of the target's distribution. */
export interface OriginFields {
  readonly kind: "custom" | "s3" | "vpc";
  readonly protocolPolicy?: "http-only" | "match-viewer" | "https-only" | undefined;
  /** Sorted; of the cache behaviours that lead to it. */
  readonly bans: readonly Ban[];
  readonly shows: Showing;
}

/** A certificate in ACM that handfast imported. */
export interface StoredCertificate {
  /** Whether another origin is shown it, of this distribution or of another. */
  readonly taken: boolean;
  /** In a wanted state, of a certificate that is yet to be imported: the key to send with it. */
  readonly secret?: Secret | undefined;
}

/** What the adapter sees of one target. */
export interface OriginState {
  /** False when there is no such distribution. */
  readonly distribution: boolean;
  /** Null when there is no such origin. */
  readonly origin: OriginFields | null;
  /** Certificates that handfast imported, by {@link bundleName}. A wanted state asks for these at least. */
  readonly certificates: Readonly<Record<string, StoredCertificate>>;
  /** The tool that the distribution belongs to as well, by its tags. For findings alone. */
  readonly manager?: TaggedTool | undefined;
}

const digest = z.string().regex(/^[0-9a-f]{64}$/);

/** Schema of {@link Bundle}. */
export const bundleSchema = z.strictObject({ certificate: digest, chain: z.array(digest) });
/** Schema of a {@link Secret}. */
export const secretSchema = z.strictObject({ key: z.string(), spki: digest });
/** Schema of {@link Showing}. */
export const showingSchema: z.ZodType<Showing> = z.union([
  z.literal("nothing"),
  bundleSchema.extend({ arn: z.string().optional() }),
  z.strictObject({ unknown: z.string(), arn: z.string() }),
]);

/** Schema of {@link OriginState}. */
export const originStateSchema: z.ZodType<OriginState> = z.strictObject({
  distribution: z.boolean(),
  origin: z
    .strictObject({
      kind: z.enum(["custom", "s3", "vpc"]),
      protocolPolicy: z.enum(["http-only", "match-viewer", "https-only"]).optional(),
      bans: z.array(z.enum(bans)),
      shows: showingSchema,
    })
    .nullable(),
  certificates: z.record(z.string(), z.strictObject({ taken: z.boolean(), secret: secretSchema.optional() })),
  manager: z.strictObject({ tool: z.enum(toolNames), name: z.string().optional() }).optional(),
});

/** The neutral view of a state. */
export function originFace({ origin }: OriginState): PresenterFace {
  return { role: "presenter", shows: shownBy(origin?.shows ?? "nothing") };
}

function shownBy(shows: Showing): Shown {
  if (shows === "nothing") return shows;
  if ("unknown" in shows) return { unknown: shows.unknown };
  return { certificate: shows.certificate, chain: shows.chain };
}

/** A bundle's name: the digest of the leaf, and of each that goes with it. */
export function bundleName({ certificate, chain }: Bundle): string {
  return [certificate, ...chain].join("+");
}

/** The bundle that is shown, where it can be told. */
export function shownBundle(shows: Showing | undefined): Bundle | undefined {
  if (shows === undefined || shows === "nothing" || "unknown" in shows) return undefined;
  return { certificate: shows.certificate, chain: shows.chain };
}

/** The ARN by which a certificate is shown that handfast did not import. */
export function shownArn(shows: Showing | undefined): string | undefined {
  return shows === undefined || shows === "nothing" ? undefined : shows.arn;
}

/**
 * Whether what is shown is what was to be shown. By content; where that very certificate of somebody else's was to be
 * shown, by its ARN too. A certificate that can't be read now is the one that its ARN says.
 */
export function isAsWanted(now: Showing, wanted: Showing): boolean {
  if (now === "nothing" || wanted === "nothing") return now === wanted;
  if (wanted.arn !== undefined && now.arn !== wanted.arn) return false;
  const [a, b] = [shownBundle(now), shownBundle(wanted)];
  if (a === undefined || b === undefined) return wanted.arn !== undefined;
  return bundleName(a) === bundleName(b);
}

/** The region of the certificates that CloudFront shows (ACM User Guide, "Amazon CloudFront"). */
export const acmRegion = "us-east-1";

/** Natural key of an imported certificate: as its ARN, by what it is in place of the id that ACM gives it. */
export function certificateKey(distribution: string, bundle: Bundle): string {
  const { partition, account } = parseArn(distribution);
  return `arn:${partition}:acm:${acmRegion}:${account}:certificate/${bundleName(bundle)}`;
}

/** The bundle of a name. */
export function bundleOf(name: string): Bundle {
  const [certificate = "", ...chain] = name.split("+");
  return { certificate, chain };
}
