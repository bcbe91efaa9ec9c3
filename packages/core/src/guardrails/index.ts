/** `@handfast/core/guardrails`: policies that judge a plan before it runs, and approvals that are bound to its digest. */
export { type Approval, type ApprovalRule, approvalSchema, checkApprovals } from "./approval.ts";
export { type BlastRadiusOptions, blastRadius } from "./blast-radius.ts";
export {
  type FreezeOptions,
  type FreezeWindow,
  freezeWindows,
  type Weekday,
  type WeeklyWindow,
} from "./freeze-windows.ts";
export {
  judgePlan,
  type PlanKind,
  type Policy,
  type PolicyContext,
  type PolicyOptions,
} from "./policy.ts";
export { type ProtectedChange, type ProtectOptions, protectTargets } from "./protect-targets.ts";
export { type ProofsOptions, requireProofs } from "./require-proofs.ts";
export { requireWaves, type WavesOptions } from "./require-waves.ts";
