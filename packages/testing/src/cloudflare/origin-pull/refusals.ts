import { type Refusal, refusal, unknownCode } from "../envelope.ts";

/**
 * What Authenticated Origin Pulls refuses. Codes and statuses that no source names are listed in
 * docs/discoveries/cloudflare.md.
 */
export const refusals = {
  certificateIdRequired: refusal(400, 1404, "Certificate ID required"),
  alreadyExists: refusal(400, 1406, "This certificate already exists for this zone"),
  unparseable: refusal(400, 1408, "Unable to parse certificate"),
  pendingDeletion: refusal(400, 1414, "Certificate is pending deletion"),
  invalidCertificateId: refusal(
    400,
    1415,
    "Certificate ID in request is either invalid or the certificate has been deleted",
  ),
  inUse: refusal(400, 1433, "Certificate is in use by a hostname association"),
  pendingDeployment: refusal(400, 1434, "Cannot delete resource while in pending deployment state."),
  hostnameCertificateNotFound: refusal(404, 1551, "Hostname client certificate not found"),
  zoneCertificateNotFound: refusal(404, 1552, "Zone client certificate not found"),
  settingNotFound: refusal(404, 1553, "Authenticated origin pull setting for this hostname not found"),
  alreadyDeleted: refusal(400, unknownCode, "Certificate is already deleted."),
  storeBusy: refusal(409, unknownCode, "Another change of the certificates of this zone is in progress"),
  noLeaf: refusal(400, 2101, "missing leaf certificate"),
  chainRefused: refusal(400, 2100, "The certificate has to be sent without its chain"),
  keyInvalid: refusal(400, 2106, "The private key is invalid"),
  keyEncrypted: refusal(400, 2106, "The private key is invalid: remove the passphrase"),
  keyMismatch: refusal(400, 2200, "The private key does not match the certificate"),
  expired: refusal(400, unknownCode, "The certificate has expired"),
  tooManyCertificates: refusal(400, 1212, "The quota of hostname certificates of this zone is reached"),
  tooManyHostnames: refusal(400, 1212, "The quota of hostnames of this certificate is reached"),
  bodyInvalid: refusal(400, unknownCode, "The request body is invalid"),
  hostnameMissing: refusal(400, unknownCode, "missing hostname"),
  hostnameForeign: refusal(400, unknownCode, "The hostname does not belong to this zone"),
  enabledMissing: refusal(400, unknownCode, "enabled is required: true, false or null"),
  internal: refusal(500, unknownCode, "An internal error occurred"),
  batchTooLarge: refusal(400, unknownCode, "Too many hostnames in one request"),
  statusInvalid: refusal(400, unknownCode, "The status filter is invalid"),
} as const satisfies Record<string, Refusal>;
