import { type Refusal, refusal, unknownCode } from "../envelope.ts";

/** What the account's store of certificates refuses; see docs/discoveries/cloudflare.md for what is known of it. */
export const refusals = {
  duplicate: refusal(400, 1471, "The certificate already exists in this account"),
  notFound: refusal(404, 1472, "The mTLS certificate was not found"),
  quotaReached: refusal(400, 1489, "The quota of certificate authorities of this account is reached"),
  alreadyDeleted: refusal(400, unknownCode, "Certificate is already deleted."),
  inUse: refusal(400, unknownCode, "The certificate is in use by a service"),
  managed: refusal(400, unknownCode, "The certificate is managed by another product and can't be deleted"),
  notEntitled: refusal(403, unknownCode, "The plan of this account has no own certificate authorities"),
  bodyInvalid: refusal(400, unknownCode, "The request body is invalid: ca and certificates are required"),
  unparseable: refusal(400, 1408, "Unable to parse certificate"),
  notAuthority: refusal(400, unknownCode, "ca is true, and the certificate has no CA basic constraint"),
  severalAuthorities: refusal(400, unknownCode, "A certificate authority has to be sent by itself"),
  noLeaf: refusal(400, 2101, "missing leaf certificate"),
  signatureNotSupported: refusal(400, unknownCode, "The signature algorithm is not supported"),
  expired: refusal(400, unknownCode, "The certificate has expired"),
  keyInvalid: refusal(400, 2106, "The private key is invalid"),
  keyMismatch: refusal(400, 2200, "The private key does not match the certificate"),
  typeInvalid: refusal(400, unknownCode, "The type filter is invalid"),
} as const satisfies Record<string, Refusal>;
