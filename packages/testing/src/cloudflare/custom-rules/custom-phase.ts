import { readExpression } from "../../data-plane/rule-expression/read-expression.ts";
import type { Phase } from "../rulesets/phase.ts";
import { badExpression, refusals } from "../rulesets/refusals.ts";

/** What a custom rule may do; `skip` only leaves out the rules behind it. */
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
    const names = Object.keys(parameters);
    const valid =
      typeof action === "string" &&
      actions.has(action) &&
      (action === "skip" ? names.length === 1 && parameters.ruleset === "current" : names.length === 0);
    return valid ? undefined : refusals.ruleInvalid;
  },
  refuseExpression: (expression) => {
    const found = readExpression(expression);
    const fault = "reason" in found ? found : found.foreign[0];
    return fault && badExpression(expression, fault);
  },
};
