import { isHandfastError, readCertificate, readPem } from "@handfast/core";
import { z } from "zod";
import { zoneId } from "../zone-id.ts";

/** A hostname at which Cloudflare is to ask clients for certificates, and to refuse those without. */
export interface ApiShieldTarget {
  /** Id of the zone: 32 lower-case hex digits, on the zone's overview page. */
  readonly zone: string;
  /** Id of the account that the zone is in: CAs of your own belong to the account. */
  readonly account: string;
  /** The exact name that clients visit. Which names wildcards stand for here is not documented, so none are taken. */
  readonly hostname: string;
  /**
   * PEM of the CA that Cloudflare manages for the account, where it is to be trusted: among the anchors it then stands for
   * that CA, and is not uploaded. The API does not give it.
   */
  readonly managedCa?: string | undefined;
}

/** What stands in a spec beside `adapter`, `mode` and `trust`. */
export const apiShieldTarget = z.strictObject({
  zone: zoneId,
  account: z
    .string()
    .regex(/^[0-9a-f]{32}$/, "give the account's id, 32 lower-case hex digits (on the zone's overview page)"),
  hostname: z
    .string()
    .max(253, "a hostname has at most 253 characters")
    .regex(
      /^(?:(?!-)[a-z0-9_-]{1,63}(?<!-)\.)+(?!-)[a-z0-9_-]{1,63}(?<!-)$/,
      "give one bare hostname in lower case such as api.example.com, international names in their xn-- form: no wildcard, scheme, port, path or final dot",
    ),
  managedCa: z
    .string()
    .refine((pem) => readManaged(pem) !== undefined, "give PEM of exactly one CA certificate")
    .optional(),
});

/** The managed CA's certificate, read; undefined when the text is not PEM of one certificate. */
export function readManaged(pem: string): ReturnType<typeof readCertificate> | undefined {
  try {
    const [der, ...more] = readPem(pem, "CERTIFICATE", "managedCa");
    return der === undefined || more.length > 0 ? undefined : readCertificate(der);
  } catch (error) {
    if (isHandfastError(error)) return undefined;
    throw error;
  }
}
