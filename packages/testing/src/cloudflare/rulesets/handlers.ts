import { authenticationError } from "../credentials.ts";
import { type Answer, type Refusal, result } from "../envelope.ts";
import type { Identifiers } from "../identifiers.ts";
import { isObject, type ZoneCall } from "../route.ts";
import { writeVersion } from "../settling.ts";
import type { CloudflareTiming } from "../timing.ts";
import type { Rule, Ruleset } from "./models.ts";
import type { Phase } from "./phase.ts";
import { findPhase, phases } from "./phases.ts";
import { placeRule, readRule } from "./read-rule.ts";
import { noEntryPoint, phaseTaken, refusals, tooManyRules } from "./refusals.ts";
import { writeRuleset } from "./write-ruleset.ts";

/** What the writes need beside the call. */
export interface RuleWrites {
  readonly ids: Identifiers;
  readonly timing: CloudflareTiming;
  /** Called after every change. */
  readonly changed: () => void;
}

/** The rulesets of the zone that the caller may read, without their rules. */
export function listRulesets({ caller, zone }: ZoneCall): Answer {
  const rows = phases.flatMap((phase) => {
    const ruleset = phase.reads.some(caller.may) ? zone.rulesets.get(phase.name) : undefined;
    if (ruleset === undefined) return [];
    const { rules: _, ...row } = writeRuleset(ruleset);
    return [row];
  });
  return result(rows);
}

/** The ruleset of a phase. */
export function readEntryPoint(call: ZoneCall): Answer {
  const phase = phaseOf(call, "reads");
  if ("kind" in phase) return phase;
  const ruleset = call.zone.rulesets.get(phase.name);
  return ruleset === undefined ? noEntryPoint(phase.name) : result(writeRuleset(ruleset));
}

/** The ruleset by its id. */
export function readRuleset(call: ZoneCall): Answer {
  const found = findRuleset(call, "reads");
  return "kind" in found ? found : result(writeRuleset(found.ruleset));
}

/** PUT of the entry point: replaces every rule of the phase, and makes the ruleset when there is none. */
export function replaceEntryPoint(call: ZoneCall, writes: RuleWrites): Answer {
  const phase = phaseOf(call, "writes");
  if ("kind" in phase) return phase;
  return isObject(call.body) ? replaceRules(call, phase, call.body, writes) : refusals.rulesetInvalid;
}

/** PUT of a ruleset by id: the same replacement. */
export function replaceRuleset(call: ZoneCall, writes: RuleWrites): Answer {
  const found = findRuleset(call, "writes");
  if ("kind" in found) return found;
  return isObject(call.body) ? replaceRules(call, found.phase, call.body, writes) : refusals.rulesetInvalid;
}

/** POST of a ruleset: only one may exist for a phase. */
export function createRuleset(call: ZoneCall, writes: RuleWrites): Answer {
  const { body, caller, zone } = call;
  if (!isObject(body) || body.kind !== "zone" || typeof body.name !== "string") {
    return refusals.rulesetInvalid;
  }
  const phase = findPhase(body.phase);
  if (phase === undefined) return refusals.phaseNotSimulated;
  if (!phase.writes.some(caller.may)) return authenticationError(403);
  return zone.rulesets.has(phase.name) ? phaseTaken(phase.name) : replaceRules(call, phase, body, writes);
}

/** POST of one rule; answers the whole ruleset. */
export function addRule(call: ZoneCall, writes: RuleWrites): Answer {
  const found = findRuleset(call, "writes");
  if ("kind" in found) return found;
  const rule = readRule(call.body, found.phase, undefined, { id: writes.ids.hex(), now: call.now });
  return "kind" in rule ? rule : placeInto(found, rule, call, writes);
}

/** PATCH of one rule: a position by itself moves it, anything else replaces the whole rule. */
export function changeRule(call: ZoneCall, writes: RuleWrites): Answer {
  const found = findRuleset(call, "writes");
  if ("kind" in found) return found;
  const { body, now, params } = call;
  const old = found.ruleset.rules.find(({ id }) => id === params.rule_id);
  if (old === undefined) return refusals.noRule;
  const onlyMoves = isObject(body) && Object.keys(body).join() === "position";
  const rule = onlyMoves
    ? { ...old, version: old.version + 1, writtenAt: now }
    : readRule(body, found.phase, old, { id: old.id, now });
  return "kind" in rule ? rule : placeInto(found, rule, call, writes);
}

/** DELETE of one rule; answers the ruleset that is left. */
export function removeRule(call: ZoneCall, writes: RuleWrites): Answer {
  const found = findRuleset(call, "writes");
  if ("kind" in found) return found;
  const { rules } = found.ruleset;
  const left = rules.filter(({ id }) => id !== call.params.rule_id);
  if (left.length === rules.length) return refusals.noRule;
  return commit(found, left, call, writes);
}

interface Found {
  readonly phase: Phase;
  readonly ruleset: Ruleset;
}

function placeInto(found: Found, rule: Rule, call: ZoneCall, writes: RuleWrites): Answer {
  const position = isObject(call.body) ? call.body.position : undefined;
  const placed = placeRule(found.ruleset.rules, rule, position);
  return "kind" in placed ? placed : commit(found, placed, call, writes);
}

function replaceRules(
  call: ZoneCall,
  phase: Phase,
  body: Record<string, unknown>,
  writes: RuleWrites,
): Answer {
  const given = body.rules ?? [];
  if (!Array.isArray(given)) return refusals.rulesetInvalid;
  const old = call.zone.rulesets.get(phase.name);
  const rules: Rule[] = [];
  for (const raw of given) {
    // A rule that is sent back with its id keeps it.
    const same = old?.rules.find(({ id }) => isObject(raw) && raw.id === id);
    const rule: Rule | Refusal = readRule(raw, phase, same, { id: writes.ids.hex(), now: call.now });
    if ("kind" in rule) return rule;
    rules.push(rule);
  }
  const { name, description } = body;
  const ruleset: Ruleset = {
    id: old?.id ?? writes.ids.hex(),
    phase: phase.name,
    name: typeof name === "string" ? name : (old?.name ?? "default"),
    description: typeof description === "string" ? description : (old?.description ?? ""),
    version: old?.version ?? 0,
    writtenAt: call.now,
    rules: old?.rules ?? [],
    edge: old?.edge ?? [],
  };
  return commit({ phase, ruleset }, rules, call, writes);
}

/** Every write ends here: the limit of the plan, `dry_run`, and a new version. */
function commit(
  { phase, ruleset }: Found,
  rules: readonly Rule[],
  { now, query, zone }: ZoneCall,
  { changed, timing }: RuleWrites,
): Answer {
  if (rules.length > phase.mostRules[zone.plan]) return tooManyRules(phase.name);
  const written: Ruleset = {
    ...ruleset,
    rules,
    version: ruleset.version + 1,
    writtenAt: now,
    edge: writeVersion(ruleset.edge, rules, now, phase.settlingMs(timing)),
  };
  if (query.get("dry_run") !== "true") {
    zone.rulesets.set(phase.name, written);
    changed();
  }
  return result(writeRuleset(written));
}

/** The phase in the path, if it is simulated and the caller may. */
function phaseOf({ caller, params }: ZoneCall, right: "reads" | "writes"): Phase | Refusal {
  const phase = findPhase(params.phase);
  if (phase === undefined) return refusals.phaseNotSimulated;
  return phase[right].some(caller.may) ? phase : authenticationError(403);
}

function findRuleset({ caller, params, zone }: ZoneCall, right: "reads" | "writes"): Found | Refusal {
  for (const phase of phases) {
    const ruleset = zone.rulesets.get(phase.name);
    if (ruleset?.id !== params.ruleset_id || ruleset === undefined) continue;
    return phase[right].some(caller.may) ? { phase, ruleset } : authenticationError(403);
  }
  return refusals.noRuleset;
}
