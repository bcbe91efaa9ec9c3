import type { Expression, StringOperator } from "./expression.ts";

/** Whether an expression holds; `unknown` when that hangs on something that is not known. */
export type Applies = "yes" | "no" | "unknown";

/** What is known of a request, by the names of fields. */
export type Facts = ReadonlyMap<string, string | boolean>;

/**
 * Holds an expression against what is known. A field that is not among the facts is `unknown`, never silently "no";
 * `unknown or yes` is "yes", `unknown and no` is "no".
 */
export function evaluate(expression: Expression, facts: Facts): Applies {
  switch (expression.kind) {
    case "constant":
      return answer(expression.value);
    case "not":
      return not(evaluate(expression.operand, facts));
    case "or":
      return or(evaluate(expression.left, facts), evaluate(expression.right, facts));
    case "and":
      return not(or(not(evaluate(expression.left, facts)), not(evaluate(expression.right, facts))));
    case "flag": {
      const value = facts.get(expression.field);
      return value === undefined ? "unknown" : answer(value === true);
    }
    case "comparison": {
      const value = facts.get(expression.field);
      if (value === undefined) return "unknown";
      return answer(comparisons[expression.operator](String(value), expression.values));
    }
    case "foreign":
      return "unknown";
  }
}

const comparisons: Readonly<Record<StringOperator, (value: string, given: readonly string[]) => boolean>> = {
  in: (value, given) => given.includes(value),
  ne: (value, given) => !given.includes(value),
  contains: (value, given) => given.some((part) => value.includes(part)),
  "starts-with": (value, given) => given.some((part) => value.startsWith(part)),
  "ends-with": (value, given) => given.some((part) => value.endsWith(part)),
};

function answer(applies: boolean): Applies {
  return applies ? "yes" : "no";
}

function or(left: Applies, right: Applies): Applies {
  if (left === "yes" || right === "yes") return "yes";
  return left === "unknown" || right === "unknown" ? "unknown" : "no";
}

function not(applies: Applies): Applies {
  if (applies === "unknown") return "unknown";
  return applies === "yes" ? "no" : "yes";
}
