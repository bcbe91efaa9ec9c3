import type { Refusal } from "../envelope.ts";
import { isObject } from "../route.ts";
import type { Rule } from "./models.ts";
import type { Phase } from "./phase.ts";
import { expressionTooLong, refusals } from "./refusals.ts";

/** Characters of an expression (Ruleset Engine documentation, "Expressions"). */
const longestExpression = 4096;

/**
 * Reads a rule from a body. A rule that is written again is replaced as a whole: what the body leaves out is as in a
 * new rule, so one that was switched off is on again. Of `old` only id, `ref` and version count.
 */
export function readRule(
  body: unknown,
  phase: Phase,
  old: Rule | undefined,
  made: { readonly id: string; readonly now: number },
): Rule | Refusal {
  if (!isObject(body)) return refusals.ruleInvalid;
  const { action, action_parameters: parameters = {}, expression = "", description, enabled, ref } = body;
  if (action === undefined) return refusals.actionMissing;
  if (typeof action !== "string" || !isObject(parameters)) return refusals.ruleInvalid;
  if (typeof expression !== "string") return refusals.ruleInvalid;
  if (expression.trim() === "") return refusals.blankExpression;
  if (expression.length > longestExpression) return expressionTooLong(longestExpression);
  if (enabled !== undefined && typeof enabled !== "boolean") return refusals.ruleInvalid;
  const refused = phase.refuseAction(action, parameters) ?? phase.refuseExpression(expression);
  if (refused !== undefined) return refused;
  const id = old?.id ?? made.id;
  return {
    id,
    ref: typeof ref === "string" ? ref : (old?.ref ?? id),
    version: (old?.version ?? 0) + 1,
    action,
    parameters,
    expression,
    description: typeof description === "string" ? description : "",
    enabled: enabled ?? true,
    writtenAt: made.now,
  };
}

/** Puts a rule where `position` says; without a position it replaces itself in place, or goes to the end. */
export function placeRule(rules: readonly Rule[], rule: Rule, position: unknown): readonly Rule[] | Refusal {
  const present = rules.findIndex(({ id }) => id === rule.id);
  if (position === undefined) return present < 0 ? [...rules, rule] : rules.with(present, rule);
  const others = rules.filter(({ id }) => id !== rule.id);
  const index = isObject(position) ? readPosition(others, position) : undefined;
  return index === undefined ? refusals.positionInvalid : others.toSpliced(index, 0, rule);
}

/** `before: ""` is the start, `after: ""` the end; `index` counts from 1. */
function readPosition(rules: readonly Rule[], position: Record<string, unknown>): number | undefined {
  const [kind, ...more] = Object.keys(position);
  if (kind === undefined || more.length > 0) return undefined;
  const value = position[kind];
  if (kind === "index") {
    return Number.isInteger(value) && Number(value) >= 1
      ? Math.min(Number(value) - 1, rules.length)
      : undefined;
  }
  if ((kind !== "before" && kind !== "after") || typeof value !== "string") return undefined;
  if (value === "") return kind === "before" ? 0 : rules.length;
  const at = rules.findIndex(({ id }) => id === value);
  if (at < 0) return undefined;
  return kind === "before" ? at : at + 1;
}
