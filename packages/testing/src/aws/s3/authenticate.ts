import type { Clock } from "@handfast/core";
import { type Access, type Caller, faultOfSession } from "../access.ts";
import { holds, readSignature, type Signature } from "../signature.ts";
import { refuse } from "./refusals.ts";

/** Who signed a request, and for which region. */
export interface Signed {
  readonly caller: Caller;
  readonly region: string;
}

/**
 * Who signed a request; undefined for a request that nobody signed.
 *
 * @throws S3Refused AccessDenied, AuthorizationHeaderMalformed, ExpiredToken, InvalidAccessKeyId, InvalidToken,
 *   SignatureDoesNotMatch
 */
export function authenticate(request: Request, access: Access, clock: Clock): Signed | undefined {
  const signature = readSignature(request);
  if (signature === "none") return undefined;
  if (signature === "malformed") {
    throw refuse("AuthorizationHeaderMalformed", {
      message:
        "The authorization header is malformed; a non-empty Access Key (AKID) must be provided in the credential.",
    });
  }
  if (signature.service !== "s3") {
    throw refuse("AuthorizationHeaderMalformed", {
      message: `The authorization header is malformed; incorrect service "${signature.service}". This endpoint belongs to "s3".`,
    });
  }
  const caller = access.find(signature.accessKeyId);
  if (caller === undefined) {
    throw refuse("InvalidAccessKeyId", { fields: { AWSAccessKeyId: signature.accessKeyId } });
  }
  const session = faultOfSession(caller, request.headers.get("x-amz-security-token"), clock.now());
  if (session !== undefined) throw refuse(session === "expired" ? "ExpiredToken" : "InvalidToken");
  checkPresigned(signature, clock.now());
  if (!holds(request, signature, caller.secretAccessKey)) throw refuse("SignatureDoesNotMatch");
  return { caller, region: signature.region };
}

/** @throws S3Refused AccessDenied when the time of a presigned URL is over */
function checkPresigned({ signedAt, expiresIn }: Signature, now: number): void {
  if (expiresIn === undefined) return;
  const start = Date.parse(signedAt.replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5"));
  const expires = start + expiresIn * 1000;
  if (now < expires) return;
  throw refuse("AccessDenied", {
    message: "Request has expired",
    fields: {
      "X-Amz-Expires": expiresIn,
      Expires: new Date(expires).toISOString(),
      ServerTime: new Date(now).toISOString(),
    },
  });
}
