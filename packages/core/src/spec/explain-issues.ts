import type { z } from "zod";
import type { SpecIssue } from "../errors.ts";
import { suggestName } from "./suggest-name.ts";

type Path = readonly (string | number)[];

/** Texts for the issues whose own text in zod is thin; for `safeParse(value, { error: explainIssue })`. */
export function explainIssue(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined && issue.code !== "unrecognized_keys" && issue.code !== "custom")
    return "is missing";
  if (issue.code === "invalid_type")
    return `expected ${articled(issue.expected)}, found ${kindOf(issue.input)}`;
  if (issue.code === "invalid_value") {
    const known = issue.values.map(String);
    const wrong = typeof issue.input === "string" ? issue.input : "";
    return `is none of the values it can have${suggestName(wrong, known, "known")}`;
  }
  return undefined;
}

/** Issues of zod as issues of a spec: one for each unknown field, and the branch of a union that was meant. */
export function specIssues(issues: readonly z.core.$ZodIssue[], under: Path = []): SpecIssue[] {
  return issues.flatMap((issue) => {
    const path = [...under, ...issue.path.map((part) => (typeof part === "symbol" ? String(part) : part))];
    switch (issue.code) {
      case "unrecognized_keys": {
        const lines = issue.message.split("\n");
        return issue.keys.map((key, index) => ({
          path: [...path, key],
          message: lines[index] ?? "is not known",
        }));
      }
      case "invalid_key":
        return [{ path, message: issue.issues[0]?.message ?? issue.message }];
      case "invalid_union": {
        const meant = issue.errors.filter((branch) => !branch.some(refusesWhole));
        const [only] = meant;
        return only !== undefined && meant.length === 1
          ? specIssues(only, path)
          : [{ path, message: issue.message }];
      }
      default:
        return [{ path, message: issue.message }];
    }
  });
}

/** Whether a branch of a union fails at its root: the input is of another kind altogether. */
function refusesWhole(issue: z.core.$ZodIssue): boolean {
  const codes: readonly string[] = ["invalid_type", "invalid_value", "invalid_union"];
  return issue.path.length === 0 && codes.includes(issue.code);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return articled(Array.isArray(value) ? "array" : typeof value);
}

function articled(kind: string): string {
  const word =
    kind === "record" ? "object" : kind === "array" ? "list" : kind === "int" ? "whole number" : kind;
  return `${/^[aeiou]/.test(word) ? "an" : "a"} ${word}`;
}
