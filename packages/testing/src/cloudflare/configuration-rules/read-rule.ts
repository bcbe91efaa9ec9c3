import type { Refusal } from "../envelope.ts";
import { isObject } from "../route.ts";
import { sslModes } from "../zones/models.ts";
import type { Rule } from "./models.ts";
import { refusals } from "./refusals.ts";

/** Reads a rule from a body; with `old` only the given fields are replaced. */
export function readRule(
  body: unknown,
  old: Rule | undefined,
  made: { readonly id: string; readonly now: number },
): Rule | Refusal {
  if (!isObject(body)) return refusals.ruleInvalid;
  const { action, action_parameters, expression, description, enabled, ref } = body;
  if ((action ?? (old && "set_config")) !== "set_config") return refusals.ruleInvalid;
  const parameters = action_parameters ?? old?.parameters;
  if (!isObject(parameters) || Object.keys(parameters).length === 0) return refusals.ruleInvalid;
  if ("ssl" in parameters && !sslModes.some((mode) => mode === parameters.ssl)) return refusals.ruleInvalid;
  const text = expression ?? old?.expression;
  if (typeof text !== "string" || text.trim() === "") return refusals.ruleInvalid;
  if (enabled !== undefined && typeof enabled !== "boolean") return refusals.ruleInvalid;
  const id = old?.id ?? made.id;
  return {
    id,
    ref: typeof ref === "string" ? ref : (old?.ref ?? id),
    version: (old?.version ?? 0) + 1,
    expression: text,
    description: typeof description === "string" ? description : (old?.description ?? ""),
    enabled: enabled ?? old?.enabled ?? true,
    parameters,
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
