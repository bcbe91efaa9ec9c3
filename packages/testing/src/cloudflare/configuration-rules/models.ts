/** The one phase that is simulated. */
export const configurationPhase = "http_config_settings";

/** One rule, as it was written. */
export interface Rule {
  readonly id: string;
  readonly ref: string;
  readonly version: number;
  readonly expression: string;
  readonly description: string;
  readonly enabled: boolean;
  /** The settings that the rule sets, e.g. `{ ssl: "strict" }`. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly writtenAt: number;
}

/** The entry point ruleset of the phase. */
export interface Ruleset {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  version: number;
  writtenAt: number;
  rules: readonly Rule[];
}
