import { HandfastError } from "@handfast/core";
import { attributeType } from "@handfast/core/certificates";
import { z } from "zod";
import { quoteText } from "../name/quote-text.ts";
import type { Profile } from "./profile.ts";
import { type ProfileName, profiles } from "./profiles.ts";

const usage = z
  .array(
    z.enum([
      "digitalSignature",
      "nonRepudiation",
      "keyEncipherment",
      "dataEncipherment",
      "keyAgreement",
      "encipherOnly",
      "decipherOnly",
    ]),
  )
  .min(1);
const attributes = z.array(
  z.string().refine((name) => attributeType(name) !== undefined, "no known attribute; give its OID"),
);
const urls = z
  .array(z.string().regex(/^https?:\/\/[\x21-\x7e]+$/, "no http or https URL in ASCII"))
  .optional();
const days = z.number().positive().max(36_500);

/** An OID (X.660): below 0 and 1 the second arc is 39 at most. */
const purpose = /^(?:[01]\.(?:[0-9]|[12][0-9]|3[0-9])|2\.(?:0|[1-9]\d*))(?:\.(?:0|[1-9]\d*))*$/;

const shape = z.strictObject({
  name: z.string().min(1).max(64),
  extendedKeyUsage: z
    .array(z.string().regex(purpose, "no OID, e.g. 1.3.6.1.5.5.7.3.2"))
    .refine((purposes) => new Set(purposes).size === purposes.length, "a purpose stands in it twice"),
  keyUsage: z.strictObject({
    rsa: usage.optional(),
    ec: usage.optional(),
    ed25519: usage.optional(),
    "ml-dsa-65": usage.optional(),
  }),
  days: z
    .strictObject({ usual: days, most: days })
    .refine(({ usual, most }) => usual <= most, "usual is more than most"),
  names: z.array(z.enum(["dns", "ip", "email", "uri"])),
  subject: attributes,
  requires: z.strictObject({ names: z.boolean().optional(), subject: attributes.optional() }).optional(),
  urls: z.strictObject({ ocsp: urls, issuer: urls, crl: urls }).optional(),
}) satisfies z.ZodType<Profile>;

/** What a profile asks for it must allow, or no leaf could ever be issued. */
const schema = shape.superRefine(({ names, subject, requires }, context) => {
  if (requires?.names === true && names.length === 0)
    context.addIssue({
      code: "custom",
      path: ["requires", "names"],
      message: "names allows no kind of them",
    });
  const allowed = new Set(subject.map(attributeType));
  for (const [index, attribute] of (requires?.subject ?? []).entries())
    if (!allowed.has(attributeType(attribute)))
      context.addIssue({
        code: "custom",
        path: ["requires", "subject", index],
        message: "subject does not allow it",
      });
});

/**
 * A profile by its name, or one of the caller's after it was checked.
 *
 * @throws HandfastError `CERTIFICATE_UNSUITABLE` with every mistake and its path
 */
export function readProfile(profile: ProfileName | Profile): Profile {
  if (typeof profile === "string" && Object.hasOwn(profiles, profile)) return profiles[profile];
  const { success, data, error } = schema.safeParse(profile);
  if (success) return data;
  const issues = error.issues.map(({ path, message }) => ({
    path: path.map((part) => (typeof part === "number" ? part : String(part))),
    message,
  }));
  const name = typeof profile === "string" ? profile : (profile as { name?: unknown } | undefined)?.name;
  const reason =
    typeof profile === "string"
      ? `there is none of this name; use ${Object.keys(profiles).join(", ")}, or write one`
      : issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
  throw new HandfastError(
    "CERTIFICATE_UNSUITABLE",
    `read profile failed [profile=${quoteText(String(name))}]: ${reason}`,
    typeof profile === "string" ? {} : { issues },
  );
}
