import { HandfastError } from "@handfast/core";
import { isDnsName } from "../../name/alternative-name.ts";
import type { Wish } from "./read-wish.ts";

/** What a certificate is for, in the words of the CA. */
export type CaPurpose = "client_auth" | "server_auth";

/** How to issue. */
export interface PayloadOptions {
  /** Days. */
  readonly lifetime: number;
  readonly purposes: readonly CaPurpose[];
  /** Whether a key that the CA knows under this name is certified again. */
  readonly reissue: boolean;
}

/** What a synchronous invocation takes, in bytes (Lambda API `Invoke`). */
const largestPayload = 6_291_456;

/** Attributes that the CA writes, and their members of the request. */
export const writtenAttributes: Readonly<Record<string, string>> = {
  "2.5.4.3": "common_name",
  "2.5.4.6": "country",
  "1.2.840.113549.1.9.1": "email_address",
  "2.5.4.7": "locality",
  "2.5.4.10": "organization",
  "2.5.4.11": "organizational_unit",
  "2.5.4.8": "state",
};

const nameTypes = { ip: "IP_ADDRESS", email: "EMAIL_ADDRESS", uri: "URL", dns: "DNS_NAME" } as const;

/**
 * The event for the CA's function. Everything that the certificate shall have stands in it, though releases of the CA
 * read the subject from the request as well: so that each of them writes the same.
 *
 * @throws HandfastError `CERTIFICATE_UNSUITABLE` when the request is too large to be sent
 */
export function makePayload(wish: Wish, { lifetime, purposes, reissue }: PayloadOptions): Uint8Array {
  const subject: Record<string, string> = {};
  for (const { type, value } of wish.subject) {
    const member = writtenAttributes[type];
    if (member !== undefined) subject[member] ??= value;
  }
  const sans = sansOf(wish);
  const event = {
    ...subject,
    lifetime,
    purposes,
    ...(sans.length === 0 ? {} : { sans }),
    base64_csr_data: Buffer.from(wish.pem).toString("base64"),
    force_issue: reissue,
    cert_bundle: true,
  };
  const payload = new TextEncoder().encode(JSON.stringify(event));
  if (payload.length > largestPayload)
    throw new HandfastError(
      "CERTIFICATE_UNSUITABLE",
      `send request failed [CN=${wish.commonName}]: with ${payload.length} bytes it is more than the ${largestPayload} that Lambda takes; make it smaller`,
    );
  return payload;
}

/** DNS names alone go as texts, which every release of the CA reads; the older ones read no other kind. */
function sansOf({ names }: Wish): readonly (string | { readonly type: string; readonly value: string })[] {
  if (names.every(({ kind, value }) => kind === "dns" && isDnsName(value)))
    return names.map(({ value }) => value);
  return names.flatMap(({ kind, value }) => (kind === "other" ? [] : [{ type: nameTypes[kind], value }]));
}
