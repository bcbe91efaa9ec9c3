import type { Answer } from "../envelope.ts";
import type { Route, ZoneCall } from "../route.ts";
import {
  addRule,
  changeRule,
  createRuleset,
  listRulesets,
  type RuleWrites,
  readEntryPoint,
  readRuleset,
  removeRule,
  replaceEntryPoint,
  replaceRuleset,
} from "./handlers.ts";
import { phases } from "./phases.ts";

const root = "/zones/{zone_id}/rulesets";

/** The Rulesets API, as far as the Configuration Rules and the WAF custom rules of a zone go. */
export function rulesetRoutes(writes: RuleWrites): readonly Route[] {
  return [
    reads(`GET ${root}`, listRulesets),
    changes(`POST ${root}`, (call) => createRuleset(call, writes)),
    reads(`GET ${root}/phases/{phase}/entrypoint`, readEntryPoint),
    changes(`PUT ${root}/phases/{phase}/entrypoint`, (call) => replaceEntryPoint(call, writes)),
    reads(`GET ${root}/{ruleset_id}`, readRuleset),
    changes(`PUT ${root}/{ruleset_id}`, (call) => replaceRuleset(call, writes)),
    changes(`POST ${root}/{ruleset_id}/rules`, (call) => addRule(call, writes)),
    changes(`PATCH ${root}/{ruleset_id}/rules/{rule_id}`, (call) => changeRule(call, writes)),
    changes(`DELETE ${root}/{ruleset_id}/rules/{rule_id}`, (call) => removeRule(call, writes)),
  ];
}

/** Which of the permissions it takes hangs on the phase, which only the handler knows. */
function reads(operation: Route["operation"], handle: (call: ZoneCall) => Answer): Route {
  return {
    operation,
    permissions: phases.flatMap((phase) => phase.reads),
    refusals: "with-null-result",
    answer: { on: "zone", handle },
  };
}

function changes(operation: Route["operation"], handle: (call: ZoneCall) => Answer): Route {
  return { ...reads(operation, handle), permissions: phases.flatMap((phase) => phase.writes) };
}
