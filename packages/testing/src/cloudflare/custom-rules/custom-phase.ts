import { readExpression } from "../../data-plane/rule-expression/read-expression.ts";
import type { Phase } from "../rulesets/phase.ts";
import { badExpression, refusals } from "../rulesets/refusals.ts";

/** What a custom rule may do. */
const actions = new Set(["block", "log", "skip", "challenge", "js_challenge", "managed_challenge"]);

/**
 * WAF custom rules. An expression with a field or an operator that is not simulated is refused as one that can't be
 * read, so that no rule is thought to act that does not.
 */
export const customPhase: Phase = {
  name: "http_request_firewall_custom",
  reads: ["Zone WAF Read", "Zone WAF Write"],
  writes: ["Zone WAF Write"],
  mostRules: { free: 5, pro: 20, business: 100, enterprise: 1000 },
  settlingMs: ({ customRuleMs }) => customRuleMs,
  refuseAction: (action, parameters) => {
    if (typeof action !== "string" || !actions.has(action)) return refusals.ruleInvalid;
    const valid = action === "skip" ? saysWhatToSkip(parameters) : Object.keys(parameters).length === 0;
    return valid ? undefined : refusals.ruleInvalid;
  },
  refuseExpression: (expression) => {
    const found = readExpression(expression);
    const fault = "reason" in found ? found : found.foreign[0];
    return fault && badExpression(expression, fault);
  },
};

/** The rules behind it, other phases, or products; of these only the rules behind it are simulated. */
function saysWhatToSkip(parameters: Readonly<Record<string, unknown>>): boolean {
  const given = Object.entries(parameters);
  return (
    given.length > 0 &&
    given.every(([name, value]) =>
      name === "ruleset"
        ? value === "current"
        : ["phases", "products"].includes(name) && Array.isArray(value),
    )
  );
}
