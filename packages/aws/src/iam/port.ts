/** Who calls, as STS tells it. */
export interface CallerIdentity {
  readonly arn: string;
  readonly account: string;
}

/** What IAM makes of one action on one resource. */
export interface Simulated {
  readonly action: string;
  readonly resource: string;
  readonly decision: "allowed" | "explicitDeny" | "implicitDeny";
  /** Context keys of conditions that were not given: the decision may be another with them. */
  readonly missing: readonly string[];
}

/** What to simulate: each action on each resource. */
export interface SimulationInput {
  /** ARN of a user or a role. */
  readonly source: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Where the calls would go: policies often ask for it. */
  readonly region: string;
}

/** The few calls about a caller's own rights. Every one throws a `HandfastError`. */
export interface CallerRights {
  /** `sts:GetCallerIdentity`, which needs no permission. */
  whoAmI(signal: AbortSignal): Promise<CallerIdentity>;
  /** The ARN of a role of this account, with its path: `iam:GetRole`. */
  roleArn(name: string, signal: AbortSignal): Promise<string>;
  /** `iam:SimulatePrincipalPolicy`. */
  simulate(input: SimulationInput, signal: AbortSignal): Promise<readonly Simulated[]>;
}
