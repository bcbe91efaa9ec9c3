import { type Applies, evaluate } from "../../data-plane/rule-expression/evaluate.ts";
import { readExpression as read } from "../../data-plane/rule-expression/read-expression.ts";

/**
 * Whether a rule applies to every request for a hostname, or to none; `unknown` when that hangs on more than the
 * hostname, or the expression can't be read.
 */
export function readExpression(expression: string, hostname: string): Applies {
  const found = read(expression);
  if ("reason" in found) return "unknown";
  return evaluate(found.expression, new Map([["http.host", hostname.toLowerCase()]]));
}
