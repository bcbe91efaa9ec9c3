/** What readers of logs answer is somebody else's code: it is read like any other input. */
import { z } from "zod";
import type { ConnectionLogReading } from "./connection-log.ts";

const instant = z.number();
const count = z.int().nonnegative();
const text = z.string().optional();

const certificate = z.object({
  sha256: text,
  serial: text,
  subject: text,
  issuer: text,
  notBefore: instant.optional(),
  notAfter: instant.optional(),
});

const schema = z.object({
  from: instant,
  to: instant,
  complete: z.boolean(),
  unreadable: count,
  connections: z.array(
    z.object({
      shown: z.union([z.literal("nothing"), z.literal("unknown"), certificate]),
      outcome: z.enum(["served", "refused", "unknown"]),
      reason: text,
      count,
      lastAt: instant,
    }),
  ),
});

/** Reads an answer; a text says what is wrong with one that is no reading. */
export function readReading(answer: unknown): ConnectionLogReading | string {
  if (typeof answer !== "object" || answer === null)
    return `it answered ${answer === null ? "null" : typeof answer}`;
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const path = parsed.error.issues[0]?.path.map(String).join(".") ?? "";
  return `${path === "" ? "it" : path} is not what a reading has there`;
}
