import { AwsRefused } from "../refused.ts";
import type { RestXmlCall } from "../rest-xml/route.ts";

/** Every code that the simulated service refuses with, and the HTTP status (Amazon CloudFront API Reference). */
const refusals = {
  AccessDenied: 403,
  CannotDeleteEntityWhileInUse: 409,
  CNAMEAlreadyExists: 409,
  DistributionAlreadyExists: 409,
  DistributionNotDisabled: 409,
  EntityAlreadyExists: 409,
  EntityLimitExceeded: 400,
  EntityNotFound: 404,
  IllegalDelete: 403,
  IllegalUpdate: 400,
  InconsistentQuantities: 400,
  InvalidArgument: 400,
  InvalidDefaultRootObject: 400,
  InvalidIfMatchVersion: 400,
  InvalidOrigin: 400,
  InvalidOriginAccessControl: 400,
  InvalidTagging: 400,
  InvalidViewerCertificate: 400,
  MalformedXML: 400,
  NoSuchCachePolicy: 404,
  NoSuchDistribution: 404,
  NoSuchOrigin: 404,
  NoSuchOriginAccessControl: 404,
  NoSuchOriginRequestPolicy: 404,
  NoSuchResource: 404,
  NoSuchResponseHeadersPolicy: 404,
  OriginAccessControlAlreadyExists: 409,
  OriginAccessControlInUse: 409,
  OriginRequestPolicyAlreadyExists: 409,
  OriginRequestPolicyInUse: 409,
  PreconditionFailed: 412,
  ResponseHeadersPolicyAlreadyExists: 409,
  ResponseHeadersPolicyInUse: 409,
  TooManyDistributions: 400,
} as const satisfies Record<string, number>;

/** A code that the simulated service refuses with. */
export type CloudfrontRefusalCode = keyof typeof refusals;

/** A refusal to throw. */
export function refuse(code: CloudfrontRefusalCode, message: string): AwsRefused {
  return new AwsRefused(code, refusals[code], message);
}

/**
 * Holds a write against the version that it was meant for. ETags are bare tokens here, without quotes.
 *
 * @throws AwsRefused InvalidIfMatchVersion when there is no version, or none that could be one; PreconditionFailed when
 *   it is not the one that is there
 */
export function checkIfMatch({ headers }: RestXmlCall, etag: string): void {
  const stated = headers.get("if-match");
  if (stated === null || !/^[A-Z0-9]+$/.test(stated)) {
    throw refuse("InvalidIfMatchVersion", "The If-Match version is missing or not valid for the resource.");
  }
  if (stated !== etag) {
    throw refuse(
      "PreconditionFailed",
      "The request failed because it didn't meet the preconditions in one or more request-header fields.",
    );
  }
}
