import { AwsRefused } from "../refused.ts";

/** What IAM refuses with beside the common codes, and the HTTP status (IAM API Reference, per operation). */
const refusals = {
  InvalidInput: 400,
  NoSuchEntity: 404,
  PolicyEvaluation: 500,
} as const satisfies Record<string, number>;

/** A refusal to throw. */
export function refuse(code: keyof typeof refusals, message: string): AwsRefused {
  return new AwsRefused(code, refusals[code], message);
}
