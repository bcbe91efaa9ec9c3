import type { SpecIssue } from "../errors.ts";
import type { JsonValue } from "./spec.ts";

type Path = readonly (string | number)[];

/** A copy of an input as plain data, and what could not be copied. */
export interface PlainReading {
  /** Stands in for what could not be copied: `undefined`, or a placeholder for text that was a key. */
  readonly value: JsonValue | undefined;
  readonly issues: readonly SpecIssue[];
}

const DEEPEST = 32;
const MOST_ITEMS = 100_000;
const REMOVED = "(removed)";

/**
 * Copies an unknown input to JSON values, once: afterwards nothing that the caller still holds can change it, and no
 * getter or proxy is asked twice. Text that holds a private key is taken out here, before any message is made of it.
 * Never throws.
 */
export function readPlain(input: unknown): PlainReading {
  const issues: SpecIssue[] = [];
  const copies = new Map<object, JsonValue | undefined>();
  const open = new Set<object>();

  const report = (path: Path, message: string): undefined => {
    issues.push({ path, message });
    return undefined;
  };

  const copy = (value: unknown, path: Path): JsonValue | undefined => {
    switch (typeof value) {
      case "string":
        if (!holdsKey(value)) return value;
        report(
          path,
          "holds a private key; give the key to createHandfast as a secret and write its name here",
        );
        return REMOVED;
      case "number":
        if (!Number.isFinite(value)) return report(path, "is not a number that JSON has");
        return Object.is(value, -0) ? 0 : value;
      case "boolean":
      case "undefined":
        return value;
      case "object":
        return value === null ? null : copyObject(value, path);
      default:
        return report(path, `is a ${typeof value}; a spec is plain data`);
    }
  };

  const copyObject = (value: object, path: Path): JsonValue | undefined => {
    if (open.has(value)) return report(path, "contains itself");
    if (copies.has(value)) return copies.get(value);
    if (path.length >= DEEPEST) return report(path, `is nested more than ${DEEPEST} levels deep`);
    open.add(value);
    let result: JsonValue | undefined;
    try {
      result = Array.isArray(value) ? copyList(value, path) : copyRecord(value, path);
    } catch {
      // A getter or a proxy threw. What it threw is not ours to show.
      report(path, "could not be read; a spec is plain data");
    }
    open.delete(value);
    copies.set(value, result);
    return result;
  };

  const copyList = (value: readonly unknown[], path: Path): JsonValue | undefined => {
    if (value.length > MOST_ITEMS) return report(path, `has more than ${MOST_ITEMS} items`);
    return Array.from(value, (item, index) => {
      const copied = copy(item, [...path, index]);
      if (item === undefined) report([...path, index], "is missing");
      return copied ?? null;
    });
  };

  const copyRecord = (value: object, path: Path): JsonValue | undefined => {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
      return report(path, "is an instance of a class; a spec is plain data");
    }
    if (Object.prototype.toString.call(value) !== "[object Object]") {
      return report(path, "is not plain data");
    }
    const result: Record<string, JsonValue> = {};
    for (const key of Object.keys(value)) {
      if (holdsKey(key)) report([...path, REMOVED], "has a private key for its name");
      else if (key === "__proto__") report([...path, key], "can't be a name");
      else {
        const copied = copy((value as Record<string, unknown>)[key], [...path, key]);
        if (copied !== undefined) result[key] = copied;
      }
    }
    return result;
  };

  return { value: copy(input, []), issues };
}

/** RFC 7468 labels: PRIVATE KEY, ENCRYPTED PRIVATE KEY, RSA PRIVATE KEY and so on. */
function holdsKey(text: string): boolean {
  return text.includes("PRIVATE KEY");
}

/** Freezes a plain value and all in it. */
export function freezeDeep<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) freezeDeep(part);
  return value;
}
