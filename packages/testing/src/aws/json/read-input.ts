import type { z } from "zod";
import { AwsRefused, refuseCommonly } from "../refused.ts";

/**
 * The body of a request as JSON.
 *
 * @throws AwsRefused SerializationException
 */
export function readJson(body: string): unknown {
  try {
    return JSON.parse(body === "" ? "{}" : body);
  } catch {
    throw new AwsRefused("SerializationException", 400, "The request body is not valid JSON");
  }
}

/**
 * What an operation is told, checked against its shape. A member that is `null` counts as not sent.
 *
 * @throws AwsRefused ValidationError
 */
export function readInput<T>(shape: z.ZodType<T>, sent: unknown): T {
  const read = shape.safeParse(withoutNulls(sent));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const member = issue?.path.join(".") ?? "";
  throw refuseCommonly(
    "ValidationError",
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: ${issue?.message}`,
  );
}

function withoutNulls(sent: unknown): unknown {
  if (typeof sent !== "object" || sent === null || Array.isArray(sent)) return sent;
  return Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== null));
}
