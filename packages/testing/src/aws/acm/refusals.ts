import { AwsRefused } from "../refused.ts";

/**
 * Every code of its own that the simulated service refuses with, and the HTTP status (ACM API Reference, per
 * operation). Of all of them one has another status than 400.
 */
const refusals = {
  AccessDeniedException: 403,
  InvalidArgsException: 400,
  InvalidArnException: 400,
  InvalidDomainValidationOptionsException: 400,
  InvalidParameterException: 400,
  InvalidTagException: 400,
  LimitExceededException: 400,
  RequestInProgressException: 400,
  ResourceInUseException: 400,
  ResourceNotFoundException: 400,
  TooManyTagsException: 400,
  ValidationException: 400,
} as const satisfies Record<string, number>;

/** A code that the simulated service refuses with. */
export type AcmRefusalCode = keyof typeof refusals;

/** A refusal to throw. */
export function refuse(code: AcmRefusalCode, message: string): AwsRefused {
  return new AwsRefused(code, refusals[code], message);
}
