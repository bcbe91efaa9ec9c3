import { createHash } from "node:crypto";
import type { Clock } from "@handfast/core";
import { type Access, type Caller, faultOfSession } from "./access.ts";
import { refuseCommonly } from "./refused.ts";
import { holds, readSignature } from "./signature.ts";

/** What a service wants to be signed for. */
export interface SignedFor {
  readonly access: Access;
  readonly clock: Clock;
  /** Its name in signatures. */
  readonly signedAs: string;
  /** Regions that requests may be signed for. */
  readonly regions: readonly string[];
}

/**
 * Who signed a request.
 *
 * @param body the text that was sent
 * @throws AwsRefused MissingAuthenticationToken, IncompleteSignature, InvalidClientTokenId, ExpiredToken,
 *   SignatureDoesNotMatch
 */
export function authenticate(
  request: Request,
  body: string,
  { access, clock, signedAs, regions }: SignedFor,
): Caller {
  const signature = readSignature(request);
  if (signature === "none") {
    throw refuseCommonly("MissingAuthenticationToken", "Request is missing Authentication Token");
  }
  if (signature === "malformed") {
    throw refuseCommonly("IncompleteSignature", "The request signature does not conform to AWS standards");
  }
  const caller = access.find(signature.accessKeyId);
  const session = caller && faultOfSession(caller, request.headers.get("x-amz-security-token"), clock.now());
  if (caller === undefined || session === "wrong") {
    throw refuseCommonly("InvalidClientTokenId", "The security token included in the request is invalid.");
  }
  if (session === "expired") {
    throw refuseCommonly("ExpiredToken", "The security token included in the request is expired");
  }
  if (signature.service !== signedAs) {
    throw refuseCommonly(
      "SignatureDoesNotMatch",
      `Credential should be scoped to correct service: '${signedAs}'.`,
    );
  }
  if (!regions.includes(signature.region)) {
    throw refuseCommonly("SignatureDoesNotMatch", "Credential should be scoped to a valid region.");
  }
  const payload = createHash("sha256").update(body).digest("hex");
  if (!holds(request, signature, caller.secretAccessKey, payload)) {
    throw refuseCommonly(
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.",
    );
  }
  return caller;
}
