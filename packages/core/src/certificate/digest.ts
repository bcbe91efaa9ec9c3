import { createHash } from "node:crypto";
import canonicalize from "canonicalize";

/** SHA-256 of bytes or UTF-8 text, as lower-case hex. */
export function sha256(data: Uint8Array | string): string {
  return createHash("sha256").update(data).digest("hex");
}

/** SHA-256 of a JSON value in its canonical form (RFC 8785): key order and spacing do not count. */
export function digestOf(value: unknown): string {
  return sha256(canonicalText(value));
}

/** A JSON value in its canonical form (RFC 8785). */
export function canonicalText(value: unknown): string {
  return canonicalize(value) ?? "null";
}
