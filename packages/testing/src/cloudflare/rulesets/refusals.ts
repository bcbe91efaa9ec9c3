import type { ExpressionFault } from "../../data-plane/rule-expression/expression.ts";
import { type Refusal, refusal, unknownCode } from "../envelope.ts";
import type { RulesetPhase } from "./models.ts";

/** What the Rulesets API refuses, as far as the simulated phases go. */
export const refusals = {
  noRuleset: refusal(404, 10003, "could not find the ruleset"),
  noRule: refusal(404, 10003, "could not find the rule in the ruleset"),
  phaseNotSimulated: refusal(403, 50002, "not entitled to use the phase"),
  rulesetInvalid: refusal(400, unknownCode, "the ruleset is invalid"),
  ruleInvalid: refusal(400, unknownCode, "the rule is invalid"),
  actionMissing: refusal(400, unknownCode, "action is required"),
  positionInvalid: refusal(400, unknownCode, "position needs exactly one of before, after and index"),
  blankExpression: refusal(
    400,
    20125,
    "'' is not a valid value for expression because the expression cannot be blank",
  ),
} as const satisfies Record<string, Refusal>;

/** A phase in which no rule was ever written. */
export function noEntryPoint(phase: RulesetPhase): Refusal {
  return refusal(404, 10003, `could not find entrypoint ruleset in the ${phase} phase`);
}

/** A phase has one ruleset in a zone. */
export function phaseTaken(phase: RulesetPhase): Refusal {
  return refusal(400, 20217, `exceeded maximum number of zone rulesets for phase ${phase}: 1 out of 1`);
}

/** More rules than the plan has. */
export function tooManyRules(phase: RulesetPhase): Refusal {
  return refusal(400, 20217, `exceeded maximum number of rules in the phase ${phase}`);
}

/** An expression that is longer than any may be. */
export function expressionTooLong(most: number): Refusal {
  return refusal(400, unknownCode, `the expression exceeds the maximum length of ${most} characters`);
}

/** An expression that can't be read, as users have quoted the answer. */
export function badExpression(expression: string, { at, reason }: ExpressionFault): Refusal {
  const parsing = `Filter parsing error (1:${at + 1}): ${expression} ^ ${reason}`;
  return refusal(
    400,
    unknownCode,
    `'${expression}' is not a valid value for expression because could not parse filter expression: ${parsing}`,
  );
}
