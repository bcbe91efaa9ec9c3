import { type Refusal, refusal, unknownCode } from "../envelope.ts";

/** What the client certificates of the managed CA refuse; see docs/discoveries/cloudflare.md for what is known of it. */
export const refusals = {
  alreadyRevoked: refusal(400, 1407, "Client certificate is already revoked"),
  notFound: refusal(
    404,
    1415,
    "Certificate ID in request is either invalid or the certificate has been deleted",
  ),
  quotaReached: refusal(400, 1212, "The quota of active client certificates of this zone is reached"),
  csrInvalid: refusal(400, unknownCode, "The certificate signing request is invalid"),
  validityInvalid: refusal(400, unknownCode, "validity_days must be a whole number between 1 and 3650"),
  notRevoked: refusal(400, unknownCode, "Only a revoked client certificate can be reactivated"),
  reactivateMissing: refusal(400, unknownCode, "reactivate is required: true"),
  statusInvalid: refusal(400, unknownCode, "The status filter is invalid"),
  bodyInvalid: refusal(400, unknownCode, "The request body is invalid"),
} as const satisfies Record<string, Refusal>;
