import { type Versions, versionInEffect } from "../settling.ts";

/** The phases that are simulated: Configuration Rules, and WAF custom rules. */
export type RulesetPhase = "http_config_settings" | "http_request_firewall_custom";

/** One rule, as it was written. */
export interface Rule {
  readonly id: string;
  readonly ref: string;
  readonly version: number;
  readonly action: string;
  /** E.g. the settings that the rule sets: `{ ssl: "strict" }`. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly expression: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly writtenAt: number;
}

/** The entry point ruleset of a phase. */
export interface Ruleset {
  readonly id: string;
  readonly phase: RulesetPhase;
  readonly name: string;
  readonly description: string;
  readonly version: number;
  readonly writtenAt: number;
  readonly rules: readonly Rule[];
  /** The rules that the edge acts by, and those that are on their way to it. */
  readonly edge: Versions<readonly Rule[]>;
}

/** The rulesets of a zone; a phase has none until its first rule is written. */
export type Rulesets = Map<RulesetPhase, Ruleset>;

/** The rules that the edge acts by, in order; those that are switched off are not among them. */
export function rulesInEffect(rulesets: Rulesets, phase: RulesetPhase, now: number): readonly Rule[] {
  const rules = versionInEffect(rulesets.get(phase)?.edge ?? [], now) ?? [];
  return rules.filter(({ enabled }) => enabled);
}
