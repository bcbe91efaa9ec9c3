import { AwsRefused } from "../refused.ts";

/** Every code of its own that the data plane refuses with, and the HTTP status (CloudFront KeyValueStore API Reference). */
const refusals = {
  AccessDeniedException: 403,
  ConflictException: 409,
  ResourceNotFoundException: 404,
  ServiceQuotaExceededException: 402,
  ValidationException: 400,
} as const satisfies Record<string, number>;

/** A code that the data plane refuses with. */
export type KeyValueRefusalCode = keyof typeof refusals;

/** A refusal to throw. */
export function refuse(code: KeyValueRefusalCode, message: string): AwsRefused {
  return new AwsRefused(code, refusals[code], message);
}
