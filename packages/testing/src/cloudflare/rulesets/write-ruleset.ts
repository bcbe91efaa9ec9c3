import { writeDate } from "../timing.ts";
import type { Rule, Ruleset } from "./models.ts";

/** A ruleset as the API shows it. */
export function writeRuleset(ruleset: Ruleset): Record<string, unknown> {
  return {
    id: ruleset.id,
    name: ruleset.name,
    description: ruleset.description,
    kind: "zone",
    phase: ruleset.phase,
    version: String(ruleset.version),
    last_updated: writeDate(ruleset.writtenAt),
    rules: ruleset.rules.map(writeRule),
  };
}

function writeRule(rule: Rule): Record<string, unknown> {
  return {
    id: rule.id,
    ref: rule.ref,
    version: String(rule.version),
    action: rule.action,
    ...(Object.keys(rule.parameters).length === 0 ? {} : { action_parameters: rule.parameters }),
    expression: rule.expression,
    description: rule.description,
    enabled: rule.enabled,
    last_updated: writeDate(rule.writtenAt),
  };
}
