import { type Answer, type Refusal, result } from "../envelope.ts";
import type { Identifiers } from "../identifiers.ts";
import { isObject, type ZoneCall } from "../route.ts";
import { writeDate } from "../timing.ts";
import type { CloudflarePlan, Zone } from "../zones/models.ts";
import { configurationPhase, type Rule, type Ruleset } from "./models.ts";
import { placeRule, readRule } from "./read-rule.ts";
import { refusals } from "./refusals.ts";

/** What the writes need beside the call. */
export interface RuleWrites {
  readonly ids: Identifiers;
  /** Called after every change. */
  readonly changed: () => void;
}

const ruleLimits: Readonly<Record<CloudflarePlan, number>> = {
  free: 10,
  pro: 25,
  business: 50,
  enterprise: 300,
};

/** The rulesets of the zone, without their rules. */
export function listRulesets({ zone }: ZoneCall): Answer {
  if (zone.ruleset === undefined) return result([]);
  const { rules: _, ...row } = writeRuleset(zone.ruleset);
  return result([row]);
}

/** The ruleset by its phase. */
export function readEntryPoint({ params, zone }: ZoneCall): Answer {
  if (params.phase !== configurationPhase) return refusals.phaseNotSimulated;
  return zone.ruleset === undefined ? refusals.noEntryPoint : result(writeRuleset(zone.ruleset));
}

/** The ruleset by its id. */
export function readRuleset({ params, zone }: ZoneCall): Answer {
  const ruleset = findRuleset(zone, params);
  return ruleset === undefined ? refusals.noRuleset : result(writeRuleset(ruleset));
}

/** PUT of the entry point: replaces every rule of the phase, and makes the ruleset when there is none. */
export function replaceEntryPoint(call: ZoneCall, writes: RuleWrites): Answer {
  const { body, params } = call;
  if (params.phase !== configurationPhase) return refusals.phaseNotSimulated;
  return isObject(body) ? replaceRules(call, body, writes) : refusals.rulesetInvalid;
}

/** PUT of a ruleset by id: the same replacement. */
export function replaceRuleset(call: ZoneCall, writes: RuleWrites): Answer {
  if (findRuleset(call.zone, call.params) === undefined) return refusals.noRuleset;
  return isObject(call.body) ? replaceRules(call, call.body, writes) : refusals.rulesetInvalid;
}

/** POST of a ruleset: only one may exist for the phase. */
export function createRuleset(call: ZoneCall, writes: RuleWrites): Answer {
  const { body, zone } = call;
  if (!isObject(body) || body.kind !== "zone" || typeof body.name !== "string") {
    return refusals.rulesetInvalid;
  }
  if (body.phase !== configurationPhase) return refusals.phaseNotSimulated;
  return zone.ruleset === undefined ? replaceRules(call, body, writes) : refusals.phaseTaken;
}

/** POST of one rule; answers the whole ruleset. */
export function addRule(call: ZoneCall, writes: RuleWrites): Answer {
  const ruleset = findRuleset(call.zone, call.params);
  if (ruleset === undefined) return refusals.noRuleset;
  const rule = readRule(call.body, undefined, { id: writes.ids.hex(), now: call.now });
  return "kind" in rule ? rule : placeInto(ruleset, rule, call, writes);
}

/** PATCH of one rule: fields that are not given stay. */
export function changeRule(call: ZoneCall, writes: RuleWrites): Answer {
  const ruleset = findRuleset(call.zone, call.params);
  if (ruleset === undefined) return refusals.noRuleset;
  const old = ruleset.rules.find(({ id }) => id === call.params.rule_id);
  if (old === undefined) return refusals.noRule;
  const rule = readRule(call.body, old, { id: old.id, now: call.now });
  return "kind" in rule ? rule : placeInto(ruleset, rule, call, writes);
}

/** DELETE of one rule; answers the ruleset that is left. */
export function removeRule(call: ZoneCall, writes: RuleWrites): Answer {
  const ruleset = findRuleset(call.zone, call.params);
  if (ruleset === undefined) return refusals.noRuleset;
  const left = ruleset.rules.filter(({ id }) => id !== call.params.rule_id);
  if (left.length === ruleset.rules.length) return refusals.noRule;
  return commit(ruleset, left, call, writes);
}

function placeInto(ruleset: Ruleset, rule: Rule, call: ZoneCall, writes: RuleWrites): Answer {
  const position = isObject(call.body) ? call.body.position : undefined;
  const placed = placeRule(ruleset.rules, rule, position);
  return "kind" in placed ? placed : commit(ruleset, placed, call, writes);
}

function replaceRules(call: ZoneCall, body: Record<string, unknown>, writes: RuleWrites): Answer {
  const given = body.rules ?? [];
  if (!Array.isArray(given)) return refusals.rulesetInvalid;
  const old = call.zone.ruleset;
  const rules: Rule[] = [];
  for (const raw of given) {
    // A rule that is sent back with its id keeps it.
    const same = old?.rules.find(({ id }) => isObject(raw) && raw.id === id);
    const rule: Rule | Refusal = readRule(raw, same, { id: writes.ids.hex(), now: call.now });
    if ("kind" in rule) return rule;
    rules.push(rule);
  }
  const { name, description } = body;
  const ruleset: Ruleset = {
    id: old?.id ?? writes.ids.hex(),
    name: typeof name === "string" ? name : (old?.name ?? "default"),
    description: typeof description === "string" ? description : (old?.description ?? ""),
    version: old?.version ?? 0,
    writtenAt: call.now,
    rules: old?.rules ?? [],
  };
  return commit(ruleset, rules, call, writes);
}

/** Every write ends here: the limit of the plan, `dry_run`, and a new version. */
function commit(
  ruleset: Ruleset,
  rules: readonly Rule[],
  { now, query, zone }: ZoneCall,
  { changed }: RuleWrites,
): Answer {
  if (rules.length > ruleLimits[zone.plan]) return refusals.tooManyRules;
  const written: Ruleset = { ...ruleset, rules, version: ruleset.version + 1, writtenAt: now };
  if (query.get("dry_run") !== "true") {
    zone.ruleset = written;
    changed();
  }
  return result(writeRuleset(written));
}

function findRuleset(zone: Zone, params: Readonly<Record<string, string>>): Ruleset | undefined {
  return zone.ruleset?.id === params.ruleset_id ? zone.ruleset : undefined;
}

function writeRuleset(ruleset: Ruleset): Record<string, unknown> {
  return {
    id: ruleset.id,
    name: ruleset.name,
    description: ruleset.description,
    kind: "zone",
    phase: configurationPhase,
    version: String(ruleset.version),
    last_updated: writeDate(ruleset.writtenAt),
    rules: ruleset.rules.map((rule) => ({
      id: rule.id,
      ref: rule.ref,
      version: String(rule.version),
      action: "set_config",
      action_parameters: rule.parameters,
      expression: rule.expression,
      description: rule.description,
      enabled: rule.enabled,
      last_updated: writeDate(rule.writtenAt),
    })),
  };
}
