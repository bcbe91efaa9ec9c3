import { type Refusal, refusal, unknownCode } from "../envelope.ts";

/** What the Rulesets API refuses, as far as Configuration Rules go. */
export const refusals = {
  noEntryPoint: refusal(404, 10003, "could not find entrypoint ruleset in the http_config_settings phase"),
  noRuleset: refusal(404, 10003, "could not find the ruleset"),
  noRule: refusal(404, 10003, "could not find the rule in the ruleset"),
  phaseTaken: refusal(
    400,
    20217,
    "exceeded maximum number of zone rulesets for phase http_config_settings: 1 out of 1",
  ),
  phaseNotSimulated: refusal(403, 50002, "not entitled to use the phase"),
  tooManyRules: refusal(400, 20217, "exceeded maximum number of rules in the phase http_config_settings"),
  rulesetInvalid: refusal(400, unknownCode, "the ruleset is invalid"),
  ruleInvalid: refusal(400, unknownCode, "the rule is invalid"),
  positionInvalid: refusal(400, unknownCode, "position needs exactly one of before, after and index"),
} as const satisfies Record<string, Refusal>;
