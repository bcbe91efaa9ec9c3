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
  const sorted = sortKeys(value, 0);
  const text = sorted === odd ? undefined : JSON.stringify(sorted);
  // half a surrogate pair is written as an escape, and the library refuses it
  if (text === undefined || /\\ud[89a-f]/.test(text)) return canonicalize(value) ?? "null";
  return text;
}

/** Stands for what JSON.stringify would not write in canonical form, whatever the order of the keys. */
const odd = Symbol("odd");

/**
 * A copy with its keys in order, which JSON.stringify then writes in canonical form: several times faster than the
 * library on a plan of some megabytes. Where JavaScript has an order of its own, or more than JSON, the library is asked.
 */
function sortKeys(value: unknown, depth: number): unknown {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : odd;
  if (typeof value !== "object" || depth > 200) return odd;
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const item of value) {
      const sorted = sortKeys(item, depth + 1);
      if (sorted === odd) return odd;
      items.push(sorted);
    }
    return items;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return odd;
  const fields = value as Readonly<Record<string, unknown>>;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(fields).sort()) {
    const field = fields[key];
    if (field === undefined) continue;
    // numbers come first in every object, and __proto__ is no field at all
    if (/^(\d+|__proto__)$/.test(key)) return odd;
    const sorted = sortKeys(field, depth + 1);
    if (sorted === odd) return odd;
    copy[key] = sorted;
  }
  return copy;
}
