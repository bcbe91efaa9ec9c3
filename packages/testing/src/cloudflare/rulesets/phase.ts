import type { Refusal } from "../envelope.ts";
import type { CloudflarePermission } from "../permission.ts";
import type { CloudflareTiming } from "../timing.ts";
import type { CloudflarePlan } from "../zones/models.ts";
import type { RulesetPhase } from "./models.ts";

/** What the rules of a phase may be, and who may write them. */
export interface Phase {
  readonly name: RulesetPhase;
  readonly reads: readonly CloudflarePermission[];
  readonly writes: readonly CloudflarePermission[];
  readonly mostRules: Readonly<Record<CloudflarePlan, number>>;
  /** From a write to its effect at the edge. */
  settlingMs(timing: CloudflareTiming): number;
  /** Why a rule with this action and these parameters is refused. */
  refuseAction(action: unknown, parameters: Readonly<Record<string, unknown>>): Refusal | undefined;
  /** Why a rule with this expression, which is not blank, is refused. */
  refuseExpression(expression: string): Refusal | undefined;
}
