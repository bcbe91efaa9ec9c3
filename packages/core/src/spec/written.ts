import type { SpecIssue } from "../errors.ts";
import type { JsonObject, JsonValue } from "./spec.ts";

/** Readers of an input that may be wrong anywhere: what is not there, or not of the kind, is empty. */

export type Path = readonly (string | number)[];

/** Collects issues. */
export type Report = (path: Path, message: string) => void;

/** A report that keeps what it is told. */
export function collectIssues(): { readonly issues: readonly SpecIssue[]; readonly report: Report } {
  const issues: SpecIssue[] = [];
  return { issues, report: (path, message) => void issues.push({ path, message }) };
}

/** The field of an object. */
export function fieldOf(value: JsonValue | undefined, key: string): JsonValue | undefined {
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** Names and entries of a section. */
export function entriesOf(value: JsonValue | undefined): readonly (readonly [string, JsonValue])[] {
  return isRecord(value) ? Object.entries(value) : [];
}

/** Names that a section declares. */
export function namesOf(value: JsonValue | undefined): readonly string[] {
  return entriesOf(value).map(([name]) => name);
}

/** Items of a list. */
export function itemsOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

/** The texts at a path, whether one or a list, each with its own path; all else is left to the schema. */
export function textsAt(value: JsonValue | undefined, path: Path): readonly (readonly [string, Path])[] {
  if (typeof value === "string") return [[value, path]];
  return itemsOf(value).flatMap((item, index) =>
    typeof item === "string" ? [[item, [...path, index]] as const] : [],
  );
}

function isRecord(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
