import { canonicalText } from "@handfast/core";
import { expect } from "vitest";

/** A value as it comes back from a plan or a journal, which nobody may change. */
export function viaJson<T>(value: T): T {
  return freeze(JSON.parse(JSON.stringify(value))) as T;
}

function freeze(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  for (const inner of Object.values(value)) freeze(inner);
  return Object.freeze(value);
}

/** Fails unless both are the same JSON; a field that is undefined counts as absent. */
export function expectSame(value: unknown, wanted: unknown, what: string): void {
  expect(canonicalText(viaJson(value) ?? null), what).toBe(canonicalText(viaJson(wanted) ?? null));
}

/**
 * Calls a function that must be pure: twice on the same arguments, once on copies of them. The answers must agree, and
 * the arguments must be left alone.
 */
export function purely<A extends readonly unknown[], R>(
  what: string,
  call: (...args: A) => R,
  ...args: A
): R {
  const before = canonicalText(viaJson(args));
  const [first, second] = [call(...args), call(...args)];
  const third = call(...(args.map((arg) => (isPlain(arg) ? viaJson(arg) : arg)) as unknown[] as [...A]));
  expectSame(second, first, `${what}: a second answer to the same question`);
  expectSame(third, first, `${what}: the answer for a copy of the arguments`);
  expect(canonicalText(viaJson(args)), `${what}: the arguments afterwards`).toBe(before);
  return first;
}

/** Evidence and the like are objects with a class of their own: they are handed on as they are. */
function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || Array.isArray(value);
}
